/* The identity grad h . grad_w f_w(x)_o = 0 says that a polynomial in n variables (w, x) of degree at most D
 * is zero.
 *
 * Modulo a prime p > D a polynomial of degree at most D that vanishes at all integer points a >= 0 with a_1 +
 * ... + a_n <= D is zero: in the basis of products of binomial coefficients its coefficients are differences
 * of these values. So all coefficients of the identity are divisible by p. Their absolute values add up to at
 * most the value at ones of the same expression with absolute values of all constants; when that is below p
 * they are zero. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/conserved_identity.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/context.h"
#include "core/memory.h"
#include "field/prime.h"
#include "learning/conserved_gradient.h"

#define POINT_LIMIT 300000.0
/* Half of the smallest prime used: the bound on the coefficients is computed in doubles. */
#define COEFFICIENT_LIMIT 1e18
/* Apart from the primes of the search. */
#define PRIME_NUMBER 20

/* C(n + d, d) in doubles. */
static double grid_size(size_t n, uint64_t d)
{
    double size = 1;
    for (uint64_t i = 1; i <= d && size <= 1e30; i++) size *= ((double)n + (double)i) / (double)i;
    return size;
}

/* Sum of the absolute values of the coefficients of each derivative of the outputs, added up; infinite when
 * there are divisions or fractions. */
static nalg_status bound_gradient(nalg_ctx *ctx, double *out, const nalg_model *model)
{
    nalg_jacobian j;
    nalg_field field;
    nalg_evaluation *e = NULL;
    bool integral = true;
    nalg_field_real(&field);
    nalg_status status = nalg_jacobian_gradient(ctx, &j, model);
    if (status != NALG_OK) return status;
    for (size_t i = 0; i < j.graph.count; i++) integral &= j.graph.node[i].op != NALG_OP_INVERSE;
    for (size_t i = 0; i < j.graph.rational_count; i++) {
        fmpq *q = &j.graph.rational[i];
        integral &= fmpz_is_one(fmpq_denref(q)) != 0;
        fmpz_abs(fmpq_numref(q), fmpq_numref(q));
    }
    size_t most = j.inputs + j.outputs + model->parameters;
    double *ones = nalg_array(most, sizeof *ones);
    status = ones ? nalg_evaluation_create(ctx, &e, &j.graph, &field, 1) : nalg_fail_memory(ctx);
    for (size_t i = 0; status == NALG_OK && i < most; i++) ones[i] = 1;
    for (size_t i = 0; i < model->parameters; i++) out[i] = status == NALG_OK && integral ? 0 : INFINITY;
    if (status == NALG_OK && integral) {
        nalg_evaluation_set_input(e, 0, ones);
        nalg_evaluation_set_input(e, 1, ones);
        nalg_evaluation_set_parameters(e, ones);
        (void)nalg_evaluation_run(e, 0, j.graph.count); /* without an inverse it cannot fail */
        for (size_t k = 0; k < j.parameters; k++) {
            if (j.derivative[k] < 0) continue;
            const nalg_node *p = &j.graph.node[j.parameter[k]];
            const double *d = nalg_evaluation_value(e, j.derivative[k]);
            for (size_t i = 0; i < p->size; i++) out[p->offset + i] += d[i];
        }
    }
    nalg_evaluation_free(e);
    free(ones);
    nalg_jacobian_clear(&j);
    return status;
}

/* The same of the whole identity. */
static double bound_identity(const nalg_law *law, const double *gradient)
{
    double sum = 0;
    for (size_t k = 0; k < law->terms; k++)
        for (size_t i = 0; i < NALG_LAW_DEGREE && law->monomial[k].factor[i] != NALG_NO_FACTOR; i++)
            sum += fabs(fmpz_get_d(&law->coefficient[k])) * gradient[law->monomial[k].factor[i]];
    return sum;
}

/* The next point of the simplex after a, whose sum is *sum; false after the last. */
static bool next_point(uint64_t *a, size_t n, uint64_t *sum, uint64_t degree)
{
    for (size_t i = 0; i < n; i++) {
        if (*sum < degree) {
            a[i]++;
            ++*sum;
            return true;
        }
        *sum -= a[i];
        a[i] = 0;
    }
    return false;
}

typedef struct {
    nalg_ctx *ctx;
    nalg_laws *laws;
    bool *alive; /* not refuted, and the coefficients are small enough */
    size_t parameters, inputs, outputs;
    uint64_t prime, degree;
    uint64_t *point, *functional, *gradient, *law_gradient;
} proof;

/* Laws whose identity does not vanish here are no longer alive. */
static bool test_point(proof *p, nalg_gradient *g)
{
    bool any = false;
    for (size_t o = 0; o < p->outputs; o++) {
        memset(p->functional, 0, p->outputs * sizeof *p->functional);
        p->functional[o] = 1;
        nalg_gradient_set_input(g, p->point + p->parameters, p->functional);
        if (!nalg_gradient_at(g, p->gradient, p->point)) return false;
        for (size_t k = 0; k < p->laws->count; k++) {
            uint64_t sum = 0;
            if (!p->alive[k]) continue;
            nalg_law_gradient(p->law_gradient, &p->laws->item[k], p->point, p->parameters, p->prime);
            for (size_t i = 0; i < p->parameters; i++)
                sum = nalg_add_mod(sum, nalg_multiply_mod(p->law_gradient[i], p->gradient[i], p->prime),
                                   p->prime);
            p->alive[k] = sum == 0;
            any |= p->alive[k];
        }
    }
    return any;
}

/* The laws that are alive after the whole grid are proved. */
static nalg_status run_grid(proof *p, const nalg_model *model)
{
    nalg_field field;
    nalg_gradient g;
    size_t n = p->parameters + p->inputs;
    uint64_t sum = 0;
    bool any = true, more = true;
    nalg_field_word(&field, p->prime);
    nalg_status status = nalg_gradient_create(p->ctx, &g, model, &field);
    if (status != NALG_OK) return status;
    memset(p->point, 0, n * sizeof *p->point);
    for (; any && more && status == NALG_OK; more = next_point(p->point, n, &sum, p->degree)) {
        any = test_point(p, &g);
        status = nalg_checkpoint(p->ctx);
    }
    if (!any) memset(p->alive, 0, p->laws->count * sizeof *p->alive);
    nalg_gradient_clear(&g);
    return status;
}

/* Degree of the identities in weights and inputs: the functional is fixed. */
static nalg_status find_degree(proof *p, const nalg_model *model)
{
    uint64_t gradient = 0;
    size_t most = 1;
    nalg_status status = nalg_jacobian_degree(p->ctx, &gradient, model);
    for (size_t k = 0; k < p->laws->count; k++) {
        size_t degree = nalg_law_degree(&p->laws->item[k]);
        if (!p->laws->item[k].proved && degree > most) most = degree;
    }
    p->degree = (gradient ? gradient - 1 : 0) + most - 1;
    return status;
}

static nalg_status select_laws(proof *p, const nalg_model *model, bool *any)
{
    double *bound = nalg_array(p->parameters, sizeof *bound);
    nalg_status status = bound ? bound_gradient(p->ctx, bound, model) : nalg_fail_memory(p->ctx);
    *any = false;
    for (size_t k = 0; status == NALG_OK && k < p->laws->count; k++) {
        p->alive[k] =
            !p->laws->item[k].proved && bound_identity(&p->laws->item[k], bound) < COEFFICIENT_LIMIT;
        *any |= p->alive[k];
    }
    free(bound);
    return status;
}

nalg_status nalg_laws_prove(nalg_ctx *ctx, nalg_laws *laws, size_t *count, const nalg_model *model)
{
    proof p = {.ctx = ctx,
               .laws = laws,
               .parameters = model->parameters,
               .inputs = nalg_shape_size(&model->layers->in),
               .outputs = nalg_shape_size(&model->layers->out)};
    bool any = false;
    nalg_status status = find_degree(&p, model);
    if (status != NALG_OK || grid_size(p.parameters + p.inputs, p.degree) > POINT_LIMIT) return status;
    p.prime = nalg_prime_word(PRIME_NUMBER, p.degree);
    if (!p.prime) return NALG_OK;
    p.alive = nalg_array_zero(laws->count, sizeof *p.alive);
    p.point = nalg_array(p.parameters + p.inputs, sizeof *p.point);
    p.functional = nalg_array(p.outputs, sizeof *p.functional);
    p.gradient = nalg_array(p.parameters, 2 * sizeof *p.gradient);
    p.law_gradient = p.gradient ? p.gradient + p.parameters : NULL;
    if (!p.alive || !p.point || !p.functional || !p.gradient) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) status = select_laws(&p, model, &any);
    if (status == NALG_OK && any) status = run_grid(&p, model);
    for (size_t k = 0; status == NALG_OK && any && k < laws->count; k++)
        if (p.alive[k]) {
            laws->item[k].proved = true;
            ++*count;
        }
    free(p.alive);
    free(p.point);
    free(p.functional);
    free(p.gradient);
    return status;
}
