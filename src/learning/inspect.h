/* The checker's own look at recorded critical points: loss and gradient at the recorded weights in ball
 * arithmetic on the data itself; ranks, Hessians and functions at inputs of the checker's own; Krawczyk's
 * test in a chart across the fiber at the point.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_INSPECT_H
#define NALG_LEARNING_INSPECT_H

#include "learning/balance.h"
#include "learning/real_points.h"

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    nalg_data given;
    nalg_balance balance; /* of the inputs: all but the loss is on balanced ones */
    nalg_loss_form form;
    nalg_data_loss data;
    nalg_loss *fresh; /* at generic inputs in the span of the data */
    size_t values;    /* numbers it answers */
    size_t dimension; /* of the model's functions there */
    bool form_made;
} nalg_inspection;

typedef struct {
    double *given;   /* weights as recorded */
    double *w;       /* on balanced inputs */
    double *values;  /* of the function at the fresh inputs */
    double *tangent; /* weights x rank: directions across the fiber, orthonormal at the fresh inputs */
    double loss, loss_radius; /* an enclosure */
    double gradient;          /* bound of |grad L|, as nalg_real_point.gradient */
    size_t rank, index, flat;
} nalg_inspected;

/* Under the seed of the context. The data must outlive *out, which must not move. Errors as of
 * nalg_landscape.
 */
NALG_NODISCARD nalg_status nalg_inspection_create(nalg_ctx *ctx, nalg_inspection *out,
                                                  const nalg_model *model, const nalg_data *data);
void nalg_inspection_clear(nalg_inspection *k);

/* Fill `point` from point[i].given, for `count` points. NALG_E_UNSUPPORTED at a pole. Cost: for each point
 * one gradient in balls for each sample. */
NALG_NODISCARD nalg_status nalg_inspect(nalg_inspection *k, nalg_inspected *point, size_t count);
/* Of these only the loss, its radius, the gradient and the weights on balanced inputs. */
NALG_NODISCARD nalg_status nalg_inspect_values(nalg_inspection *k, nalg_inspected *point, size_t count);
void nalg_inspected_clear(nalg_inspected *p);

/* Krawczyk certificates for points z of a chart on balanced inputs: on the data itself up to
 * NALG_LANDSCAPE_EXACT values, else on the form rounded to doubles. */
NALG_NODISCARD nalg_status nalg_inspect_chart(nalg_inspection *k, nalg_certificate *out,
                                              const nalg_chart *chart, const double complex *z, size_t count);

/* Is there exactly one real critical point of the loss near p among the weights of a linear space? `map`: as
 * of nalg_submodel; NULL: all weights. */
NALG_NODISCARD nalg_status nalg_inspect_certify(nalg_inspection *k, bool *proved, const nalg_inspected *p,
                                                const nalg_submodel *sub);

#endif
