/* From below the rank modulo primes, without a tolerance; from above rows, parameters, the symmetries that
 * move these weights, and the dimension of the model, which no local rank exceeds (rank is lower
 * semicontinuous).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/tangent_rank.h"
#include <math.h>
#include <string.h>
#include "core/context.h"
#include "core/memory.h"
#include "field/prime.h"
#include "geometry/symmetry_rank.h"
#include "geometry/upper_bounds.h"
#include "learning/conserved_gradient.h"

/* Up to this size of the smaller side primes of 61 bits. */
#define WORD_SIZE 400
/* A double is an integer of this many bits times a power of two. */
#define MANTISSA 53

nalg_status nalg_weights_from_doubles(nalg_ctx *ctx, nalg_weights *out, const double *x, size_t count)
{
    nalg_weights w = {.value = nalg_array(count, sizeof *w.value), .count = count};
    if (!w.value) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < count; i++) {
        int exponent;
        double mantissa = frexp(x[i], &exponent);
        fmpq_init(&w.value[i]);
        fmpq_set_si(&w.value[i], (slong)ldexp(mantissa, MANTISSA), 1);
        exponent -= MANTISSA;
        if (exponent > 0)
            fmpq_mul_2exp(&w.value[i], &w.value[i], (flint_bitcnt_t)exponent);
        else
            fmpq_div_2exp(&w.value[i], &w.value[i], (flint_bitcnt_t)-exponent);
    }
    *out = w;
    return NALG_OK;
}

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    const nalg_weights *weights, *inputs;
    size_t samples, rows, columns;
    uint64_t exponent;
} computation;

static nalg_status residues_of(const computation *c, uint64_t *out, const nalg_weights *w, uint64_t prime)
{
    if (nalg_weights_residues(w, prime, out)) return NALG_OK;
    return nalg_fail(c->ctx, NALG_E_ARGUMENT, NULL, "round the numbers",
                     "a denominator is divisible by the prime %llu", (unsigned long long)prime);
}

/* Residues as elements of the field, in place: doubles for the fast primes. */
static void to_elements(void *array, size_t count, const nalg_field *f)
{
    for (size_t i = 0; i < count && f->p > 0; i++) {
        uint64_t residue;
        memcpy(&residue, (char *)array + 8 * i, 8);
        double element = (double)residue;
        memcpy((char *)array + 8 * i, &element, 8);
    }
}

/* Gradient of each output at each sample, a row each. */
static nalg_status fill(const computation *c, char *matrix, nalg_gradient *g, const char *w, const char *x)
{
    size_t inputs = g->jacobian.inputs, outputs = g->jacobian.outputs, size = g->field.size;
    char *functional = nalg_array(outputs, size);
    nalg_status status = functional ? NALG_OK : nalg_fail_memory(c->ctx);
    for (size_t s = 0; status == NALG_OK && s < c->samples; s++)
        for (size_t o = 0; status == NALG_OK && o < outputs; o++) {
            uint64_t word = 1;
            double fast = 1;
            memset(functional, 0, outputs * size);
            memcpy(functional + o * size, g->field.p > 0 ? (void *)&fast : (void *)&word, size);
            nalg_gradient_set_input(g, x + s * inputs * size, functional);
            if (!nalg_gradient_at(g, matrix + (s * outputs + o) * c->columns * size, w))
                status = nalg_fail(c->ctx, NALG_E_UNSUPPORTED, NULL, "move the weights or the input a little",
                                   "the model has a pole at sample %zu", s + 1);
            else
                status = nalg_checkpoint(c->ctx);
        }
    free(functional);
    return status;
}

static nalg_status rank_modulo(const computation *c, size_t *rank, uint64_t prime)
{
    nalg_field field;
    nalg_gradient g = {0};
    nalg_rank_profile profile = {0};
    size_t entries;
    if (prime < NALG_PRIME_FAST_LIMIT)
        nalg_field_fast(&field, (uint32_t)prime);
    else
        nalg_field_word(&field, prime);
    uint64_t *w = nalg_array(c->weights->count, sizeof *w), *x = nalg_array(c->inputs->count, sizeof *x);
    void *matrix = nalg_size_multiply(&entries, c->rows, c->columns) ? nalg_array_aligned(entries, 8) : NULL;
    nalg_status status = w && x && matrix ? NALG_OK : nalg_fail_memory(c->ctx);
    if (status == NALG_OK) status = residues_of(c, w, c->weights, prime);
    if (status == NALG_OK) status = residues_of(c, x, c->inputs, prime);
    if (status == NALG_OK) {
        to_elements(w, c->weights->count, &field);
        to_elements(x, c->inputs->count, &field);
        status = nalg_gradient_create(c->ctx, &g, c->model, &field);
    }
    if (status == NALG_OK) status = fill(c, matrix, &g, (char *)w, (char *)x);
    if (status == NALG_OK) status = nalg_matrix_rank(c->ctx, &profile, matrix, c->rows, c->columns, &field);
    if (status == NALG_OK) *rank = profile.rank;
    nalg_rank_profile_clear(&profile);
    if (g.evaluation) nalg_gradient_clear(&g);
    free(matrix);
    free(w);
    free(x);
    return status;
}

static void bound(nalg_tangent_rank *out, uint64_t value, const char *kind)
{
    if (out->upper_kind && value >= out->upper) return;
    out->upper = value;
    out->upper_kind = kind;
}

/* Symmetry fields at these weights lie in the kernel; their rank modulo a prime is at most that over Q. */
static nalg_status bound_by_symmetries(const computation *c, nalg_tangent_rank *out, const nalg_symmetries *s)
{
    size_t moved = 0, fields = nalg_symmetries_fields(s);
    uint64_t prime = nalg_prime_fast(0, c->exponent), *w;
    if (!fields || fields > NALG_SYMMETRY_FIELDS_LIMIT || !prime) return NALG_OK;
    w = nalg_array(c->weights->count, sizeof *w);
    if (!w) return nalg_fail_memory(c->ctx);
    nalg_status status = NALG_OK;
    if (nalg_weights_residues(c->weights, prime, w)) {
        status =
            nalg_symmetry_rank(c->ctx, &moved, NULL, s,
                               &(nalg_point){.prime = prime, .seed = nalg_ctx_seed(c->ctx), .weights = w});
        if (status == NALG_OK) out->symmetry_prime = prime;
    }
    free(w);
    if (status == NALG_OK) bound(out, c->columns - moved, "symmetries");
    return status;
}

static nalg_status find_bounds(const computation *c, nalg_tangent_rank *out)
{
    nalg_upper_bounds bounds = {0};
    bound(out, c->rows, "rows");
    bound(out, c->columns, "parameters");
    nalg_status status = nalg_upper_bounds_find(c->ctx, &bounds, c->model);
    if (status == NALG_OK) bound(out, bounds.least, "dimension");
    if (status == NALG_OK) status = bound_by_symmetries(c, out, &bounds.symmetries);
    nalg_upper_bounds_clear(&bounds);
    return status;
}

nalg_status nalg_tangent_rank_find(nalg_ctx *ctx, nalg_tangent_rank *out, const nalg_model *model,
                                   const nalg_weights *weights, const nalg_data *data)
{
    nalg_weights inputs = {0};
    nalg_tangent_rank r = {0};
    computation c = {.ctx = ctx,
                     .model = model,
                     .weights = weights,
                     .inputs = &inputs,
                     .samples = data->samples,
                     .rows = data->samples * data->output_size,
                     .columns = model->parameters,
                     .exponent = nalg_model_exponent(model)};
    bool word = (c.rows < c.columns ? c.rows : c.columns) <= WORD_SIZE;
    nalg_status status =
        nalg_weights_from_doubles(ctx, &inputs, data->inputs, data->samples * data->input_size);
    if (status == NALG_OK) status = find_bounds(&c, &r);
    for (unsigned k = 0; status == NALG_OK && k < NALG_TANGENT_PRIMES; k++) {
        uint64_t fast = word ? 0 : nalg_prime_fast(k, c.exponent);
        r.prime[k] = fast ? fast : nalg_prime_word(k, c.exponent);
        if (!r.prime[k])
            status = nalg_fail(ctx, NALG_E_UNSUPPORTED, NULL, "use a smaller exponent",
                               "no prime of one word exceeds the exponents");
        else
            status = rank_modulo(&c, &r.at_prime[k], r.prime[k]);
        if (r.at_prime[k] > r.rank) r.rank = r.at_prime[k];
    }
    nalg_weights_clear(&inputs);
    if (status == NALG_OK && r.rank > r.upper)
        status = nalg_fail(ctx, NALG_E_INTERNAL, NULL, "please report this model",
                           "the rank %zu exceeds the upper bound %llu", r.rank, (unsigned long long)r.upper);
    if (status == NALG_OK) *out = r;
    return status;
}
