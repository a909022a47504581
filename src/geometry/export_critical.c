/* Critical points of the squared distance (y(w) - u)^T G (y(w) - u) for a random rational target u: the derivatives along D of the weights, the
 * others being random numbers, and t m(w) = 1 for a D x D minor m of the Jacobian. The minor keeps away from weights where the
 * parametrisation is not an immersion, whose critical points are none of the function space; for generic u no pure critical point
 * is lost, as these are generic points of the model (METHODS 5; Draisma et al. 2016, section 4).  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>
#include "core/memory.h"
#include "geometry/ambient.h"
#include "geometry/export.h"

#define COORDINATE_LIMIT 200
#define DIMENSION_LIMIT 12
#define ROW_PRIME UWORD(2305843009213693951) /* 2^61 - 1 */

typedef struct {
    nalg_export_system *s;
    size_t n, d;
    unsigned *exponent;
    size_t *output;
    fmpq *form;                    /* G, n x n */
    fmpq_mpoly_struct *coefficient; /* y_0 .. y_{n-1} */
    fmpq_mpoly_struct *derivative; /* n x d */
} problem;

/* ---- metrics ---- */

static void diagonal_entry(fmpq_t out, const problem *p, size_t a)
{
    ulong degree = 0;
    fmpz_t factorial;
    fmpq_one(out);
    if (p->s->metric != NALG_METRIC_BOMBIERI) return;
    fmpz_init(factorial);
    for (size_t i = 0; i < p->s->inputs; i++) {
        degree += p->exponent[a * p->s->inputs + i];
        fmpz_fac_ui(factorial, p->exponent[a * p->s->inputs + i]);
        fmpq_mul_fmpz(out, out, factorial);
    }
    fmpz_fac_ui(factorial, degree);
    fmpq_div_fmpz(out, out, factorial);
    fmpz_clear(factorial);
}

/* E x^(a + b) for standard normal inputs: products of double factorials. */
static void gaussian_entry(fmpq_t out, const problem *p, size_t a, size_t b)
{
    size_t inputs = p->s->inputs;
    fmpq_one(out);
    for (size_t i = 0; i < inputs; i++) {
        ulong k = p->exponent[a * inputs + i] + p->exponent[b * inputs + i];
        if (k % 2) fmpq_zero(out);
        for (ulong j = 1; j < k; j += 2) fmpq_mul_si(out, out, (slong)j);
    }
}

/* G += v v^T among the coordinates of one output, for the monomials v at a random input. */
static nalg_status add_sample(nalg_ctx *ctx, problem *p)
{
    nalg_export_system *s = p->s;
    fmpq *x = nalg_array(s->inputs, sizeof *x), *v = nalg_array(p->n, sizeof *v);
    if (!x || !v) {
        free(x);
        free(v);
        return nalg_fail_memory(ctx);
    }
    for (size_t i = 0; i < s->inputs; i++) {
        fmpq_init(x + i);
        nalg_export_draw(x + i, s);
    }
    fmpq_t power;
    fmpq_init(power);
    for (size_t a = 0; a < p->n; a++) {
        fmpq_init(v + a);
        fmpq_one(v + a);
        for (size_t i = 0; i < s->inputs; i++) {
            fmpq_pow_si(power, x + i, (slong)p->exponent[a * s->inputs + i]);
            fmpq_mul(v + a, v + a, power);
        }
    }
    for (size_t a = 0; a < p->n; a++)
        for (size_t b = 0; b < p->n; b++)
            if (p->output[a] == p->output[b]) fmpq_addmul(p->form + a * p->n + b, v + a, v + b);
    fmpq_clear(power);
    for (size_t i = 0; i < s->inputs; i++) fmpq_clear(x + i);
    for (size_t a = 0; a < p->n; a++) fmpq_clear(v + a);
    free(x);
    free(v);
    return NALG_OK;
}

/* As many inputs as `critical` takes: one more than the ambient space needs. */
static nalg_status data_form(nalg_ctx *ctx, problem *p)
{
    nalg_ambient ambient = {0};
    nalg_status status = nalg_ambient_find(ctx, &ambient, p->s->model, nalg_model_exponent(p->s->model));
    if (status != NALG_OK) return status;
    size_t size = ambient.known ? fmpz_get_ui(&ambient.size) : p->n, samples = (size + p->s->outputs - 1) / p->s->outputs + 1;
    nalg_ambient_clear(&ambient);
    for (size_t i = 0; status == NALG_OK && i < samples; i++) status = add_sample(ctx, p);
    return status;
}

/* A^T A for a random integer matrix A. */
static nalg_status generic_form(nalg_ctx *ctx, problem *p)
{
    fmpq *a = nalg_array(p->n * p->n, sizeof *a);
    if (!a) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < p->n * p->n; i++) {
        fmpq_init(a + i);
        fmpq_set_si(a + i, (slong)nalg_random_below(&p->s->random, 19) - 9, 1);
    }
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->n; j++)
            for (size_t k = 0; k < p->n; k++) fmpq_addmul(p->form + i * p->n + j, a + k * p->n + i, a + k * p->n + j);
    for (size_t i = 0; i < p->n * p->n; i++) fmpq_clear(a + i);
    free(a);
    return NALG_OK;
}

static nalg_status make_form(nalg_ctx *ctx, problem *p)
{
    if (!(p->form = nalg_array(p->n * p->n, sizeof *p->form))) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < p->n * p->n; i++) fmpq_init(p->form + i);
    if (p->s->metric == NALG_METRIC_GENERIC) return generic_form(ctx, p);
    if (p->s->metric == NALG_METRIC_DATA) return data_form(ctx, p);
    for (size_t a = 0; a < p->n; a++)
        for (size_t b = 0; b < p->n; b++) {
            if (p->output[a] != p->output[b]) continue;
            if (p->s->metric == NALG_METRIC_GAUSSIAN) gaussian_entry(p->form + a * p->n + b, p, a, b);
            else if (a == b) diagonal_entry(p->form + a * p->n + a, p, a);
        }
    return NALG_OK;
}

/* ---- equations ---- */

/* y_a - u_a. The target is a random multiple of a value for numerical solvers, so that sizes fit, and a random integer for others. */
static nalg_status subtract_target(nalg_ctx *ctx, problem *p, fmpq_mpoly_struct *difference)
{
    fmpq_t number, value;
    nalg_status status = NALG_OK;
    fmpq_init(number);
    fmpq_init(value);
    for (size_t a = 0; status == NALG_OK && a < p->n; a++) {
        nalg_export_draw(number, p->s);
        if (!p->s->whole) {
            status = nalg_export_value(ctx, value, p->coefficient + a, p->s);
            if (!fmpq_is_zero(value)) fmpq_mul(number, number, value);
        }
        fmpq_mpoly_sub_fmpq(difference + a, p->coefficient + a, number, p->s->ring);
    }
    fmpq_clear(number);
    fmpq_clear(value);
    return status;
}

/* sum_b (sum_a G_ab (y_a - u_a)) dy_b/dw_k for every k. */
static nalg_status gradient(nalg_ctx *ctx, problem *p)
{
    nalg_export_system *s = p->s;
    fmpq_mpoly_struct *difference = nalg_expansion_array(p->n, s->ring), *weighted = nalg_expansion_array(p->n, s->ring);
    fmpq_mpoly_t term;
    nalg_status status = difference && weighted ? subtract_target(ctx, p, difference) : nalg_fail_memory(ctx);
    fmpq_mpoly_init(term, s->ring);
    for (size_t b = 0; status == NALG_OK && b < p->n; b++) {
        status = nalg_checkpoint(ctx);
        for (size_t a = 0; a < p->n; a++) {
            if (fmpq_is_zero(p->form + a * p->n + b)) continue;
            fmpq_mpoly_scalar_mul_fmpq(term, difference + a, p->form + a * p->n + b, s->ring);
            fmpq_mpoly_add(weighted + b, weighted + b, term, s->ring);
        }
    }
    for (size_t k = 0; status == NALG_OK && k < p->d; k++) {
        fmpq_mpoly_struct *equation = nalg_export_append(s);
        if (!equation) status = nalg_fail_memory(ctx);
        nalg_progress(ctx, "equations", k, p->d, NULL);
        for (size_t b = 0; status == NALG_OK && b < p->n; b++) {
            status = nalg_expansion_multiply(ctx, term, weighted + b, p->derivative + b * p->d + k, &s->expansion);
            if (status == NALG_OK) fmpq_mpoly_add(equation, equation, term, s->ring);
        }
    }
    fmpq_mpoly_clear(term, s->ring);
    nalg_expansion_array_free(difference, p->n, s->ring);
    nalg_expansion_array_free(weighted, p->n, s->ring);
    return status;
}

/* ---- the minor ---- */

static ulong residue(const fmpq_t q)
{
    ulong denominator = fmpz_fdiv_ui(fmpq_denref(q), ROW_PRIME);
    return n_mulmod2(fmpz_fdiv_ui(fmpq_numref(q), ROW_PRIME), n_invmod(denominator, ROW_PRIME), ROW_PRIME);
}

/* D coordinates with independent derivatives at the random point, short ones first. */
static nalg_status choose_rows(nalg_ctx *ctx, const problem *p, size_t *row)
{
    size_t *order = nalg_array(p->n, sizeof *order), found = 0;
    if (!order) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < p->n; i++) {
        size_t k = i;
        for (; k > 0 && fmpq_mpoly_length(p->coefficient + order[k - 1], p->s->ring) > fmpq_mpoly_length(p->coefficient + i, p->s->ring); k--) order[k] = order[k - 1];
        order[k] = i;
    }
    nmod_mat_t m;
    fmpq_t value;
    nalg_status status = NALG_OK;
    fmpq_init(value);
    nmod_mat_init(m, (slong)p->d, (slong)p->n, ROW_PRIME);
    for (size_t k = 0; status == NALG_OK && k < p->d; k++)
        for (size_t a = 0; status == NALG_OK && a < p->n; a++) {
            status = nalg_export_value(ctx, value, p->derivative + order[a] * p->d + k, p->s);
            if (status == NALG_OK) nmod_mat_set_entry(m, (slong)k, (slong)a, residue(value));
        }
    if (status == NALG_OK) nmod_mat_rref(m);
    for (size_t a = 0; status == NALG_OK && found < p->d && a < p->n; a++)
        if (nmod_mat_get_entry(m, (slong)found, (slong)a)) row[found++] = order[a];
    if (status == NALG_OK && found < p->d) status = nalg_fail(ctx, NALG_E_INTERNAL, NULL, "try another --seed", "the random point is not generic");
    nmod_mat_clear(m);
    fmpq_clear(value);
    free(order);
    return status;
}

/* Laplace expansion over sets of columns: minor[set] is the determinant of the first |set| rows and these columns. */
static nalg_status determinant(nalg_ctx *ctx, fmpq_mpoly_struct *out, const problem *p, const size_t *row)
{
    nalg_export_system *s = p->s;
    size_t sets = (size_t)1 << p->d;
    fmpq_mpoly_struct *minor = nalg_expansion_array(sets, s->ring);
    fmpq_mpoly_t term;
    nalg_status status = minor ? NALG_OK : nalg_fail_memory(ctx);
    fmpq_mpoly_init(term, s->ring);
    if (status == NALG_OK) fmpq_mpoly_one(minor, s->ring);
    for (size_t set = 1; status == NALG_OK && set < sets; set++) {
        size_t size = (size_t)__builtin_popcountll(set), after = size;
        for (size_t k = 0; status == NALG_OK && k < p->d; k++) {
            if (!(set >> k & 1)) continue;
            after--; /* columns of the set to the right of k */
            status = nalg_expansion_multiply(ctx, term, minor + (set ^ (size_t)1 << k), p->derivative + row[size - 1] * p->d + k, &s->expansion);
            if (status != NALG_OK) break;
            if (after % 2) fmpq_mpoly_sub(minor + set, minor + set, term, s->ring);
            else fmpq_mpoly_add(minor + set, minor + set, term, s->ring);
        }
    }
    if (status == NALG_OK) fmpq_mpoly_swap(out, minor + sets - 1, s->ring);
    fmpq_mpoly_clear(term, s->ring);
    nalg_expansion_array_free(minor, sets, s->ring);
    return status;
}

/* t m(w) = 1, with m scaled: to short integers, or to the size 1. */
static nalg_status saturation(nalg_ctx *ctx, problem *p)
{
    nalg_export_system *s = p->s;
    size_t row[DIMENSION_LIMIT];
    fmpq_mpoly_t t;
    fmpq_t scale;
    fmpq_mpoly_init(t, s->ring);
    fmpq_init(scale);
    fmpq_mpoly_struct *equation = nalg_export_append(s);
    nalg_status status = equation ? choose_rows(ctx, p, row) : nalg_fail_memory(ctx);
    if (status == NALG_OK) status = determinant(ctx, equation, p, row);
    if (status == NALG_OK) status = nalg_export_value(ctx, scale, equation, s);
    if (status == NALG_OK && fmpq_is_zero(scale)) status = nalg_fail(ctx, NALG_E_INTERNAL, NULL, "try another --seed", "the minor vanishes at the random point");
    if (status == NALG_OK) {
        if (s->whole) nalg_export_make_primitive(equation, s->ring);
        else fmpq_mpoly_scalar_div_fmpq(equation, equation, scale, s->ring);
        fmpq_mpoly_gen(t, (slong)(s->inputs + s->weights), s->ring);
        fmpq_mpoly_mul(equation, equation, t, s->ring);
        fmpq_mpoly_sub_si(equation, equation, 1, s->ring);
    }
    fmpq_mpoly_clear(t, s->ring);
    fmpq_clear(scale);
    return status;
}

static nalg_status take_coefficients(nalg_ctx *ctx, problem *p)
{
    nalg_export_system *s = p->s;
    nalg_status status = nalg_export_coefficients(ctx, s, &p->exponent, &p->output);
    if (status != NALG_OK) return status;
    p->n = s->coordinates;
    p->coefficient = s->polynomial;
    s->polynomial = NULL;
    s->count = s->capacity = 0;
    if (p->n > COORDINATE_LIMIT)
        return nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller model", "the outputs have %zu coefficients, more than %d", p->n, COORDINATE_LIMIT);
    p->derivative = nalg_expansion_array(p->n * p->d, s->ring);
    if (!p->derivative) return nalg_fail_memory(ctx);
    for (size_t a = 0; a < p->n; a++)
        for (size_t k = 0; k < p->d; k++) fmpq_mpoly_derivative(p->derivative + a * p->d + k, p->coefficient + a, (slong)(s->inputs + k), s->ring);
    return NALG_OK;
}

nalg_status nalg_export_critical(nalg_ctx *ctx, nalg_export_system *s)
{
    problem p = {.s = s, .d = s->dimension};
    if (p.d > DIMENSION_LIMIT)
        return nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller model", "the dimension is %zu, more than %d: the minor cannot be written out", p.d, DIMENSION_LIMIT);
    nalg_status status = take_coefficients(ctx, &p);
    if (status == NALG_OK) status = make_form(ctx, &p);
    if (status == NALG_OK) status = gradient(ctx, &p);
    if (status == NALG_OK) status = saturation(ctx, &p);
    for (size_t i = 0; p.form && i < p.n * p.n; i++) fmpq_clear(p.form + i);
    nalg_expansion_array_free(p.coefficient, p.n, s->ring);
    nalg_expansion_array_free(p.derivative, p.n * p.d, s->ring);
    free(p.form);
    free(p.exponent);
    free(p.output);
    return status;
}
