/* All complex critical points of the loss on the functions of a chart, for given data: a generic instance of
 * the same size is solved by monodromy, then every solution is followed to the data (METHODS 5).
 *
 * Pairs of a smooth point and targets for which it is critical form an irreducible variety, so monodromy in
 * the targets (and the inputs) finds the critical points of the generic instance from one. That none is
 * missing says the trace test on the curve over a line of targets (geometry/critical_trace.h). The form G
 * moves on a segment, which stays in the linear space of the forms that data can have; ends may be singular
 * or at infinity.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_CRITICAL_SET_H
#define NALG_LEARNING_CRITICAL_SET_H

#include "learning/loss_system.h"
#include "track/monodromy.h"

typedef enum {
    NALG_COMPLETE_UNKNOWN, /* rounds brought nothing new */
    NALG_COMPLETE_TRACE,   /* the trace test passed: numerical */
    NALG_COMPLETE_THEOREM  /* as many as a theorem allows */
} nalg_completeness;

const char *nalg_completeness_text(nalg_completeness c);

typedef struct {
    size_t unknowns, values;        /* D, A */
    size_t generic;                 /* critical points of the generic instance */
    nalg_completeness completeness; /* of the generic points */
    nalg_monodromy_reason reason;
    uint64_t tracked, lost, jumps; /* in the monodromy and the trace test */
    size_t curve_degree;           /* of the curve of the trace test; 0: not done */
    double trace_residual;         /* NAN: not done */
    size_t count;                  /* ends of the paths to the data: `generic` of them */
    double complex *z;             /* count x D */
    double complex *e;             /* count x A: basis values of the functions */
    nalg_path_result *end;
    size_t regular, singular, infinite, unsettled; /* ends of each kind */
} nalg_critical_set;

typedef struct {
    size_t limit; /* most critical points; 0: no limit */
    size_t quiet_edges;
    size_t expected; /* by a theorem, for generic data of the same kind: stop there; 0: unknown */
    bool trace;      /* do the trace test when `expected` is not met */
    bool brief;      /* do not follow long paths of loops even when that test fails */
} nalg_critical_set_options;

/* form_system: of kind NALG_GRADIENT_MOVING_FORM, on the chart. NALG_E_LIMIT when more than options->limit
 * points were found. */
NALG_NODISCARD nalg_status nalg_critical_set_find(nalg_ctx *ctx, nalg_critical_set *out,
                                                  const nalg_loss_form *form,
                                                  const nalg_loss_system *form_system,
                                                  const nalg_critical_set_options *options);
/* How many critical points generic data of the kind of `form` has on the model's chart, by a theorem; 0: none
 * is known. */
size_t nalg_critical_set_expected(const nalg_loss_form *form, const nalg_chart *chart);
void nalg_critical_set_clear(nalg_critical_set *s);

#endif
