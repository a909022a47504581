/* Let g_1..g_r be the coefficients of f_w - f* as polynomials in v = w - w*; the loss is, up to constants, the sum of their squares.
 * 1. Every g_i lies in the ideal of all monomials that occur in them, so the loss is at most a constant times the sum of the squares of these
 *    monomials, and lambda is at most that of the monomials: the linear program
 *        lambda = 1/2 min sum(u)  subject to  <alpha, u> >= 1 for all exponents alpha, u >= 0,    m = 1 + dimension of the optimal face.
 * 2. Equality holds when the ideal is non-degenerate: for no weight vector u > 0 do the initial forms of those g_i that attain the least order
 *    have a common zero with all coordinates different from zero (Saia 1996; Lin 2011). Proved here by showing that for every u > 0 some g_i
 *    attains the least order with a single monomial: a search over ties, each case refuted by a linear program over the rationals.
 * 3. When all g_i are quasi-homogeneous for one positive weight vector, the flow of the scalings carries every zero of the loss into each
 *    neighbourhood of the origin, so no other zero has a smaller lambda.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/rlct_newton.h"
#include <string.h>
#include "core/memory.h"
#include "exact/linear_program.h"
#include "graph/expand.h"

#define WEIGHT_LIMIT 30
#define TERM_LIMIT 160
#define CASE_LIMIT 400 /* linear programs of the search */

typedef struct {
    nalg_ctx *ctx;
    size_t weights, inputs;
    ulong *exponent;    /* terms x weights */
    size_t *generator;  /* of each term; increasing */
    size_t terms, generators;
    fmpq_mat_t rows, bounds, objective, x;
    bool *equal;
    size_t row_count, cases;
    bool constant;
} newton;

static fmpq *entry(const fmpq_mat_struct *m, size_t i, size_t j)
{
    return fmpq_mat_entry(m, (slong)i, (slong)j);
}

static const ulong *term(const newton *n, size_t t)
{
    return n->exponent + t * n->weights;
}

/* ---- the polynomials ---- */

/* Terms of one output; those of the same monomial in the inputs are neighbours. False: too many. */
static bool collect(newton *n, const fmpq_mpoly_struct *f, const fmpq_mpoly_ctx_t ring)
{
    ulong all[2 * WEIGHT_LIMIT + 64], last[2 * WEIGHT_LIMIT + 64];
    slong length = fmpq_mpoly_length(f, ring);
    for (slong i = 0; i < length; i++) {
        fmpq_mpoly_get_term_exp_ui(all, f, i, ring);
        if (n->terms == TERM_LIMIT) return false;
        if (!i || memcmp(all, last, n->inputs * sizeof *all)) n->generators++;
        memcpy(last, all, n->inputs * sizeof *all);
        bool constant = true;
        for (size_t j = 0; j < n->weights; j++) constant = constant && all[n->inputs + j] == 0;
        n->constant = n->constant || constant;
        if (constant) continue; /* the value at the weights themselves: taken away */
        memcpy(n->exponent + n->terms * n->weights, all + n->inputs, n->weights * sizeof *all);
        n->generator[n->terms++] = n->generators - 1;
    }
    return true;
}

/* Numbers of generators without gaps (some had a constant only). */
static void renumber(newton *n)
{
    size_t count = 0;
    for (size_t t = 0, previous = 0; t < n->terms; t++) {
        size_t mine = n->generator[t];
        count += t == 0 || mine != previous;
        previous = mine;
        n->generator[t] = count - 1;
    }
    n->generators = count;
}

static nalg_status expand(newton *n, bool *found, const nalg_model *model, const nalg_weights *at)
{
    nalg_graph g;
    fmpq_mpoly_ctx_t ring;
    int output;
    size_t outputs = nalg_shape_size(&model->layers->out);
    nalg_graph_init(&g);
    fmpq_mpoly_ctx_init(ring, (slong)(n->inputs + n->weights), ORD_LEX);
    fmpq_mpoly_struct *x = nalg_expansion_array(n->inputs, ring), *w = nalg_expansion_array(n->weights, ring), *f = nalg_expansion_array(outputs, ring);
    const fmpq_mpoly_struct *slots[] = {x};
    nalg_expansion e = {.ring = ring, .parameter = w, .input = slots};
    nalg_status status = x && w && f ? nalg_model_lower(n->ctx, model, &g, &output) : nalg_fail_memory(n->ctx);
    for (size_t i = 0; status == NALG_OK && i < n->inputs; i++) fmpq_mpoly_gen(x + i, (slong)i, ring);
    for (size_t i = 0; status == NALG_OK && i < n->weights; i++) {
        fmpq_mpoly_gen(w + i, (slong)(n->inputs + i), ring);
        if (at) fmpq_mpoly_add_fmpq(w + i, w + i, &at->value[i], ring);
    }
    if (status == NALG_OK) status = nalg_expansion_check(n->ctx, &g, output);
    if (status == NALG_OK) status = nalg_graph_expand(n->ctx, f, &g, output, &e);
    *found = status == NALG_OK;
    for (size_t o = 0; *found && o < outputs; o++) *found = collect(n, f + o, ring);
    if (status == NALG_E_LIMIT || status == NALG_E_UNSUPPORTED) status = NALG_OK; /* not for this model */
    nalg_expansion_array_free(x, n->inputs, ring);
    nalg_expansion_array_free(w, n->weights, ring);
    nalg_expansion_array_free(f, outputs, ring);
    fmpq_mpoly_ctx_clear(ring);
    nalg_graph_clear(&g);
    renumber(n);
    return status;
}

/* ---- programs ---- */

/* Variables of the programs: u (weights of them), then a margin. */
static void clear_rows(newton *n)
{
    n->row_count = 0;
}

static void add_row(newton *n, const ulong *exponent, long margin, long bound, bool equal)
{
    for (size_t j = 0; j < n->weights; j++) fmpq_set_si(entry(n->rows, n->row_count, j), exponent ? (slong)exponent[j] : 0, 1);
    fmpq_set_si(entry(n->rows, n->row_count, n->weights), margin, 1);
    fmpq_set_si(entry(n->bounds, n->row_count, 0), bound, 1);
    n->equal[n->row_count++] = equal;
}

static nalg_status maximise(newton *n, nalg_program_outcome *outcome)
{
    fmpq_mat_t rows, bounds;
    fmpq_mat_window_init(rows, n->rows, 0, 0, (slong)n->row_count, (slong)n->weights + 1);
    fmpq_mat_window_init(bounds, n->bounds, 0, 0, (slong)n->row_count, 1);
    nalg_status status = nalg_program_maximum(n->ctx, outcome, n->x, rows, bounds, n->equal, n->objective);
    fmpq_mat_window_clear(rows);
    fmpq_mat_window_clear(bounds);
    return status;
}

static void order_of(fmpq_t out, const newton *n, size_t t)
{
    fmpq_t part;
    fmpq_init(part);
    fmpq_zero(out);
    for (size_t j = 0; j < n->weights; j++) {
        fmpq_mul_ui(part, entry(n->x, 0, j), term(n, t)[j]);
        fmpq_add(out, out, part);
    }
    fmpq_clear(part);
}

/* lambda = 1/2 min sum u; x keeps an optimum. */
static nalg_status least_sum(newton *n, fmpq_t lambda)
{
    nalg_program_outcome outcome;
    clear_rows(n);
    for (size_t t = 0; t < n->terms; t++) add_row(n, term(n, t), 0, 1, false);
    fmpq_mat_zero(n->objective);
    for (size_t j = 0; j < n->weights; j++) fmpq_set_si(entry(n->objective, 0, j), -1, 1);
    nalg_status status = maximise(n, &outcome);
    fmpq_zero(lambda);
    for (size_t j = 0; j < n->weights; j++) fmpq_add(lambda, lambda, entry(n->x, 0, j));
    fmpq_div_2exp(lambda, lambda, 1);
    return status == NALG_OK && outcome != NALG_PROGRAM_OPTIMAL ? nalg_fail(n->ctx, NALG_E_INTERNAL, NULL, NULL, "a bounded program has no optimum") : status;
}

/* Slack of inequality i (terms first, then u_j >= 0) at x. */
static void slack_of(fmpq_t out, const newton *n, size_t i)
{
    if (i >= n->terms) {
        fmpq_set(out, entry(n->x, 0, i - n->terms));
        return;
    }
    order_of(out, n, i);
    fmpq_sub_si(out, out, 1);
}

static void mark_slack(const newton *n, bool *loose)
{
    fmpq_t slack;
    fmpq_init(slack);
    for (size_t i = 0; i < n->terms + n->weights; i++) {
        slack_of(slack, n, i);
        loose[i] = loose[i] || fmpq_sgn(slack) > 0;
    }
    fmpq_clear(slack);
}

/* Dimension of the optimal face: weights minus the rank of the equations that hold on all of it. */
static slong face_dimension(const newton *n, const bool *loose)
{
    fmpq_mat_t tight;
    slong rank;
    fmpq_mat_init(tight, (slong)(n->terms + n->weights + 1), (slong)n->weights);
    for (size_t j = 0; j < n->weights; j++) fmpq_one(entry(tight, n->terms + n->weights, j));
    for (size_t t = 0; t < n->terms; t++)
        for (size_t j = 0; !loose[t] && j < n->weights; j++) fmpq_set_si(entry(tight, t, j), (slong)term(n, t)[j], 1);
    for (size_t j = 0; j < n->weights; j++)
        if (!loose[n->terms + j]) fmpq_one(entry(tight, n->terms + j, j));
    rank = fmpq_mat_rref(tight, tight);
    fmpq_mat_clear(tight);
    return (slong)n->weights - rank;
}

static nalg_status optimal_face(newton *n, uint64_t *multiplicity, const fmpq_t lambda)
{
    nalg_program_outcome outcome;
    ulong ones[WEIGHT_LIMIT];
    bool *loose = nalg_array_zero(n->terms + n->weights, sizeof *loose);
    nalg_status status = loose ? NALG_OK : nalg_fail_memory(n->ctx);
    for (size_t j = 0; j < n->weights; j++) ones[j] = 1;
    if (status == NALG_OK) mark_slack(n, loose);
    add_row(n, ones, 0, 0, true);
    fmpq_mul_2exp(entry(n->bounds, n->row_count - 1, 0), lambda, 1);
    for (size_t i = 0; status == NALG_OK && i < n->terms + n->weights; i++) { /* can this inequality be loose on the face? */
        if (loose[i]) continue;
        fmpq_mat_zero(n->objective);
        for (size_t j = 0; j < n->weights; j++)
            fmpq_set_si(entry(n->objective, 0, j), i < n->terms ? (slong)term(n, i)[j] : i - n->terms == j, 1);
        status = maximise(n, &outcome);
        if (status == NALG_OK) mark_slack(n, loose);
    }
    if (status == NALG_OK) *multiplicity = (uint64_t)face_dimension(n, loose) + 1;
    free(loose);
    return status;
}

/* Positive weights for which all terms of every generator have the same order. */
static nalg_status check_homogeneous(newton *n, bool *homogeneous)
{
    nalg_program_outcome outcome;
    clear_rows(n);
    ulong unit[WEIGHT_LIMIT] = {0};
    for (size_t j = 0; j < n->weights; j++) {
        unit[j] = 1;
        add_row(n, unit, 0, 1, false);
        unit[j] = 0;
    }
    for (size_t t = 1; t < n->terms; t++) {
        if (n->generator[t] != n->generator[t - 1]) continue;
        add_row(n, term(n, t), 0, 0, true);
        for (size_t j = 0; j < n->weights; j++)
            fmpq_sub_si(entry(n->rows, n->row_count - 1, j), entry(n->rows, n->row_count - 1, j), (slong)term(n, t - 1)[j]);
    }
    fmpq_mat_zero(n->objective);
    nalg_status status = maximise(n, &outcome);
    *homogeneous = status == NALG_OK && outcome == NALG_PROGRAM_OPTIMAL;
    return status;
}

/* ---- non-degeneracy ---- */

/* A case of the search: term t has order exactly 1 (TIED), above 1 (ABOVE), or at least 1 (OPEN). */
enum { OPEN, TIED, ABOVE };

/* The largest margin by which u > 0 and the strict orders can hold; x keeps u. */
static nalg_status case_is_possible(newton *n, const unsigned char *state, bool *possible)
{
    nalg_program_outcome outcome;
    ulong unit[WEIGHT_LIMIT] = {0};
    clear_rows(n);
    for (size_t j = 0; j < n->weights; j++) {
        unit[j] = 1;
        add_row(n, unit, -1, 0, false);
        unit[j] = 0;
    }
    for (size_t t = 0; t < n->terms; t++) add_row(n, term(n, t), state[t] == ABOVE ? -1 : 0, 1, state[t] == TIED);
    add_row(n, NULL, -1, -1, false); /* margin at most 1 */
    fmpq_mat_zero(n->objective);
    fmpq_one(entry(n->objective, 0, n->weights));
    n->cases++;
    nalg_status status = maximise(n, &outcome);
    *possible = status == NALG_OK && outcome == NALG_PROGRAM_OPTIMAL && fmpq_sgn(entry(n->x, 0, n->weights)) > 0;
    return status;
}

/* A generator whose initial form at x is a single monomial of order 1 that is not yet excluded by its state; terms if none. */
static size_t lone_generator(const newton *n)
{
    fmpq_t order;
    size_t result = n->generators;
    fmpq_init(order);
    for (size_t g = 0, t = 0; g < n->generators; g++) {
        size_t ties = 0;
        for (; t < n->terms && n->generator[t] == g; t++) {
            order_of(order, n, t);
            ties += fmpq_is_one(order) != 0;
        }
        if (ties == 1 && result == n->generators) result = g;
    }
    fmpq_clear(order);
    return result;
}

static nalg_status search(newton *n, unsigned char *state, bool *degenerate);

/* Generator g ties in two of its terms, or is above order 1 altogether. */
static nalg_status branch(newton *n, unsigned char *state, size_t g, bool *degenerate)
{
    size_t first = 0, end;
    unsigned char saved[TERM_LIMIT];
    nalg_status status = NALG_OK;
    while (n->generator[first] != g) first++;
    for (end = first; end < n->terms && n->generator[end] == g; end++) saved[end] = state[end];
    for (size_t s = first; s < end && status == NALG_OK && !*degenerate; s++)
        for (size_t t = s + 1; t < end && status == NALG_OK && !*degenerate; t++) {
            if (saved[s] == ABOVE || saved[t] == ABOVE) continue;
            state[s] = state[t] = TIED;
            status = search(n, state, degenerate);
            state[s] = saved[s];
            state[t] = saved[t];
        }
    bool tied = false;
    for (size_t t = first; t < end; t++) tied = tied || saved[t] == TIED;
    if (!tied && status == NALG_OK && !*degenerate) {
        for (size_t t = first; t < end; t++) state[t] = ABOVE;
        status = search(n, state, degenerate);
    }
    for (size_t t = first; t < end; t++) state[t] = saved[t];
    return status;
}

/* Is there u > 0 in this case for which no generator of least order has a single initial monomial? Unknown counts as yes. */
static nalg_status search(newton *n, unsigned char *state, bool *degenerate)
{
    bool possible;
    if (n->cases >= CASE_LIMIT) {
        *degenerate = true;
        return NALG_OK;
    }
    nalg_status status = case_is_possible(n, state, &possible);
    if (status != NALG_OK || !possible) return status;
    size_t lone = lone_generator(n);
    if (lone < n->generators) return branch(n, state, lone, degenerate);
    *degenerate = true;
    return NALG_OK;
}

static nalg_status check_degenerate(newton *n, bool *degenerate)
{
    unsigned char state[TERM_LIMIT] = {OPEN};
    size_t size[TERM_LIMIT] = {0};
    nalg_status status = NALG_OK;
    *degenerate = false;
    for (size_t t = 0; t < n->terms; t++) size[n->generator[t]]++;
    for (size_t t = 0; t < n->terms; t++) state[t] = size[n->generator[t]] == 1 ? ABOVE : OPEN;
    for (size_t g = 0, t = 0; g < n->generators && status == NALG_OK && !*degenerate; g++) { /* some generator attains the least order, with a tie */
        size_t first = t, end = t + size[g];
        for (size_t a = first; a < end && status == NALG_OK && !*degenerate; a++)
            for (size_t b = a + 1; b < end && status == NALG_OK && !*degenerate; b++) {
                state[a] = state[b] = TIED;
                status = search(n, state, degenerate);
                state[a] = state[b] = OPEN;
            }
        t = end;
        for (size_t a = first; size[g] > 1 && a < end; a++) state[a] = ABOVE; /* done: from here on this generator is above */
    }
    return status;
}

static nalg_status answer(newton *n, nalg_newton_answer *out)
{
    slong rows = (slong)(n->terms + n->weights + 2), columns = (slong)n->weights + 1;
    bool degenerate = true;
    fmpq_mat_init(n->rows, rows, columns);
    fmpq_mat_init(n->bounds, rows, 1);
    fmpq_mat_init(n->objective, 1, columns);
    fmpq_mat_init(n->x, 1, columns);
    n->equal = nalg_array_zero((size_t)rows, sizeof *n->equal);
    nalg_status status = n->equal ? least_sum(n, out->value.lambda) : nalg_fail_memory(n->ctx);
    if (status == NALG_OK) status = optimal_face(n, &out->value.multiplicity, out->value.lambda);
    if (status == NALG_OK) status = check_homogeneous(n, &out->homogeneous);
    if (status == NALG_OK) status = check_degenerate(n, &degenerate);
    out->non_degenerate = status == NALG_OK && !degenerate;
    free(n->equal);
    fmpq_mat_clear(n->rows);
    fmpq_mat_clear(n->bounds);
    fmpq_mat_clear(n->objective);
    fmpq_mat_clear(n->x);
    return status;
}

nalg_status nalg_rlct_newton(nalg_ctx *ctx, nalg_newton_answer *out, const nalg_model *model, const nalg_weights *at)
{
    newton n = {.ctx = ctx, .weights = model->parameters, .inputs = nalg_shape_size(&model->layers->in)};
    out->found = out->non_degenerate = out->homogeneous = false;
    if (!n.weights || n.weights > WEIGHT_LIMIT || n.inputs > WEIGHT_LIMIT || nalg_pipeline_class(model->layers) == NALG_CLASS_RATIONAL) return NALG_OK;
    n.exponent = nalg_array(TERM_LIMIT * n.weights, sizeof *n.exponent);
    n.generator = nalg_array(TERM_LIMIT, sizeof *n.generator);
    nalg_status status = n.exponent && n.generator ? expand(&n, &out->found, model, at) : nalg_fail_memory(ctx);
    out->found = out->found && n.terms > 0;
    out->constant = n.constant;
    if (status == NALG_OK && out->found) status = answer(&n, out);
    free(n.exponent);
    free(n.generator);
    return status;
}
