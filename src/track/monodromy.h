/* Monodromy: from one solution of F(z; p) = 0 to all that loops in p-space connect to it.
 *
 * Two generic parameters A and B are joined by edges: the straight segment and arcs of circles in the complex
 * line through both. A solution known at one end is tracked along an edge to the other; an edge matches the
 * solutions over A with those over B one to one, so each is tracked at most once along each edge, and two
 * that arrive at one place prove a jump. Edges are added until the stop rule holds. A path that is much
 * longer than most is put off: it is finished only when the search cannot end without it, since another edge
 * may well lead to the same place.
 * Solutions are told apart by a fingerprint (values of a second system at z): one representative is kept for
 * each. Source: Duff, Hill, Jensen, Lee, Leykin, Sommars, Solving polynomial systems via homotopy
 * continuation and monodromy, IMA J. Numer. Anal. 39 (2019); trace test: Leykin, Rodriguez, Sottile, Trace
 * test, Arnold Math. J. 4 (2018). SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TRACK_MONODROMY_H
#define NALG_TRACK_MONODROMY_H

#include "track/tracker.h"

typedef struct {
    const nalg_system *system;      /* square */
    const nalg_system *fingerprint; /* values only, same z, q = 0 or the same p; NULL: z itself */
    const nalg_system
        *function; /* NULL, or values with the same z and p: solutions with equal values are moved together */
    const double complex *z; /* start solutions over p: start_count x n, at least one */
    size_t start_count;
    const double complex *p; /* base point A: q numbers */
    bool trace; /* do the trace test: summed over all solutions, the fingerprint values are affine functions
                   of */
    size_t trace_parameters; /* the first so many entries of p, when only these move; 0: all */
} nalg_monodromy_problem;

/* What the stop callback sees, each time the solutions over A are closed under all edges in use. */
typedef struct {
    size_t solutions;      /* distinct fingerprints over A */
    size_t edges;          /* edges in use, all explored */
    size_t quiet_edges;    /* last edges in a row that brought nothing new */
    double trace_residual; /* NAN when not tested */
} nalg_monodromy_state;

typedef struct {
    size_t expected;   /* proved upper bound for the number: stop when reached; 0: unknown */
    size_t limit;      /* most solutions kept; 0: memory decides */
    size_t edge_limit; /* most edges; 0: default 64 */
    size_t
        quiet_edges; /* without a trace test: stop after so many edges without anything new; 0: default 4 */
    bool leave_long;        /* never take up what was put off: the caller has a test of completeness of its own */
    double trace_tolerance; /* 0: default 1e-6 */
    const char *checkpoint; /* append-only file; NULL: none. Read first if it exists and `resume` */
    bool resume;
    /* Return true to stop; NULL: the rules above. Calling thread. */
    bool (*stop)(void *user, const nalg_monodromy_state *state);
    void *user;
    nalg_track_options track;
} nalg_monodromy_options;

typedef enum {
    NALG_MONODROMY_EXPECTED,    /* the expected number was reached */
    NALG_MONODROMY_TRACE,       /* the trace test passed */
    NALG_MONODROMY_STAGNATED,   /* quiet_edges edges brought nothing new (weak evidence) */
    NALG_MONODROMY_STOPPED,     /* by the callback */
    NALG_MONODROMY_LIMIT,       /* limit or edge_limit */
    NALG_MONODROMY_INTERRUPTED, /* interrupted or deadline: what was found so far is in the result */
    NALG_MONODROMY_INCONSISTENT /* more solutions than the proved bound, or a jump that tighter tracking did
                                   not resolve */
} nalg_monodromy_reason;

typedef struct {
    nalg_monodromy_reason reason;
    size_t count, unknowns, fingerprint_size;
    size_t opposite;   /* solutions over B: when as many, every lost path led to one that is known */
    double complex *z; /* count x n, solutions over A; the first start_count are the distinct starts */
    double complex *fingerprint; /* count x fingerprint_size (NULL when z is the fingerprint) */
    /* After a search that its limit ended, when problem->function is given: `ways` ways back to the start led
     * to returned_count different points (x n) other than the start. */
    double complex *returned;
    size_t returned_count, ways;
    double trace_residual; /* relative to the mean size of a summand; NAN when not tested */
    uint64_t tracked, lost, retracked, jumps, double_double, steps; /* paths; lost ones after all attempts */
    uint64_t put_off; /* long paths that were not needed and not tracked to their ends */
    size_t edges;
    size_t rounds;
    size_t *found; /* found[r]: solutions over A known after round r of tracking; `rounds` entries */
    double seconds;
} nalg_monodromy_result;

void nalg_monodromy_options_init(nalg_monodromy_options *options);

/* NALG_OK also when stopped early (see reason): the caller decides what an interruption means
 * (nalg_checkpoint says so). *out is filled on NALG_OK and freed with nalg_monodromy_result_clear.
 * NALG_E_ARGUMENT if the start is no regular solution; NALG_E_IO or NALG_E_PARSE for the checkpoint
 * (NALG_E_ARGUMENT when it belongs to another problem); NALG_E_MEMORY. */
NALG_NODISCARD nalg_status nalg_monodromy(nalg_ctx *ctx, nalg_monodromy_result *out,
                                          const nalg_monodromy_problem *problem,
                                          const nalg_monodromy_options *options);
/* "the trace test passed": what ended a search. */
const char *nalg_monodromy_reason_text(nalg_monodromy_reason reason);
void nalg_monodromy_result_clear(nalg_monodromy_result *result);

#endif
