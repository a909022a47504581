/* One degree at a time. The forms of degree k that vanish on X are the kernel of the matrix of all monomials
 * of degree k at random points of X. It splits into one matrix for each weight of the torus that acts on X.
 * Its rank, the Hilbert function, is the number of monomials that are no combination of earlier ones on X
 * (the standard monomials of a graded reverse lexicographic order). Their divisors are standard as well, so
 * only monomials with standard divisors are tried: little more than the rank itself (Macaulay's theorem).
 *
 * Within a block, multiples of equations of lower degree are
 * known beforehand: their leading monomials (the pivots of the multiples) are left out, and what the kernel
 * of the other columns holds is exactly a set of new minimal generators, in the one reduced form that this
 * choice of columns allows. That form has rational entries: it is lifted from its images modulo several
 * primes.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/equations_ideal.h"
#include <string.h>
#include "core/memory.h"
#include "core/threads.h"
#include "exact/elimination.h"
#include "exact/lift.h"
#include "field/prime.h"

#define SPARE_POINTS 8
#define TRIAL_FAST 1200
#define TRIAL_WORD 1300
/* Monomials of one degree, multiples of equations, and columns of one block. */
#define MONOMIAL_LIMIT 2e6
#define EXACT_LIMIT 1e15 /* numbers of monomials are exact as doubles below this */
#define MULTIPLE_LIMIT 2e7
#define BLOCK_LIMIT 20000
/* Share of the available memory for one matrix. */
#define MEMORY_SHARE 0.5
/* Matrices below this are allocated without asking the system what is left. */
#define SMALL_BYTES 3.2e7
/* Up to this many monomials the matrix without blocks confirms the rank. */
#define CONFIRM_LIMIT 2500
/* Entries from which a matrix is filled by all threads. */
#define PARALLEL_ENTRIES 65536

nalg_status nalg_ideal_init(nalg_ctx *ctx, nalg_ideal *out, const nalg_coordinates *c,
                            const nalg_closure_grading *g)
{
    *out = (nalg_ideal){.ctx = ctx, .coordinates = c, .grading = g, .variables = c->count + !g->cone};
    out->weight = nalg_array_zero(out->variables, sizeof *out->weight);
    if (!out->weight) return nalg_fail_memory(ctx);
    memcpy(out->weight, g->weight, c->count * sizeof *out->weight);
    uint64_t seed = nalg_ctx_seed(ctx);
    out->fast.point = (nalg_point){.prime = nalg_prime_fast(1, c->degree), .seed = seed, .trial = TRIAL_FAST};
    for (unsigned k = 0; k < NALG_LIFT_PRIMES; k++)
        out->word[k].point = (nalg_point){.seed = seed, .trial = TRIAL_WORD + k};
    if (!out->fast.point.prime)
        return nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller exponent",
                         "no prime of 23 bits exceeds the degree %u", c->degree);
    out->standard = (nalg_monomials){.variables = out->variables, .count = 1};
    return NALG_OK;
}

static void clear_equation(nalg_equation *e)
{
    for (size_t t = 0; e->coefficient && t < e->terms; t++) fmpz_clear(e->coefficient + t);
    free(e->coefficient);
    free(e->factor);
}

void nalg_ideal_clear(nalg_ideal *ideal)
{
    for (size_t i = 0; i < ideal->count; i++) clear_equation(&ideal->equation[i]);
    for (size_t k = 0; k < NALG_LIFT_PRIMES; k++) free(ideal->word[k].value);
    free(ideal->fast.value);
    free(ideal->fast.column);
    nalg_monomials_clear(&ideal->standard);
    free(ideal->equation);
    free(ideal->weight);
    *ideal = (nalg_ideal){0};
}

/* ---- points and matrices ---- */

static bool fits(double bytes)
{
    if (bytes < SMALL_BYTES) return true;
    size_t available = nalg_memory_available();
    return !available || bytes <= MEMORY_SHARE * (double)available;
}

/* The points by variables, as doubles. */
static nalg_status turn(nalg_ideal *ideal, nalg_point_set *set)
{
    double *column = nalg_array(set->points * ideal->variables, sizeof *column);
    if (!column) return nalg_fail_memory(ideal->ctx);
    for (size_t i = 0; i < set->points; i++)
        for (size_t x = 0; x < ideal->variables; x++)
            column[x * set->points + i] = (double)set->value[i * ideal->variables + x];
    free(set->column);
    set->column = column;
    return NALG_OK;
}

static nalg_status need_points(nalg_ideal *ideal, nalg_point_set *set, size_t points)
{
    const nalg_coordinates *c = ideal->coordinates;
    bool fast = set == &ideal->fast;
    if (set->points >= points) return NALG_OK;
    if (set->points) points += points / 2;
    if (fast) points = (points + NALG_POINT_TILE - 1) / NALG_POINT_TILE * NALG_POINT_TILE;
    size_t known = set->points, more = points - known;
    uint64_t *sampled = nalg_array(more * c->count, sizeof *sampled),
             *value = nalg_array(points * ideal->variables, sizeof *value);
    nalg_status status = sampled && value
                             ? nalg_coordinates_sample(ideal->ctx, sampled, c, &set->point, known, more)
                             : nalg_fail_memory(ideal->ctx);
    if (status == NALG_OK && known) memcpy(value, set->value, known * ideal->variables * sizeof *value);
    for (size_t i = 0; status == NALG_OK && i < more; i++) {
        uint64_t *row = value + (known + i) * ideal->variables;
        memcpy(row, sampled + i * c->count, c->count * sizeof *value);
        if (ideal->variables > c->count) row[c->count] = 1;
    }
    free(sampled);
    if (status != NALG_OK) {
        free(value);
        return status;
    }
    free(set->value);
    set->value = value;
    set->points = points;
    return fast ? turn(ideal, set) : NALG_OK;
}

/* Monomials at points: a matrix of rows points. */
typedef struct {
    const nalg_monomials *m;
    const size_t *column; /* monomials */
    size_t rows, columns, variables;
    const nalg_point_set *set;
    nmod_t mod;
    double *small;
    uint64_t *word;
} filling;

static void fill_row(const filling *f, size_t row)
{
    const uint64_t *value = f->set->value + row * f->variables;
    unsigned d = f->m->degree;
    for (size_t j = 0; j < f->columns; j++) {
        const uint16_t *factor = f->m->factor + f->column[j] * d;
        uint64_t product = value[factor[0]];
        for (unsigned k = 1; k < d; k++) product = nmod_mul(product, value[factor[k]], f->mod);
        f->word[row * f->columns + j] = product;
    }
}

/* x y mod p for x, y in [0, p), p < 2^23: the quotient is below 2^23 and its error below 1, every product is
 * exact. */
static inline double multiply_fast(double x, double y, double p, double inverse_p)
{
    double product = x * y, r = product - (double)(int32_t)(product * inverse_p) * p;
    r = r >= p ? r - p : r;
    return r < 0 ? r + p : r;
}

/* NALG_POINT_TILE rows, side by side in vectors. */
static void fill_tile(const filling *f, size_t first)
{
    const size_t points = f->set->points,
                 last = f->rows - first < NALG_POINT_TILE ? f->rows - first : NALG_POINT_TILE;
    const double p = (double)f->mod.n, inverse_p = 1.0 / p, *from = f->set->column + first;
    unsigned d = f->m->degree;
    double product[NALG_POINT_TILE];
    for (size_t j = 0; j < f->columns; j++) {
        const uint16_t *factor = f->m->factor + f->column[j] * d;
        memcpy(product, from + factor[0] * points, sizeof product);
        for (unsigned k = 1; k < d; k++) {
            const double *value = from + factor[k] * points;
            for (size_t i = 0; i < NALG_POINT_TILE; i++)
                product[i] = multiply_fast(product[i], value[i], p, inverse_p);
        }
        for (size_t i = 0; i < last; i++) f->small[(first + i) * f->columns + j] = product[i];
    }
}

static nalg_status fill_rows(void *user, size_t tile, int worker)
{
    const filling *f = user;
    size_t first = tile * NALG_POINT_TILE;
    (void)worker;
    if (f->small)
        fill_tile(f, first);
    else
        for (size_t i = first; i < first + NALG_POINT_TILE && i < f->rows; i++) fill_row(f, i);
    return NALG_OK;
}

static nalg_status fill(nalg_ideal *ideal, filling *f)
{
    size_t tiles = (f->rows + NALG_POINT_TILE - 1) / NALG_POINT_TILE;
    f->variables = ideal->variables;
    nmod_init(&f->mod, f->set->point.prime);
    if (f->rows * f->columns >= PARALLEL_ENTRIES) return nalg_parallel(ideal->ctx, tiles, fill_rows, f);
    for (size_t i = 0; i < tiles; i++) (void)fill_rows(f, i, 0);
    return NALG_OK;
}

/* Columns that are no combination of earlier ones: monomials at random points over the 23-bit prime. */
static nalg_status find_profile(nalg_ideal *ideal, nalg_rank_profile *profile, const nalg_monomials *m,
                                const size_t *column, size_t columns)
{
    size_t rows = columns + SPARE_POINTS;
    nalg_status status = need_points(ideal, &ideal->fast, rows);
    if (status != NALG_OK) return status;
    filling f = {.m = m,
                 .column = column,
                 .rows = rows,
                 .columns = columns,
                 .set = &ideal->fast,
                 .small = nalg_array_aligned(rows * columns, sizeof(double))};
    status = f.small ? fill(ideal, &f) : nalg_fail_memory(ideal->ctx);
    if (status == NALG_OK)
        status = nalg_rank_fast(ideal->ctx, profile, f.small, rows, columns, columns,
                                (uint32_t)ideal->fast.point.prime);
    free(f.small);
    return status;
}

/* ---- multiples of equations of lower degree ---- */

typedef struct {
    uint64_t weight;
    uint32_t equation, multiplier; /* the multiplier among the monomials of the degree that is missing */
} multiple;

typedef struct {
    multiple *list;
    size_t count;
    nalg_monomials by_degree[NALG_EQUATIONS_DEGREE_LIMIT + 1]; /* multipliers; degree 0 is unused */
} multiples;

static int compare_multiples(const void *x, const void *y)
{
    const multiple *a = x, *b = y;
    if (a->weight != b->weight) return a->weight < b->weight ? -1 : 1;
    if (a->equation != b->equation) return a->equation < b->equation ? -1 : 1;
    return a->multiplier < b->multiplier ? -1 : a->multiplier > b->multiplier;
}

static void clear_multiples(multiples *s)
{
    for (size_t d = 0; d <= NALG_EQUATIONS_DEGREE_LIMIT; d++) nalg_monomials_clear(&s->by_degree[d]);
    free(s->list);
}

static nalg_status list_multiples(nalg_ideal *ideal, multiples *s, unsigned degree)
{
    uint64_t p = ideal->grading->prime;
    double total = 0;
    for (size_t e = 0; e < ideal->count; e++)
        total += nalg_monomials_number(ideal->variables, degree - ideal->equation[e].degree);
    if (total > MULTIPLE_LIMIT)
        return nalg_fail(ideal->ctx, NALG_E_LIMIT, "degree", "use a smaller --degree",
                         "degree %u needs %.0f multiples of the equations of lower degree", degree, total);
    s->list = nalg_array((size_t)total, sizeof *s->list);
    if (!s->list) return nalg_fail_memory(ideal->ctx);
    for (size_t e = 0; e < ideal->count; e++) {
        unsigned missing = degree - ideal->equation[e].degree;
        nalg_monomials *m = &s->by_degree[missing];
        if (!m->count) {
            nalg_status status =
                nalg_monomials_create(ideal->ctx, m, ideal->variables, missing, ideal->weight, p);
            if (status != NALG_OK) return status;
        }
        for (size_t i = 0; i < m->count; i++)
            s->list[s->count++] = (multiple){nalg_add_mod(m->weight[i], ideal->equation[e].weight, p),
                                             (uint32_t)e, (uint32_t)i};
    }
    qsort(s->list, s->count, sizeof *s->list, compare_multiples);
    return NALG_OK;
}

/* The multiples of one weight as rows modulo the fast prime. */
static void write_multiples(const nalg_ideal *ideal, double *row, const nalg_monomials *m, size_t columns,
                            const multiples *s, const multiple *first, size_t rows)
{
    uint16_t product[NALG_EQUATIONS_DEGREE_LIMIT];
    for (size_t r = 0; r < rows; r++, row += columns) {
        const nalg_equation *e = &ideal->equation[first[r].equation];
        unsigned missing = m->degree - e->degree;
        const uint16_t *multiplier = s->by_degree[missing].factor + (size_t)first[r].multiplier * missing;
        for (size_t t = 0; t < e->terms; t++) {
            nalg_monomials_multiply(product, multiplier, missing, e->factor + t * e->degree, e->degree);
            row[m->place[nalg_monomials_find(m, product)]] =
                (double)fmpz_fdiv_ui(e->coefficient + t, ideal->fast.point.prime);
        }
    }
}

/* Columns of a block that are no pivots of the multiples: into column (monomials), *columns. */
static nalg_status normal_columns(nalg_ideal *ideal, size_t *column, size_t *columns, const nalg_monomials *m,
                                  size_t block, const multiples *s, size_t *at)
{
    const size_t *member = m->member + m->block[block];
    size_t size = m->block[block + 1] - m->block[block], rows = 0;
    uint64_t weight = m->weight[member[0]];
    while (*at < s->count && s->list[*at].weight < weight) ++*at;
    while (*at + rows < s->count && s->list[*at + rows].weight == weight) rows++;
    nalg_rank_profile profile = {0};
    nalg_status status = NALG_OK;
    if (rows) {
        double *matrix = fits((double)rows * (double)size * sizeof *matrix)
                             ? nalg_array_zero(rows * size, sizeof *matrix)
                             : NULL;
        if (!matrix) return nalg_fail_memory(ideal->ctx);
        write_multiples(ideal, matrix, m, size, s, s->list + *at, rows);
        status =
            nalg_rank_fast(ideal->ctx, &profile, matrix, rows, size, size, (uint32_t)ideal->fast.point.prime);
        free(matrix);
    }
    *columns = 0;
    for (size_t j = 0, k = 0; status == NALG_OK && j < size; j++)
        if (k < profile.rank && profile.pivot_cols[k] == j)
            k++;
        else
            column[(*columns)++] = member[j];
    nalg_rank_profile_clear(&profile);
    *at += rows;
    return status;
}

/* ---- new equations ---- */

static nalg_status kernel_modulo(nalg_ideal *ideal, nalg_kernel *kernel, const nalg_monomials *m,
                                 const size_t *column, size_t columns, unsigned k)
{
    nalg_point_set *set = &ideal->word[k];
    size_t rows = columns + SPARE_POINTS;
    if (!set->point.prime) set->point.prime = nalg_prime_word(k, ideal->coordinates->degree);
    nalg_status status = need_points(ideal, set, rows);
    if (status != NALG_OK) return status;
    filling f = {.m = m,
                 .column = column,
                 .rows = rows,
                 .columns = columns,
                 .set = set,
                 .word = nalg_array(rows * columns, sizeof(uint64_t))};
    status = f.word ? fill(ideal, &f) : nalg_fail_memory(ideal->ctx);
    if (status == NALG_OK)
        status = nalg_kernel_word(ideal->ctx, kernel, f.word, rows, columns, columns, set->point.prime);
    free(f.word);
    return status;
}

/* The lifted basis of one block. */
typedef struct {
    nalg_lift *lift;
    size_t dimension, columns;
    size_t *free_cols;
} lifted;

static void clear_lifted(lifted *l)
{
    nalg_lift_free(l->lift);
    free(l->free_cols);
    *l = (lifted){0};
}

/* Take the first kernel's form; drop it for one of smaller dimension (then its prime was bad); ignore kernels
 * of another form. */
static nalg_status add_kernel(nalg_ideal *ideal, lifted *l, const nalg_kernel *kernel, uint64_t p)
{
    size_t bytes = kernel->dimension * sizeof *l->free_cols;
    if (l->lift && kernel->dimension < l->dimension) clear_lifted(l);
    if (!l->lift) {
        *l = (lifted){.dimension = kernel->dimension,
                      .columns = kernel->cols,
                      .free_cols = nalg_array(kernel->dimension, sizeof *l->free_cols)};
        if (!l->free_cols) return nalg_fail_memory(ideal->ctx);
        if (bytes) memcpy(l->free_cols, kernel->free_cols, bytes);
        nalg_status status = nalg_lift_create(ideal->ctx, &l->lift, kernel->dimension * kernel->cols);
        if (status != NALG_OK) return status;
    }
    if (kernel->dimension != l->dimension || (bytes && memcmp(kernel->free_cols, l->free_cols, bytes)))
        return NALG_OK;
    return nalg_lift_add(ideal->ctx, l->lift, kernel->basis, p);
}

static nalg_status lift_kernel(nalg_ideal *ideal, lifted *l, const nalg_monomials *m, const size_t *column,
                               size_t columns)
{
    for (unsigned k = 0; k < NALG_LIFT_PRIMES; k++) {
        nalg_kernel kernel = {0};
        nalg_status status = kernel_modulo(ideal, &kernel, m, column, columns, k);
        if (status == NALG_OK) status = add_kernel(ideal, l, &kernel, ideal->word[k].point.prime);
        nalg_kernel_clear(&kernel);
        if (status != NALG_OK) return status;
        if (k + 1 > ideal->primes_used) ideal->primes_used = k + 1;
        if (l->dimension == 0 || nalg_lift_stable(l->lift)) return NALG_OK;
    }
    return nalg_fail(ideal->ctx, NALG_E_LIMIT, NULL, "use a smaller --degree",
                     "the coefficients of an equation of degree %u have more than %d digits", m->degree,
                     NALG_LIFT_PRIMES * 9);
}

/* Row of the lifted basis as an equation: common denominator cleared, content removed, first coefficient
 * positive. */
static nalg_status write_equation(nalg_ideal *ideal, const lifted *l, size_t row, const nalg_monomials *m,
                                  const size_t *column)
{
    if (!nalg_grow((void **)&ideal->equation, &ideal->capacity, ideal->count, sizeof *ideal->equation))
        return nalg_fail_memory(ideal->ctx);
    nalg_equation e = {.degree = m->degree, .weight = m->weight[column[0]]};
    const size_t first = row * l->columns;
    for (size_t j = 0; j < l->columns; j++) e.terms += !fmpq_is_zero(nalg_lift_value(l->lift, first + j));
    e.factor = nalg_array(e.terms * m->degree, sizeof *e.factor);
    e.coefficient = nalg_array_zero(e.terms, sizeof *e.coefficient);
    if (!e.factor || !e.coefficient) {
        clear_equation(&e);
        return nalg_fail_memory(ideal->ctx);
    }
    fmpz_t common, content;
    fmpz_init_set_ui(common, 1);
    fmpz_init(content);
    for (size_t j = 0; j < l->columns; j++)
        fmpz_lcm(common, common, fmpq_denref(nalg_lift_value(l->lift, first + j)));
    for (size_t j = 0, t = 0; j < l->columns; j++) {
        const fmpq *value = nalg_lift_value(l->lift, first + j);
        if (fmpq_is_zero(value)) continue;
        memcpy(e.factor + t * m->degree, m->factor + column[j] * m->degree, m->degree * sizeof *e.factor);
        fmpz_divexact(e.coefficient + t, common, fmpq_denref(value));
        fmpz_mul(e.coefficient + t, e.coefficient + t, fmpq_numref(value));
        fmpz_gcd(content, content, e.coefficient + t);
        t++;
    }
    if (fmpz_sgn(e.coefficient) < 0) fmpz_neg(content, content);
    for (size_t t = 0; t < e.terms; t++) fmpz_divexact(e.coefficient + t, e.coefficient + t, content);
    fmpz_clear(common);
    fmpz_clear(content);
    ideal->equation[ideal->count++] = e;
    return NALG_OK;
}

static nalg_status find_equations(nalg_ideal *ideal, size_t *nullity, const nalg_monomials *m,
                                  const size_t *column, size_t columns)
{
    lifted l = {0};
    nalg_status status = lift_kernel(ideal, &l, m, column, columns);
    *nullity = l.dimension;
    for (size_t i = 0; i < l.dimension && status == NALG_OK; i++)
        status = write_equation(ideal, &l, i, m, column);
    clear_lifted(&l);
    return status;
}

/* ---- one degree ---- */

/* What is worked with in one degree. */
typedef struct {
    const nalg_monomials *tried; /* with standard divisors */
    const nalg_monomials *all;   /* NULL: only count */
    bool *standard;              /* of those tried */
    multiples multiples;
    size_t multiple, tried_block; /* how far the lists are read; all are sorted by weight */
} degree_work;

/* Standard monomials among those tried of one block. */
static nalg_status mark_standard(nalg_ideal *ideal, degree_work *w, size_t block, size_t *rank)
{
    const size_t *member = w->tried->member + w->tried->block[block];
    nalg_rank_profile profile = {0};
    nalg_status status =
        find_profile(ideal, &profile, w->tried, member, w->tried->block[block + 1] - w->tried->block[block]);
    for (size_t k = 0; status == NALG_OK && k < profile.rank; k++)
        w->standard[member[profile.pivot_cols[k]]] = true;
    *rank = profile.rank;
    nalg_rank_profile_clear(&profile);
    return status;
}

/* New equations among all monomials of a block, given the rank found. When the rank modulo another prime is
 * larger, everything tried counts as standard: a list that is too long costs time, no more. */
static nalg_status search_block(nalg_ideal *ideal, nalg_degree_data *d, degree_work *w, size_t block,
                                size_t tried, size_t *rank)
{
    const nalg_monomials *m = w->all;
    size_t columns = 0, nullity = 0,
           *column = nalg_array(m->block[block + 1] - m->block[block], sizeof *column);
    nalg_status status = column
                             ? normal_columns(ideal, column, &columns, m, block, &w->multiples, &w->multiple)
                             : nalg_fail_memory(ideal->ctx);
    if (status == NALG_OK && columns > *rank) status = find_equations(ideal, &nullity, m, column, columns);
    if (status == NALG_OK && columns - nullity > *rank) {
        *rank = columns - nullity;
        for (size_t i = tried; i < w->tried->blocks && i == tried; i++)
            for (size_t k = w->tried->block[i]; k < w->tried->block[i + 1]; k++)
                w->standard[w->tried->member[k]] = true;
    }
    d->generators += nullity;
    free(column);
    return status;
}

/* One block of all monomials: the block of the same weight among those tried, when there is one, and the
 * equations. */
static nalg_status run_block(nalg_ideal *ideal, nalg_degree_data *d, degree_work *w, size_t block)
{
    const nalg_monomials *m = w->all;
    size_t size = m->block[block + 1] - m->block[block], rank = 0, tried = SIZE_MAX;
    nalg_status status = NALG_OK;
    if (w->tried_block < w->tried->blocks &&
        w->tried->weight[w->tried->member[w->tried->block[w->tried_block]]] ==
            m->weight[m->member[m->block[block]]]) {
        tried = w->tried_block++;
        status = mark_standard(ideal, w, tried, &rank);
    }
    if (status == NALG_OK && rank < size) status = search_block(ideal, d, w, block, tried, &rank);
    d->hilbert += rank;
    return status;
}

/* New equations of one degree in the order of their first monomials, not of their weights. */
static int compare_equations(const void *x, const void *y)
{
    const nalg_equation *a = x, *b = y;
    for (size_t t = 0; t < a->terms && t < b->terms; t++)
        for (unsigned k = 0; k < a->degree; k++) {
            uint16_t u = a->factor[t * a->degree + k], v = b->factor[t * b->degree + k];
            if (u != v) return u < v ? -1 : 1;
        }
    return a->terms < b->terms ? -1 : a->terms > b->terms;
}

static nalg_status run_blocks(nalg_ideal *ideal, nalg_degree_data *d, degree_work *w)
{
    const char *phase = w->all ? "equations" : "Hilbert function";
    nalg_status status = w->all ? list_multiples(ideal, &w->multiples, w->all->degree) : NALG_OK;
    for (size_t b = 0, blocks = w->all ? w->all->blocks : w->tried->blocks; b < blocks && status == NALG_OK;
         b++) {
        size_t rank = 0;
        nalg_progress(ideal->ctx, phase, b, blocks, NULL);
        if (w->all)
            status = run_block(ideal, d, w, b);
        else
            status = mark_standard(ideal, w, b, &rank);
        if (!w->all) d->hilbert += rank;
        if (status == NALG_OK) status = nalg_checkpoint(ideal->ctx);
    }
    clear_multiples(&w->multiples);
    return status;
}

/* Standard monomials of all blocks together: their rank bounds the Hilbert function from below without the
 * splitting. */
static nalg_status confirm(nalg_ideal *ideal, nalg_degree_data *d)
{
    size_t count = ideal->standard.count, *column = nalg_array(count, sizeof *column);
    nalg_rank_profile profile = {0};
    if (!column) return nalg_fail_memory(ideal->ctx);
    for (size_t i = 0; i < count; i++) column[i] = i;
    nalg_status status = find_profile(ideal, &profile, &ideal->standard, column, count);
    d->proved_lower = status == NALG_OK && profile.rank == d->hilbert;
    nalg_rank_profile_clear(&profile);
    free(column);
    return status;
}

static nalg_status run_degree(nalg_ideal *ideal, nalg_degree_data *d, const nalg_monomials *tried,
                              const nalg_monomials *all)
{
    degree_work w = {
        .tried = tried, .all = all, .standard = nalg_array_zero(tried->count, sizeof *w.standard)};
    nalg_monomials standard = {0};
    size_t before = ideal->count;
    nalg_status status = w.standard ? run_blocks(ideal, d, &w) : nalg_fail_memory(ideal->ctx);
    if (status == NALG_OK) status = nalg_monomials_keep(ideal->ctx, &standard, tried, w.standard);
    free(w.standard);
    if (status != NALG_OK) return status;
    nalg_monomials_clear(&ideal->standard);
    ideal->standard = standard;
    if (ideal->count > before)
        qsort(ideal->equation + before, ideal->count - before, sizeof *ideal->equation, compare_equations);
    d->proved_lower = tried->blocks == 1;
    return all && tried->blocks > 1 && standard.count <= CONFIRM_LIMIT ? confirm(ideal, d) : NALG_OK;
}

static double work_of(const nalg_monomials *m)
{
    double work = 0;
    for (size_t b = 0; b < m->blocks; b++) {
        double size = (double)(m->block[b + 1] - m->block[b]);
        work += size * size * size;
    }
    return work;
}

static nalg_status check_size(nalg_ideal *ideal, const nalg_monomials *m)
{
    double bytes = (double)m->largest * (double)m->largest * 3 * sizeof(double);
    if (m->largest <= BLOCK_LIMIT && fits(bytes)) return NALG_OK;
    return nalg_fail(ideal->ctx, NALG_E_LIMIT, "degree", "use a smaller --degree or a smaller model",
                     "degree %u has %zu monomials, %zu of them in one block", m->degree, m->count,
                     m->largest);
}

/* X is the whole space: its coordinates are independent, and so are their monomials. */
static bool fills(const nalg_ideal *ideal)
{
    return ideal->grading->dimension + !ideal->grading->cone == ideal->variables;
}

nalg_status nalg_ideal_next(nalg_ideal *ideal, bool equations, double most_work, bool *done)
{
    unsigned degree = ideal->degrees + 1;
    nalg_monomials tried = {0};
    nalg_degree_data d = {0};
    double number = nalg_monomials_number(ideal->variables, degree);
    *done = false;
    if (degree <= NALG_EQUATIONS_DEGREE_LIMIT && number < EXACT_LIMIT && fills(ideal)) {
        ideal->degree[degree] = (nalg_degree_data){.hilbert = (size_t)(number + 0.5),
                                                   .blocks = (size_t)(number + 0.5),
                                                   .largest = 1,
                                                   .proved_lower = true};
        ideal->degrees = degree;
        *done = true;
        return NALG_OK;
    }
    if (degree > NALG_EQUATIONS_DEGREE_LIMIT) return NALG_OK;
    if (equations && number > MONOMIAL_LIMIT)
        return nalg_fail(ideal->ctx, NALG_E_LIMIT, "degree", "use a smaller --degree or a smaller model",
                         "there are %.0f monomials of degree %u in %zu coordinates", number, degree,
                         ideal->variables);
    nalg_monomials all = {0};
    nalg_status status =
        nalg_monomials_extend(ideal->ctx, &tried, &ideal->standard, ideal->weight, ideal->grading->prime);
    if (status == NALG_OK && equations)
        status = nalg_monomials_create(ideal->ctx, &all, ideal->variables, degree, ideal->weight,
                                       ideal->grading->prime);
    if (status == NALG_OK && (most_work <= 0 || work_of(&tried) <= most_work)) {
        const nalg_monomials *largest = equations ? &all : &tried;
        d.blocks = largest->blocks;
        d.largest = largest->largest;
        status = check_size(ideal, largest);
        if (status == NALG_OK) status = run_degree(ideal, &d, &tried, equations ? &all : NULL);
        if (status == NALG_OK) {
            d.forms = number < EXACT_LIMIT ? (size_t)(number + 0.5) - d.hilbert : 0;
            ideal->degree[degree] = d;
            ideal->degrees = degree;
            *done = true;
        }
    }
    nalg_monomials_clear(&tried);
    nalg_monomials_clear(&all);
    return status;
}
