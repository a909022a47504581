/* Systems of polynomials that a model gives, to be written for other programs.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_EXPORT_H
#define NALG_GEOMETRY_EXPORT_H

#include "core/random.h"
#include "core/text.h"
#include "geometry/metric.h"
#include "graph/expand.h"

typedef enum { NALG_EXPORT_PARAM, NALG_EXPORT_INTERPOLATION, NALG_EXPORT_CRITICAL } nalg_export_what;

/* Polynomials in a ring whose variables are x1, x2, ... (inputs, used up when the system is complete), then the unknowns: weights, then
 * u1, u2, ... (reciprocals) or t (reciprocal of a minor). */
typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    nalg_export_what what;
    nalg_metric_kind metric;
    unsigned modulus;       /* for programs that compute exactly; 0: rational numbers */
    bool whole;             /* random numbers are integers, else hundredths around 1 */
    size_t dimension;
    bool dimension_proved;
    size_t inputs, outputs, parameters;
    size_t *free_weight;    /* the weights that are unknowns, `weights` of them */
    size_t weights;
    size_t unknowns;
    size_t variables;       /* of the ring */
    char **name;
    ulong *exponent;        /* room for the exponents of one term */
    fmpq_mpoly_ctx_t ring;
    bool ring_made;
    nalg_graph graph;       /* the model; its parameter vector is all weights */
    int output;
    fmpq_mpoly_struct *weight; /* all weights: unknowns and numbers */
    fmpq *point;            /* one number for each variable: weights at random, the solution of an interpolation system */
    fmpq_mpoly_struct *polynomial;
    size_t count, capacity;
    size_t coordinates;     /* param, critical: number of coefficients */
    nalg_text legend;       /* what the coefficients are, one line each */
    nalg_random random;
    nalg_expansion expansion;
} nalg_export_system;

/* Out: *s, to be cleared also after a failure. ctx, model, what, metric, whole, modulus are set by the caller. */
NALG_NODISCARD nalg_status nalg_export_build(nalg_export_system *s);
void nalg_export_clear(nalg_export_system *s);

/* ---- pieces ---- */

NALG_NODISCARD nalg_status nalg_export_interpolation(nalg_ctx *ctx, nalg_export_system *s);
/* The coefficients of the outputs as polynomials of the system. exponents: coordinates x inputs, *output: of each (may be NULL). */
NALG_NODISCARD nalg_status nalg_export_coefficients(nalg_ctx *ctx, nalg_export_system *s, unsigned **exponents, size_t **output);
NALG_NODISCARD nalg_status nalg_export_critical(nalg_ctx *ctx, nalg_export_system *s);

/* A new zero polynomial at the end of the system; NULL when memory is out. */
fmpq_mpoly_struct *nalg_export_append(nalg_export_system *s);
/* The next random number, not zero. */
void nalg_export_draw(fmpq_t out, nalg_export_system *s);
/* Scaled to integer coefficients without a common factor. */
void nalg_export_make_primitive(fmpq_mpoly_struct *p, const fmpq_mpoly_ctx_struct *ring);
/* Value at s->point. */
NALG_NODISCARD nalg_status nalg_export_value(nalg_ctx *ctx, fmpq_t out, const fmpq_mpoly_struct *p, const nalg_export_system *s);

/* ---- writing ---- */

typedef struct nalg_export_target nalg_export_target;
const nalg_export_target *nalg_export_target_find(const char *name);
const char *nalg_export_target_names(void);
/* The primes that a system computes modulo: the default and the largest; 0 when it computes with floating-point numbers. */
unsigned nalg_export_target_prime(const nalg_export_target *target);
unsigned nalg_export_target_largest_prime(const nalg_export_target *target);
/* The file (cut short when the context stops), and the command that runs it. */
void nalg_export_write(nalg_text *out, const nalg_export_target *target, const nalg_export_system *s, uint64_t seed);
const char *nalg_export_run(const nalg_export_target *target, nalg_export_what what);
/* The number to compare the answer with, a sentence. */
const char *nalg_export_expectation(nalg_export_what what);

#endif
