/* Dynamic programming over the blocks (i, j) of a chain: a block is the network of the dense layers i+1 .. j, from the values of
 * width d_i to those of width d_j; the activations after its first and before its last layer belong to it.
 *
 * Why each rule holds is written at the rule. "Orbit" arguments: if a group acts on pairs (head, tail) without changing the
 * composition, the fibers of (head, tail) -> tail o head have at least the dimension of its generic orbits.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/chain_bounds.h"
#include <string.h>
#include "core/memory.h"
#include "geometry/feature_rank.h"
#include "theory/secant.h"

#define INFINITE UINT64_MAX
/* Bounds are only of use below this; larger numbers are INFINITE, which keeps all sums in 64 bits. */
#define LARGEST (UINT64_C(1) << 60)

typedef enum { PARAMETERS, AMBIENT, SPLIT, GENERAL_LINEAR, AFFINE, RANK, THEOREM, RELATIONS } rule;

static const char *const rule_names[] = {"parameters", "ambient", "split",   "general_linear",
                                         "affine",     "rank",    "theorem", "relations"};

typedef struct {
    uint64_t value;
    rule rule;
    size_t at;            /* the interface of a composed rule */
    uint64_t tail, orbit; /* general_linear, relations: size of the tail's space, dimension subtracted */
    const char *source;
} bound;

typedef struct {
    const nalg_chain *chain;
    bound best[NALG_CHAIN_LIMIT + 1][NALG_CHAIN_LIMIT + 1];
    size_t rank[NALG_CHAIN_LIMIT + 1][NALG_CHAIN_LIMIT + 1];        /* independent outputs of block (i, k), lower bound */
    size_t affine_rank[NALG_CHAIN_LIMIT + 1][NALG_CHAIN_LIMIT + 1]; /* the same with 1 */
} table;

static uint64_t small_value(const fmpz_t v)
{
    return fmpz_cmp_ui(v, LARGEST) > 0 ? INFINITE : fmpz_get_ui(v);
}

static uint64_t add(uint64_t a, uint64_t b)
{
    return a == INFINITE || b == INFINITE ? INFINITE : a + b;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
    uint64_t c;
    return a == INFINITE || b == INFINITE || __builtin_mul_overflow(a, b, &c) || c > LARGEST ? INFINITE : c;
}

static void offer(table *t, size_t i, size_t j, bound candidate)
{
    if (candidate.value < t->best[i][j].value) t->best[i][j] = candidate;
}

/* Degrees of the outputs of layers from+1 .. to as polynomials in the values of width d_from; start_activation: in the values before
 * the activation at `from`. last_activation: after the activation at `to`. */
static bool block_degrees(const nalg_chain *c, size_t from, size_t to, bool start_activation, bool last_activation, nalg_degrees *d)
{
    if (!nalg_degrees_coordinates(d)) return false;
    bool ok = !start_activation || !c->activation[from] || nalg_degrees_compose(d, c->activation[from]);
    for (size_t l = from + 1; ok && l <= to; l++) {
        if (c->bias) ok = nalg_degrees_add_constant(d);
        bool activate = c->activation[l] && (l < to || last_activation);
        if (ok && activate) ok = nalg_degrees_compose(d, c->activation[l]);
    }
    if (!ok) nalg_degrees_clear(d);
    return ok;
}

/* Monomials of these degrees in n variables, or of all degrees up to the largest. */
static uint64_t count_monomials(nalg_degrees *d, size_t n, bool fill)
{
    fmpz_t count;
    if (!d->known || !d->count) return INFINITE;
    fmpz_init(count);
    if (fill) { /* all degrees 0..top in n variables are the monomials of degree top in n + 1 */
        nalg_degrees top = {&d->degree[d->count - 1], 1, true};
        nalg_degrees_monomials(&top, n + 1, count);
    } else {
        nalg_degrees_monomials(d, n, count);
    }
    uint64_t value = small_value(count);
    fmpz_clear(count);
    return value;
}

/* Weights minus one scaling for each hidden unit whose activation is c x^r: diag(s) before it is undone by diag(s^-r) after it, and
 * these actions are independent (look at the first layer they move). With biases and no activation, translations too. */
static uint64_t parameters_bound(const nalg_chain *c, size_t i, size_t j)
{
    uint64_t value = 0;
    for (size_t l = i + 1; l <= j; l++) value = add(value, multiply(c->width[l], c->width[l - 1] + c->bias));
    for (size_t l = i + 1; l < j; l++) {
        if (nalg_chain_scales(c, l)) value -= c->width[l];
        if (!c->activation[l] && c->bias) value -= c->width[l];
    }
    return value;
}

/* The outputs are polynomials with known degrees in d_i variables. */
static bool ambient_rule(table *t, size_t i, size_t j)
{
    nalg_degrees d;
    if (!block_degrees(t->chain, i, j, false, false, &d)) return false;
    uint64_t value = multiply(t->chain->width[j], count_monomials(&d, t->chain->width[i], false));
    offer(t, i, j, (bound){.value = value, .rule = AMBIENT});
    nalg_degrees_clear(&d);
    return true;
}

/* Split at k: (head, tail) -> tail o head, with the scalings of the d_k units between them. */
static void split_rule(table *t, size_t i, size_t j, size_t k)
{
    uint64_t sum = add(t->best[i][k].value, t->best[k][j].value), gauge = nalg_chain_scales(t->chain, k) ? t->chain->width[k] : 0;
    if (sum != INFINITE) offer(t, i, j, (bound){.value = sum - gauge, .rule = SPLIT, .at = k, .orbit = gauge});
}

/* Replace the tail after unit values h (before the activation) by the whole space T of polynomials in h with its degrees. GL(d_k)
 * acts on pairs (h, T) and h of rank r has orbits of dimension d_k r; with biases the affine group acts when T is closed under
 * translation, with orbits of dimension d_k times the rank of (1, h). A quadratic last layer with one output loses so
 * binom(d_k, 2), the dimension of its orthogonal group. */
static bool general_linear_rule(table *t, size_t i, size_t j, size_t k, bool affine)
{
    const nalg_chain *c = t->chain;
    size_t rank = affine ? t->affine_rank[i][k] : t->rank[i][k];
    nalg_degrees d;
    if (rank == 0) return true;
    if (!block_degrees(c, k, j, true, false, &d)) return false;
    uint64_t tail = multiply(c->width[j], count_monomials(&d, c->width[k], affine)), orbit = multiply(c->width[k], rank);
    uint64_t sum = add(t->best[i][k].value, tail);
    if (sum != INFINITE && sum >= orbit)
        offer(t, i, j, (bound){.value = sum - orbit, .rule = affine ? AFFINE : GENERAL_LINEAR, .at = k, .tail = tail, .orbit = orbit});
    nalg_degrees_clear(&d);
    return true;
}

/* f = W phi with b features phi in a space of N polynomials: the m x N matrix of coefficients has rank at most b. */
static bool rank_rule(table *t, size_t i, size_t j)
{
    const nalg_chain *c = t->chain;
    nalg_degrees d;
    uint64_t b = c->width[j - 1], m = c->width[j];
    if (!block_degrees(c, i, j - 1, false, true, &d)) return false;
    uint64_t n = count_monomials(&d, c->width[i], false);
    if (b <= m && b <= n && n != INFINITE)
        offer(t, i, j, (bound){.value = add(multiply(b, m + n - b), c->bias ? m : 0), .rule = RANK, .tail = n});
    nalg_degrees_clear(&d);
    return true;
}

/* Blocks of two layers that are classified defective secant varieties. */
static void theorem_rule(table *t, size_t i, size_t j)
{
    const nalg_chain *c = t->chain;
    const char *source;
    uint64_t r = nalg_chain_exponent(c, i + 1);
    if (j != i + 2 || c->bias || r < 2) return;
    if (!nalg_secant_defective(c->width[i], c->width[i + 1], c->width[j], r, &source)) return;
    fmpz_t monomials;
    fmpz_init(monomials);
    nalg_degrees_monomials(&(nalg_degrees){&r, 1, true}, c->width[i], monomials);
    uint64_t ambient = multiply(c->width[j], small_value(monomials)), expected = multiply(c->width[i + 1], c->width[i] + c->width[j] - 1);
    fmpz_clear(monomials);
    offer(t, i, j, (bound){.value = (expected < ambient ? expected : ambient) - 1, .rule = THEOREM, .source = source});
}

static uint64_t power(uint64_t base, uint64_t exponent)
{
    uint64_t value = 1;
    for (uint64_t k = 0; k < exponent && value != INFINITE; k++) value = multiply(value, base);
    return value;
}

/* d_k = d_i + 1 homogeneous features of degree R satisfy an equation of degree at most h = R^(d_i - 1): the tail, of degree D in
 * them, matters only modulo its multiples. */
static void relations_rule(table *t, size_t i, size_t j, size_t k)
{
    const nalg_chain *c = t->chain;
    uint64_t features = 1, tail = 1, size;
    if (c->bias || c->width[k] != c->width[i] + 1 || c->width[i] < 2) return;
    for (size_t l = i + 1; l < j; l++) {
        uint64_t r = nalg_chain_exponent(c, l);
        if (l <= k) features = multiply(features, r);
        else tail = multiply(tail, r);
    }
    uint64_t h = power(features, c->width[i] - 1);
    if (!features || !tail || tail == INFINITE || h == INFINITE || h > tail) return;
    fmpz_t all, multiples;
    fmpz_init(all);
    fmpz_init(multiples);
    uint64_t rest = tail - h;
    nalg_degrees_monomials(&(nalg_degrees){&tail, 1, true}, c->width[k], all);
    nalg_degrees_monomials(&(nalg_degrees){&rest, 1, true}, c->width[k], multiples);
    fmpz_sub(all, all, multiples);
    size = multiply(c->width[j], small_value(all));
    fmpz_clear(all);
    fmpz_clear(multiples);
    uint64_t sum = add(t->best[i][k].value, size);
    if (sum != INFINITE)
        offer(t, i, j, (bound){.value = sum - c->width[k], .rule = RELATIONS, .at = k, .tail = size, .orbit = c->width[k]});
}

static bool best_of_block(table *t, size_t i, size_t j)
{
    t->best[i][j] = (bound){.value = parameters_bound(t->chain, i, j), .rule = PARAMETERS};
    if (j == i + 1) return true; /* one linear map: exact */
    bool ok = ambient_rule(t, i, j) && rank_rule(t, i, j);
    theorem_rule(t, i, j);
    for (size_t k = i + 1; ok && k < j; k++) {
        split_rule(t, i, j, k);
        relations_rule(t, i, j, k);
        ok = general_linear_rule(t, i, j, k, false) && (!t->chain->bias || general_linear_rule(t, i, j, k, true));
    }
    return ok;
}

static json_t *prove(const table *t, size_t i, size_t j)
{
    const bound *b = &t->best[i][j];
    json_t *node = json_pack("{s:s, s:i, s:i, s:o}", "rule", rule_names[b->rule], "from", (int)i, "to", (int)j, "value", nalg_json_unsigned(b->value));
    if (!node) return NULL;
    int failed = 0;
    if (b->source) failed |= json_object_set_new(node, "source", json_string(b->source));
    if (b->rule == SPLIT || b->rule == GENERAL_LINEAR || b->rule == AFFINE || b->rule == RELATIONS) {
        failed |= json_object_set_new(node, "at", json_integer((json_int_t)b->at));
        failed |= json_object_set_new(node, "orbit", nalg_json_unsigned(b->orbit));
        failed |= json_object_set_new(node, "head", prove(t, i, b->at));
        failed |= b->rule == SPLIT ? json_object_set_new(node, "tail", prove(t, b->at, j))
                                   : json_object_set_new(node, "tail_space", nalg_json_unsigned(b->tail));
    }
    if (b->rule == RANK) failed |= json_object_set_new(node, "features", nalg_json_unsigned(b->tail));
    if (!failed) return node;
    json_decref(node);
    return NULL;
}

nalg_status nalg_chain_bound(nalg_ctx *ctx, uint64_t *value, json_t **proof, const char **rule_name, const nalg_chain *chain)
{
    table *t = nalg_array_zero(1, sizeof *t);
    if (!t) return nalg_fail_memory(ctx);
    nalg_status status = NALG_OK;
    t->chain = chain;
    for (size_t i = 0; i < chain->layers && status == NALG_OK; i++) {
        status = nalg_feature_ranks(ctx, t->rank[i], chain, i, false);
        if (status == NALG_OK && chain->bias) status = nalg_feature_ranks(ctx, t->affine_rank[i], chain, i, true);
    }
    for (size_t length = 1; length <= chain->layers && status == NALG_OK; length++)
        for (size_t i = 0; i + length <= chain->layers && status == NALG_OK; i++)
            if (!best_of_block(t, i, i + length)) status = nalg_fail_memory(ctx);
    json_t *tree = status == NALG_OK ? prove(t, 0, chain->layers) : NULL;
    if (status == NALG_OK && !tree) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) {
        *value = t->best[0][chain->layers].value;
        *rule_name = rule_names[t->best[0][chain->layers].rule];
        *proof = tree;
    }
    free(t);
    return status;
}
