/* The linear system of METHODS 8: h = sum of c_m m over monomials m of degree 1 to d is conserved when
 * sum of c_m (grad m . grad_w f_w(x)_o) vanishes for all w, x, o. Each row is one random (w, x, functional) modulo a prime, so
 * the rank found is at most the rank over Q and the kernel at least as large as the space of laws: a proved upper bound on their number.
 *
 * Sign gradings (conserved_grading.h) cut the monomials into classes that are solved one by one; for dense networks the largest
 * class has about as many monomials as there are parameters in place of half their square. A class whose kernel is spanned by laws that
 * are known to hold is finished; otherwise its kernel is lifted to Q and every law tested at fresh points modulo a fresh prime.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/conserved_search.h"
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "exact/lift.h"
#include "field/prime.h"
#include "learning/conserved_gradient.h"
#include "learning/conserved_identity.h"
#include "learning/conserved_grading.h"

#define MONOMIAL_LIMIT ((double)4e6)
/* Unknowns of a class whose kernel is computed, and of one whose rank is enough because known laws span it. */
#define KERNEL_LIMIT 3000
#define RANK_LIMIT 12000
/* From this size on the rank over a prime for doubles is tried before a kernel. */
#define RANK_FROM 200
/* Rows beyond the unknowns: each is one more independent chance of 1 - degree / p that a wrong vector leaves the kernel. */
#define SPARE_ROWS 6
/* Primes to lift with; two suffice for the coefficients of all laws met so far. */
#define LIFT_PRIMES 8
#define CHECK_POINTS 4
#define POLE_RETRIES 64
/* Trials of the random points: systems 0 .. LIFT_PRIMES - 1, then the test of the laws. */
#define CHECK_TRIAL 50
#define FAST_TRIAL 51

typedef struct {
    uint64_t class;
    nalg_monomial monomial;
} unknown;

typedef struct {
    size_t first, size;
} block;

/* Weights and gradients at the points of one prime: rows x parameters each. */
typedef struct {
    uint64_t prime, *w, *g;
} samples;

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    const nalg_weight_names *names;
    nalg_law_search *out;
    size_t parameters, degree;
    unknown *unknown;
    block *block;
    samples at[LIFT_PRIMES + 1], fast; /* systems, test; fast: prime of the large ranks */
    struct place {
        size_t block, law;
    } *place; /* known laws by block */
    size_t places;
} search;

/* ---- unknowns ---- */

static double count_monomials(size_t parameters, size_t degree)
{
    double product = 1;
    for (size_t k = 1; k <= degree; k++) product *= ((double)parameters + (double)k) / (double)k;
    return product - 1;
}

static int by_class(const void *a, const void *b)
{
    const unknown *x = a, *y = b;
    if (x->class != y->class) return x->class < y->class ? -1 : 1;
    return nalg_monomial_compare(&x->monomial, &y->monomial);
}

/* All non-decreasing sequences of 1 to `degree` parameters. */
static size_t enumerate(unknown *out, const uint64_t *class, size_t parameters, size_t degree)
{
    size_t count = 0, length = 1;
    uint32_t factor[NALG_LAW_DEGREE] = {0};
    while (length) {
        unknown *u = &out[count++];
        memset(&u->monomial, 0xff, sizeof u->monomial);
        u->class = 0;
        for (size_t i = 0; i < length; i++) {
            u->monomial.factor[i] = factor[i];
            u->class ^= class[factor[i]];
        }
        if (length < degree) {
            factor[length] = factor[length - 1];
            length++;
            continue;
        }
        while (length && ++factor[length - 1] == parameters) length--;
    }
    return count;
}

static nalg_status refuse(search *s, size_t size, int limit)
{
    return nalg_fail(s->ctx, NALG_E_LIMIT, NULL, "use a smaller model or a smaller --degree",
                     "the largest linear system has %zu unknowns; at most %d can be solved", size, limit);
}

static nalg_status make_blocks(search *s)
{
    nalg_law_search *out = s->out;
    uint64_t *class = nalg_array(s->parameters, sizeof *class);
    double expected = count_monomials(s->parameters, s->degree);
    nalg_status status = class ? NALG_OK : nalg_fail_memory(s->ctx);
    if (status == NALG_OK && expected > MONOMIAL_LIMIT)
        status = nalg_fail(s->ctx, NALG_E_LIMIT, NULL, "use a smaller model or a smaller --degree",
                           "there are %.3g monomials of degree up to %zu in %zu parameters; at most %.0g can be searched", expected, s->degree,
                           s->parameters, MONOMIAL_LIMIT);
    if (status == NALG_OK) status = nalg_grading_find(s->ctx, class, s->model);
    if (status == NALG_OK) {
        s->unknown = nalg_array((size_t)expected + 1, sizeof *s->unknown);
        s->block = nalg_array((size_t)expected + 1, sizeof *s->block);
        if (!s->unknown || !s->block) status = nalg_fail_memory(s->ctx);
    }
    if (status == NALG_OK) {
        out->unknowns = enumerate(s->unknown, class, s->parameters, s->degree);
        qsort(s->unknown, out->unknowns, sizeof *s->unknown, by_class);
        for (size_t i = 0; i < out->unknowns; i++) {
            if (!i || s->unknown[i].class != s->unknown[i - 1].class) s->block[out->blocks++] = (block){i, 0};
            block *b = &s->block[out->blocks - 1];
            if (++b->size > out->largest) out->largest = b->size;
        }
        if (out->largest > RANK_LIMIT) status = refuse(s, out->largest, RANK_LIMIT);
    }
    free(class);
    return status;
}

/* ---- points ---- */

/* 0 if no prime exceeds the exponents. */
static uint64_t prime_of(const search *s, unsigned k)
{
    return nalg_prime_word(k, nalg_model_exponent(s->model));
}

static nalg_status draw(search *s, samples *at, size_t rows, uint64_t prime, uint32_t trial)
{
    nalg_ctx *ctx = s->ctx;
    nalg_point point = {.prime = prime, .seed = nalg_ctx_seed(ctx), .trial = trial};
    size_t entries, parameters = s->parameters, pole = 0;
    nalg_gradient gradient;
    nalg_field field;
    if (!point.prime) return nalg_fail(ctx, NALG_E_UNSUPPORTED, NULL, "use a smaller exponent", "no prime of one word exceeds the exponents");
    nalg_field_word(&field, point.prime);
    at->prime = point.prime;
    if (nalg_size_multiply(&entries, rows, parameters)) {
        at->w = nalg_array(entries, sizeof *at->w);
        at->g = nalg_array(entries, sizeof *at->g);
    }
    if (!at->w || !at->g) return nalg_fail_memory(ctx);
    nalg_status status = nalg_gradient_create(ctx, &gradient, s->model, &field);
    if (status != NALG_OK) return status;
    for (size_t row = 0, sample = 0; row < rows && status == NALG_OK; sample++) {
        uint64_t *w = at->w + row * parameters;
        status = nalg_checkpoint(ctx);
        nalg_progress(ctx, "gradients", row, rows, NULL);
        for (size_t i = 0; i < parameters; i++) w[i] = nalg_point_value(&point, NALG_STREAM_WEIGHTS, sample * parameters + i);
        nalg_gradient_set_sample(&gradient, &point, sample);
        if (nalg_gradient_at(&gradient, at->g + row * parameters, w)) row++;
        else if (++pole > POLE_RETRIES) status = nalg_fail(ctx, NALG_E_UNSUPPORTED, NULL, "try another --seed", "the random points are poles of the model");
    }
    nalg_gradient_clear(&gradient);
    return status;
}

/* grad m . g at one point. */
static uint64_t derivative(const nalg_monomial *m, const uint64_t *w, const uint64_t *g, uint64_t p)
{
    uint64_t value = 0, product = 1; /* value of the monomial and of its derivative along g, factor by factor */
    for (size_t i = 0; i < NALG_LAW_DEGREE && m->factor[i] != NALG_NO_FACTOR; i++) {
        uint32_t f = m->factor[i];
        value = nalg_add_mod(nalg_multiply_mod(value, w[f], p), nalg_multiply_mod(product, g[f], p), p);
        product = nalg_multiply_mod(product, w[f], p);
    }
    return value;
}

/* Kernel of one block's system modulo the prime of trial t. */
static nalg_status block_kernel(search *s, nalg_kernel *kernel, const block *b, uint32_t t)
{
    samples *at = &s->at[t];
    size_t rows = b->size + SPARE_ROWS;
    nalg_status status = at->g ? NALG_OK : draw(s, at, s->out->rows, prime_of(s, t), t);
    uint64_t *matrix = status == NALG_OK ? nalg_array(rows * b->size, sizeof *matrix) : NULL;
    if (status == NALG_OK && !matrix) status = nalg_fail_memory(s->ctx);
    for (size_t i = 0; i < rows && status == NALG_OK; i++) {
        const uint64_t *w = at->w + i * s->parameters, *g = at->g + i * s->parameters;
        status = nalg_checkpoint(s->ctx);
        for (size_t j = 0; j < b->size; j++) matrix[i * b->size + j] = derivative(&s->unknown[b->first + j].monomial, w, g, at->prime);
    }
    if (status == NALG_OK) status = nalg_kernel_word(s->ctx, kernel, matrix, rows, b->size, b->size, at->prime);
    free(matrix);
    return status;
}

/* ---- known laws ---- */

static const unknown *find_unknown(const search *s, const block *b, const nalg_monomial *m)
{
    size_t low = 0, high = b->size;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (nalg_monomial_compare(&s->unknown[b->first + middle].monomial, m) < 0) low = middle + 1;
        else high = middle;
    }
    const unknown *u = &s->unknown[b->first + low];
    return low < b->size && !nalg_monomial_compare(&u->monomial, m) ? u : NULL;
}

static int by_block(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->block != y->block) return x->block < y->block ? -1 : 1;
    return (x->law > y->law) - (x->law < y->law);
}

static int by_monomial(const void *a, const void *b)
{
    return nalg_monomial_compare(&(*(const unknown *const *)a)->monomial, &(*(const unknown *const *)b)->monomial);
}

/* Which block each known law lies in, by its first monomial. */
static nalg_status place_known(search *s, const nalg_laws *known)
{
    const unknown **sorted = nalg_array(s->out->unknowns, sizeof *sorted);
    size_t *block_of = nalg_array(s->out->unknowns, sizeof *block_of);
    s->place = nalg_array(known->count, sizeof *s->place);
    if (!sorted || !block_of || !s->place) {
        free(sorted);
        free(block_of);
        return nalg_fail_memory(s->ctx);
    }
    for (size_t b = 0; b < s->out->blocks; b++)
        for (size_t i = 0; i < s->block[b].size; i++) block_of[s->block[b].first + i] = b;
    for (size_t i = 0; i < s->out->unknowns; i++) sorted[i] = &s->unknown[i];
    if (known->count) qsort(sorted, s->out->unknowns, sizeof *sorted, by_monomial);
    for (size_t i = 0; i < known->count; i++) {
        const unknown key = {.monomial = known->item[i].monomial[0]}, *pointer = &key;
        const unknown **found = bsearch(&pointer, sorted, s->out->unknowns, sizeof *sorted, by_monomial);
        if (found) s->place[s->places++] = (struct place){block_of[*found - s->unknown], i};
    }
    if (s->places) qsort(s->place, s->places, sizeof *s->place, by_block);
    free(sorted);
    free(block_of);
    return NALG_OK;
}

/* ---- one block ---- */

typedef struct {
    const nalg_laws *known;
    size_t first, last; /* places of the known laws of this block */
    uint64_t *column;   /* block size x candidates, mod the first prime: known laws, then kernel vectors */
    size_t candidates;
} basis;

static bool fill_known(const search *s, basis *a, const block *b, uint64_t p)
{
    for (size_t k = a->first; k < a->last; k++) {
        const nalg_law *law = &a->known->item[s->place[k].law];
        for (size_t i = 0; i < law->terms; i++) {
            const unknown *u = find_unknown(s, b, &law->monomial[i]);
            if (!u) return false; /* over several classes: its parts are laws too, and are found by the kernels */
            a->column[((size_t)(u - s->unknown) - b->first) * a->candidates + k - a->first] = fmpz_fdiv_ui(&law->coefficient[i], p);
        }
    }
    return true;
}

static nalg_status push_vector(search *s, const block *b, const nalg_lift *lift, size_t first)
{
    nalg_law law = {.order = SIZE_MAX}; /* after those that follow from symmetries */
    fmpz_t common, c;
    bool ok = true;
    fmpz_init_set_ui(common, 1);
    fmpz_init(c);
    for (size_t j = 0; j < b->size; j++) fmpz_lcm(common, common, fmpq_denref(nalg_lift_value(lift, first + j)));
    for (size_t j = 0; j < b->size && ok; j++) {
        const fmpq *value = nalg_lift_value(lift, first + j);
        if (fmpq_is_zero(value)) continue;
        fmpz_divexact(c, common, fmpq_denref(value));
        fmpz_mul(c, c, fmpq_numref(value));
        ok = nalg_law_add(&law, &s->unknown[b->first + j].monomial, c);
    }
    fmpz_clear(common);
    fmpz_clear(c);
    if (!ok) {
        nalg_law_clear(&law);
        return nalg_fail_memory(s->ctx);
    }
    nalg_law_normalise(&law, s->names);
    return nalg_laws_push(s->ctx, &s->out->laws, &law);
}

/* The kernel over Q from its images; *lift is created. */
static nalg_status lift_kernel(search *s, nalg_lift **lift, const block *b, const nalg_kernel *first)
{
    nalg_status status = nalg_lift_create(s->ctx, lift, first->dimension * b->size);
    if (status == NALG_OK) status = nalg_lift_add(s->ctx, *lift, first->basis, s->at[0].prime);
    for (uint32_t t = 1; t < LIFT_PRIMES && status == NALG_OK && !nalg_lift_stable(*lift); t++) {
        nalg_kernel kernel = {0};
        status = block_kernel(s, &kernel, b, t);
        bool same = status == NALG_OK && kernel.dimension == first->dimension &&
                    !memcmp(kernel.free_cols, first->free_cols, first->dimension * sizeof *first->free_cols);
        if (same) status = nalg_lift_add(s->ctx, *lift, kernel.basis, s->at[t].prime);
        nalg_kernel_clear(&kernel);
    }
    if (status == NALG_OK && !nalg_lift_stable(*lift))
        status = nalg_fail(s->ctx, NALG_E_INTERNAL, NULL, "try another --seed", "the laws could not be lifted to rational coefficients");
    return status;
}

/* Known laws first, then those kernel vectors that they do not span. */
static nalg_status choose(search *s, const basis *a, const block *b, const nalg_kernel *kernel)
{
    size_t known = a->last - a->first;
    nalg_rank_profile profile = {0};
    nalg_lift *lift = NULL;
    nalg_status status = nalg_rank_word(s->ctx, &profile, a->column, b->size, a->candidates, a->candidates, s->at[0].prime);
    for (size_t k = 0; k < profile.rank && status == NALG_OK; k++) {
        size_t candidate = profile.pivot_cols[k];
        if (candidate < known) {
            status = nalg_laws_copy(s->ctx, &s->out->laws, &a->known->item[s->place[a->first + candidate].law]);
            s->out->proved++;
            continue;
        }
        if (!lift) status = lift_kernel(s, &lift, b, kernel);
        if (status == NALG_OK) status = push_vector(s, b, lift, (candidate - known) * b->size);
    }
    nalg_lift_free(lift);
    nalg_rank_profile_clear(&profile);
    return status;
}

/* ---- large classes: a rank is enough ---- */

static nalg_status fast_rank(search *s, size_t *rank, const block *b)
{
    samples *at = &s->fast;
    size_t rows = b->size + SPARE_ROWS;
    nalg_rank_profile profile = {0};
    nalg_status status = at->g ? NALG_OK : draw(s, at, s->out->rows, nalg_prime_fast(0, nalg_model_exponent(s->model)), FAST_TRIAL);
    double *matrix = status == NALG_OK ? nalg_array_aligned(rows * b->size, sizeof *matrix) : NULL;
    if (status == NALG_OK && !matrix) status = nalg_fail_memory(s->ctx);
    for (size_t i = 0; i < rows && status == NALG_OK; i++) {
        const uint64_t *w = at->w + i * s->parameters, *g = at->g + i * s->parameters;
        status = nalg_checkpoint(s->ctx);
        for (size_t j = 0; j < b->size; j++) matrix[i * b->size + j] = (double)derivative(&s->unknown[b->first + j].monomial, w, g, at->prime);
    }
    if (status == NALG_OK) status = nalg_rank_fast(s->ctx, &profile, matrix, rows, b->size, b->size, (uint32_t)at->prime);
    *rank = profile.rank;
    nalg_rank_profile_clear(&profile);
    free(matrix);
    return status;
}

/* *done when the known laws of the class are as many as its rank allows; they are then taken over. */
static nalg_status settle_by_rank(search *s, basis *a, const block *b, bool *done)
{
    nalg_rank_profile profile = {0};
    size_t rank = 0;
    *done = false;
    if (!nalg_prime_fast(0, nalg_model_exponent(s->model))) return NALG_OK;
    nalg_status status = fast_rank(s, &rank, b);
    a->candidates = a->last - a->first;
    a->column = status == NALG_OK ? nalg_array_zero(b->size * a->candidates, sizeof *a->column) : NULL;
    if (status == NALG_OK && !a->column) status = nalg_fail_memory(s->ctx);
    if (status == NALG_OK && fill_known(s, a, b, s->fast.prime))
        status = nalg_rank_word(s->ctx, &profile, a->column, b->size, a->candidates, a->candidates, s->fast.prime);
    free(a->column);
    a->column = NULL;
    *done = status == NALG_OK && profile.rank == b->size - rank;
    for (size_t k = 0; *done && k < profile.rank && status == NALG_OK; k++)
        status = nalg_laws_copy(s->ctx, &s->out->laws, &a->known->item[s->place[a->first + profile.pivot_cols[k]].law]);
    if (*done) {
        s->out->upper += profile.rank;
        s->out->proved += profile.rank;
        s->out->fast_prime = s->fast.prime;
    }
    nalg_rank_profile_clear(&profile);
    return status;
}

static nalg_status solve_block(search *s, const nalg_laws *known, size_t number, size_t *place)
{
    const block *b = &s->block[number];
    nalg_kernel kernel = {0};
    basis a = {.known = known, .first = *place};
    nalg_status status = NALG_OK;
    bool done = false;
    while (*place < s->places && s->place[*place].block == number) ++*place;
    a.last = *place;
    if (b->size >= RANK_FROM) status = settle_by_rank(s, &a, b, &done);
    if (done || status != NALG_OK) return status;
    if (b->size > KERNEL_LIMIT) return refuse(s, b->size, KERNEL_LIMIT);
    status = block_kernel(s, &kernel, b, 0);
    if (status == NALG_OK && kernel.dimension) {
        s->out->upper += kernel.dimension;
        a.candidates = a.last - a.first + kernel.dimension;
        a.column = nalg_array_zero(b->size * a.candidates, sizeof *a.column);
        if (!a.column) status = nalg_fail_memory(s->ctx);
        if (status == NALG_OK && !fill_known(s, &a, b, s->at[0].prime)) {
            a.last = a.first;
            a.candidates = kernel.dimension;
            memset(a.column, 0, b->size * a.candidates * sizeof *a.column);
        }
        for (size_t k = 0; status == NALG_OK && k < kernel.dimension; k++)
            for (size_t j = 0; j < b->size; j++) a.column[j * a.candidates + (a.last - a.first) + k] = kernel.basis[k * b->size + j];
        if (status == NALG_OK) status = choose(s, &a, b, &kernel);
        free(a.column);
    }
    nalg_kernel_clear(&kernel);
    return status;
}

/* Laws that are not identities by a symmetry, at fresh points modulo a fresh prime. */
static nalg_status check_laws(search *s)
{
    samples *at = &s->at[LIFT_PRIMES];
    nalg_law_search *out = s->out;
    if (out->proved == out->laws.count) return NALG_OK;
    nalg_status status = draw(s, at, CHECK_POINTS, prime_of(s, LIFT_PRIMES), CHECK_TRIAL);
    for (size_t k = 0; k < out->laws.count && status == NALG_OK; k++) {
        const nalg_law *law = &out->laws.item[k];
        for (size_t i = 0; i < CHECK_POINTS && status == NALG_OK && !law->proved; i++) {
            uint64_t sum = 0;
            for (size_t j = 0; j < law->terms; j++)
                sum = nalg_add_mod(sum, nalg_multiply_mod(fmpz_fdiv_ui(&law->coefficient[j], at->prime),
                                                          derivative(&law->monomial[j], at->w + i * s->parameters, at->g + i * s->parameters, at->prime),
                                                          at->prime), at->prime);
            if (sum) status = nalg_fail(s->ctx, NALG_E_INTERNAL, NULL, "try another --seed", "a law that was found fails at another point");
        }
    }
    out->check_prime = at->prime;
    out->check_points = CHECK_POINTS;
    size_t by_symmetry = out->proved;
    if (status == NALG_OK) status = nalg_laws_prove(s->ctx, &out->laws, &out->proved, s->model);
    out->on_grid = out->proved - by_symmetry;
    return status;
}

static nalg_status run(search *s, const nalg_laws *known)
{
    nalg_status status = make_blocks(s);
    size_t place = 0;
    if (status != NALG_OK) return status;
    s->out->rows = s->out->largest + SPARE_ROWS;
    s->out->prime = prime_of(s, 0);
    s->out->seed = nalg_ctx_seed(s->ctx);
    if (status == NALG_OK) status = place_known(s, known);
    for (size_t b = 0; b < s->out->blocks && status == NALG_OK; b++) {
        status = nalg_checkpoint(s->ctx);
        nalg_progress(s->ctx, "linear systems", b, s->out->blocks, NULL);
        if (status == NALG_OK) status = solve_block(s, known, b, &place);
    }
    nalg_laws_sort(&s->out->laws);
    return status == NALG_OK ? check_laws(s) : status;
}

nalg_status nalg_law_search_run(nalg_ctx *ctx, nalg_law_search *out, const nalg_model *model, const nalg_weight_names *names,
                                const nalg_laws *known, size_t degree)
{
    nalg_law_search result = {0};
    search s = {.ctx = ctx, .model = model, .names = names, .out = &result, .parameters = model->parameters, .degree = degree};
    nalg_status status = run(&s, known);
    for (size_t t = 0; t <= LIFT_PRIMES; t++) {
        free(s.at[t].w);
        free(s.at[t].g);
    }
    free(s.fast.w);
    free(s.fast.g);
    free(s.unknown);
    free(s.block);
    free(s.place);
    if (status == NALG_OK) *out = result;
    else nalg_law_search_clear(&result);
    return status;
}

void nalg_law_search_clear(nalg_law_search *s)
{
    nalg_laws_clear(&s->laws);
    *s = (nalg_law_search){0};
}
