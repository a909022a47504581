/* All complex critical points of the loss on the functions of a chart, for given data: a generic instance of
 * the same size is solved by monodromy, then every solution is followed to the data (METHODS 5).
 *
 * Pairs of a smooth point and targets for which it is critical form an irreducible variety, so monodromy in
 * the targets (and the inputs) finds the critical points of the generic instance from one. The form G moves
 * on a segment, which stays in the linear space of the forms that data can have; ends may be singular or at
 * infinity.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_CRITICAL_SET_H
#define NALG_LEARNING_CRITICAL_SET_H

#include "learning/loss_system.h"
#include "track/monodromy.h"

typedef struct {
    size_t unknowns, values; /* D, A */
    size_t generic;          /* critical points of the generic instance */
    nalg_monodromy_reason reason;
    uint64_t tracked, lost, jumps; /* in the monodromy */
    size_t count;                  /* ends of the paths to the data: `generic` of them */
    double complex *z;             /* count x D */
    double complex *e;             /* count x A: basis values of the functions */
    nalg_path_result *end;
    size_t regular, singular, infinite, unsettled; /* ends of each kind */
} nalg_critical_set;

typedef struct {
    size_t limit; /* most critical points; 0: no limit */
    size_t quiet_edges;
    const double complex *start; /* begin the monodromy here (D unknowns); NULL: at a random point */
} nalg_critical_set_options;

/* form_system: of kind NALG_GRADIENT_MOVING_FORM, on the chart. NALG_E_LIMIT when more than options->limit
 * points were found. */
NALG_NODISCARD nalg_status nalg_critical_set_find(nalg_ctx *ctx, nalg_critical_set *out,
                                                  const nalg_loss_form *form,
                                                  const nalg_loss_system *form_system,
                                                  const nalg_critical_set_options *options);
void nalg_critical_set_clear(nalg_critical_set *s);

#endif
