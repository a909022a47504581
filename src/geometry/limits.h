/* Limits of networks that are, in general, no networks: parts of the closure of a model.
 *
 * Two units merge while their outgoing weights grow with opposite signs: v s(z) + c s'(z) y in the end, s the
 * activation, z and y linear. Or units shrink and are amplified, so that of s only its term of least degree
 * is left (beside a bias that does not shrink, a linear function); or they grow and are damped, and its term
 * of largest degree is. Every such function is a network
 * of the same kind with more units, whose weights are linear in those of the limit (a coefficient of a
 * polynomial in t is a combination of its values), so that whatever is computed for networks is computed for
 * limits too. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_LIMITS_H
#define NALG_GEOMETRY_LIMITS_H

#include "core/complex.h"
#include "geometry/strata.h"

/* A weight of the wider network: the sum of numerator / denominator times free parameter `index`, over at
 * most two of them (index -1: none). */
struct nalg_limit_weight {
    int32_t index[2];
    long numerator[2], denominator[2];
};

typedef struct {
    char *name;
    nalg_model *wider;
    nalg_limit_weight *weight; /* one for each weight of `wider` */
    size_t free_count;
    size_t dimension; /* of the closure, a rank modulo a prime */
    const char
        *not_realised; /* proof that no complex weights realise its generic functions, or NULL: not known */
} nalg_limit;

typedef struct {
    nalg_limit *item;
    size_t count, capacity;
    bool tried;    /* some were looked at, though all may have been left out */
    bool units;    /* one hidden layer: limits of single units are among them */
    bool complete; /* there are no others: two monomial units make the secant variety of a smooth variety,
                      which consists of secants and tangents */
} nalg_limits;

/* For two dense layers with one polynomial activation between them (an input counts as two with biases, which
 * are weights of an input that is 1) limits of single units; for other dense layers and convolutions in a row
 * those of whole layers: x^e in place of an activation, e its least or largest degree. An empty list for
 * other models. Limits of `dimension`, that of the model, or more are left out: the image is dense in them.
 * NALG_E_MEMORY, NALG_E_INTERRUPTED. Evidence of `dimension`: proved from below. */
NALG_NODISCARD nalg_status nalg_limits_find(nalg_ctx *ctx, nalg_limits *out, const nalg_model *model,
                                            size_t dimension);
void nalg_limits_clear(nalg_limits *l);

/* Weights of the wider network at a random complex point. */
void nalg_limit_generic_point(double complex *w, const nalg_limit *l, uint64_t seed, size_t number);

/* Is the set of the model's functions closed? */
typedef struct {
    nalg_truth closed;
    const char *why;
} nalg_image;
nalg_image nalg_image_of(const nalg_model *model, const nalg_limits *limits);

#endif
