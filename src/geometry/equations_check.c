/* Equations checked again, at fresh random points modulo fresh primes, and the chance of error.
 *
 * An equation E holds on the model exactly when the polynomial E(c(w)) in the weights is zero. If it is not,
 * and its integer coefficients are smaller than the product of the primes, it is not zero modulo one of them,
 * and there a random point exposes it except with probability degree / prime (Schwartz-Zippel). Coefficients
 * are bounded by the sum of their absolute values, which is submultiplicative: it is at most the value of the
 * model's graph at weights and inputs 1 with constants replaced by their absolute values.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include "core/memory.h"
#include "field/prime.h"
#include "geometry/equations_ideal.h"
#include "graph/evaluate.h"

#define TRIAL_CHECK 1400
/* Primes below this are far from those the equations were lifted from; each has more than so many bits. */
#define CHECK_PRIME_START (NALG_PRIME_WORD_START - (1ULL << 40))
#define PRIME_BITS 60.9
#define MOST_PRIMES 128
/* For the roundings of the bound itself. */
#define SPARE_BITS 1.0

static bool set_absolute(const nalg_field *f, void *out, const fmpq_t q)
{
    (void)f;
    double *x = out;
    fmpq_t absolute;
    fmpq_init(absolute);
    fmpq_abs(absolute, q);
    *x = fmpz_get_d(fmpq_numref(absolute)) / fmpz_get_d(fmpq_denref(absolute));
    fmpq_clear(absolute);
    return true;
}

/* log2 of a bound on the sum of absolute coefficients of every output, at least 0; infinite when doubles
 * overflow. */
static nalg_status find_height(nalg_ctx *ctx, double *bits, const nalg_coordinates *c)
{
    nalg_field field;
    nalg_evaluation *e = NULL;
    nalg_field_real(&field);
    field.set_rational = set_absolute;
    size_t most = c->inputs > c->model->parameters ? c->inputs : c->model->parameters;
    double *ones = nalg_array(most, sizeof *ones), height = 1;
    nalg_status status = ones ? nalg_evaluation_create(ctx, &e, &c->graph, &field, 1) : nalg_fail_memory(ctx);
    if (status == NALG_OK) {
        for (size_t i = 0; i < most; i++) ones[i] = 1;
        nalg_evaluation_set_input(e, 0, ones);
        nalg_evaluation_set_parameters(e, ones);
        bool run = nalg_evaluation_run(e, 0, c->graph.count);
        const double *value = nalg_evaluation_value(e, c->output);
        for (size_t o = 0; o < c->outputs; o++) height = value[o] > height ? value[o] : height;
        *bits = run ? log2(height) : INFINITY;
    }
    nalg_evaluation_free(e);
    free(ones);
    return status;
}

static double height_of(const nalg_equation *e, double bits)
{
    double sum = 0;
    for (size_t t = 0; t < e->terms; t++) sum += fabs(fmpz_get_d(e->coefficient + t));
    return log2(sum) + e->degree * bits + SPARE_BITS;
}

static bool integral(const nalg_graph *g)
{
    for (size_t i = 0; i < g->rational_count; i++)
        if (!fmpz_is_one(fmpq_denref(&g->rational[i]))) return false;
    return true;
}

uint64_t nalg_equations_weight_degree(const nalg_coordinates *c)
{
    uint64_t *n = nalg_array(c->graph.count, sizeof *n), *d = nalg_array(c->graph.count, sizeof *d),
             degree = UINT64_MAX;
    if (n && d) {
        nalg_graph_degree(&c->graph, 1, n, d);
        degree = n[c->output];
    }
    free(n);
    free(d);
    return degree;
}

static bool vanishes(const nalg_equation *e, const uint64_t *value, size_t coordinates, nmod_t mod)
{
    uint64_t sum = 0;
    for (size_t t = 0; t < e->terms; t++) {
        uint64_t product = fmpz_fdiv_ui(e->coefficient + t, mod.n);
        for (unsigned k = 0; k < e->degree; k++) {
            size_t variable = e->factor[t * e->degree + k];
            if (variable < coordinates) product = nmod_mul(product, value[variable], mod);
        }
        sum = nmod_add(sum, product, mod);
    }
    return sum == 0;
}

static nalg_status check_at(nalg_ideal *ideal, const nalg_point *point, uint64_t *value)
{
    nmod_t mod;
    nmod_init(&mod, point->prime);
    nalg_status status = nalg_coordinates_sample(ideal->ctx, value, ideal->coordinates, point, 0, 1);
    for (size_t e = 0; e < ideal->count && status == NALG_OK; e++)
        if (!vanishes(&ideal->equation[e], value, ideal->coordinates->count, mod))
            status = nalg_fail(ideal->ctx, NALG_E_INTERNAL, NULL, "try another --seed and report this",
                               "an equation does not hold at a fresh random point");
    return status;
}

nalg_status nalg_equations_recheck(nalg_equations_check *out, nalg_ideal *ideal)
{
    const nalg_coordinates *c = ideal->coordinates;
    double bits = 0, most = 0, degree = (double)nalg_equations_weight_degree(c);
    uint64_t *value = nalg_array(c->count, sizeof *value);
    nalg_status status = value ? find_height(ideal->ctx, &bits, c) : nalg_fail_memory(ideal->ctx);
    for (size_t e = 0; e < ideal->count && status == NALG_OK; e++) {
        double height = height_of(&ideal->equation[e], bits);
        most = height > most ? height : most;
        out->epsilon += ideal->equation[e].degree * degree /
                        (double)(NALG_PRIME_WORD_START - (NALG_PRIME_WORD_START >> 20));
    }
    out->independent = integral(&c->graph) && most / PRIME_BITS < MOST_PRIMES;
    out->primes = out->independent ? (size_t)(most / PRIME_BITS) + 1 : 2;
    out->first_trial = TRIAL_CHECK;
    uint64_t prime = out->first_prime = nalg_prime_below(CHECK_PRIME_START, c->degree);
    for (size_t k = 0; k < (ideal->count ? out->primes : 1) && status == NALG_OK;
         k++, prime = nalg_prime_below(prime, c->degree)) {
        nalg_point point = {
            .prime = prime, .seed = nalg_ctx_seed(ideal->ctx), .trial = (uint32_t)(TRIAL_CHECK + k)};
        status = check_at(ideal, &point, value);
        if (k == 0 && status == NALG_OK && c->count) out->first_value = value[0];
    }
    free(value);
    return status;
}
