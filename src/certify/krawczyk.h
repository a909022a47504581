/* Proofs that points are near true zeros of a square system, and that the zeros are pairwise different functions.
 *
 * The unknowns, inputs and parameters are doubles, that is exact dyadic numbers, and the constants of a graph are rationals: the
 * system is exact. For each point z a box around it is tested with Krawczyk's operator in ball arithmetic; a box that passes
 * contains exactly one zero, and that zero is regular. The points may come from anywhere: a result stores them as text that reads back to
 * the same doubles (%.17g or %a), and is checked by calling this function with what was read, so a file can claim nothing. It shares no numerics with the path tracker.
 * Source: Krawczyk, Computing 4 (1969); Breiding, Rose, Timme, Certifying zeros of polynomial systems using interval arithmetic,
 * ACM TOMS 49 (2023); the proof is in certify/box.c.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CERTIFY_KRAWCZYK_H
#define NALG_CERTIFY_KRAWCZYK_H

#include "core/complex.h"
#include <stdbool.h>
#include <stddef.h>
#include "core/context.h"
#include "graph/graph.h"

/* A map of the unknowns z (the graph's parameter vector) given as one output node: unbatched of size m, or batched, where entry i of
 * sample s is value number i * batch + s. Slot 0 (unbatched) is the parameter p. The same conventions as in track/system.h. */
typedef struct {
    const nalg_graph *graph;
    int output;
    size_t batch;            /* samples of batched nodes; ignored when the output is not batched */
    bool subtract_parameter; /* value j is output j minus p_j */
    /* input[s] for slots s = 1 .. input_count - 1 (input[0] is not read), laid out as for nalg_evaluation_set_input: entry i of
     * sample s at i * batch + s when batched. */
    const double complex *const *input;
    size_t input_count;
} nalg_certify_map;

typedef struct {
    nalg_certify_map system;      /* as many values as unknowns */
    nalg_certify_map fingerprint; /* zeros with different values are different functions; graph == NULL: z itself */
    const double complex *parameter; /* p */
    size_t parameter_count;          /* q */
} nalg_certify_problem;

typedef struct {
    double tolerance;     /* largest distance from z to its zero, relative to the largest |z_i|; 0: 1e-6 */
    long precision;       /* first working precision in bits; 0: 64 */
    long precision_limit; /* doubled up to here for points that fail; 0: 256 */
} nalg_certify_options;

typedef enum {
    NALG_CERTIFIED,
    NALG_REFUSED_NOT_FINITE,     /* z has a NaN or an infinite coordinate */
    NALG_REFUSED_POLE,           /* the system or the fingerprint cannot be evaluated on a box around z */
    NALG_REFUSED_SINGULAR,       /* the Jacobian at z has no approximate inverse */
    NALG_REFUSED_FAR,            /* the Newton step from z is longer than the tolerance: z is no approximate zero */
    NALG_REFUSED_NO_CONTRACTION, /* no box contracts: several zeros or a singular one near z, or too little precision */
    NALG_CERTIFY_STATES
} nalg_certify_state;

typedef struct {
    nalg_certify_state state;
    /* The rest is set for certified points. */
    long precision;      /* bits of the arithmetic of the proof */
    double radius;       /* real and imaginary parts of z are within this distance of the zero's */
    nalg_truth real;     /* are all coordinates of the zero real? Proved NALG_TRUE only for real systems */
    nalg_truth real_function; /* are all fingerprint values real? */
    size_t group;        /* representative: a certified point with group == its own index. Representatives are pairwise proved
                            different; others could not be told from theirs. SIZE_MAX when not certified */
} nalg_certified_point;

typedef struct {
    size_t count;
    nalg_certified_point *point; /* count of them */
    size_t states[NALG_CERTIFY_STATES]; /* points in each state; states[NALG_CERTIFIED] are certified */
    size_t distinct;             /* representatives: proved pairwise different values of the fingerprint */
    size_t real, not_real;       /* certified points whose zero is proved real, proved not real */
    size_t distinct_real;        /* proved pairwise different values among the zeros proved real */
    bool real_system;            /* all inputs and parameters are real */
    long precision;              /* most bits used */
    double seconds;
} nalg_certificate;

/* Certify `count` points z (count x n, row-major; n = unknowns = values of the system). options may be NULL.
 * *out is filled on NALG_OK, freed with nalg_certificate_clear, and unchanged on error. Same answer for any number of threads; the seed
 * of the context chooses the projections that tell fingerprints apart, never whether an answer is right.
 * NALG_E_ARGUMENT for a system that is not square, a missing slot or parameter, or numbers in `problem` that are not finite;
 * NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE. */
NALG_NODISCARD nalg_status nalg_certify_solutions(nalg_ctx *ctx, nalg_certificate *out, const nalg_certify_problem *problem,
                                                  const double complex *z, size_t count, const nalg_certify_options *options);
void nalg_certificate_clear(nalg_certificate *certificate);

/* A short text such as "no box contracts". */
const char *nalg_certify_state_text(nalg_certify_state state);

#endif
