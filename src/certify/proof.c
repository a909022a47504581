/* The rules of chain bounds, restated for checking; see geometry/chain_bounds.c for why they hold.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "certify/proof.h"
#include <string.h>
#include "core/memory.h"

#define TOP_DEGREE 20000
#define HUGE_VALUE (UINT64_C(1) << 60)
#define DEPTH_LIMIT 200

__extension__ typedef unsigned __int128 wide;

static uint64_t cap(wide v)
{
    return v > HUGE_VALUE ? UINT64_MAX : (uint64_t)v;
}

static uint64_t times(uint64_t a, uint64_t b)
{
    return a == UINT64_MAX || b == UINT64_MAX ? UINT64_MAX : cap((wide)a * b);
}

static uint64_t plus(uint64_t a, uint64_t b)
{
    return a == UINT64_MAX || b == UINT64_MAX ? UINT64_MAX : cap((wide)a + b);
}

/* binom(n - 1 + e, e) = monomials of degree e in n variables. */
static uint64_t monomials(uint64_t n, uint64_t e)
{
    uint64_t small = n - 1 < e ? n - 1 : e;
    wide value = 1;
    for (uint64_t k = 1; k <= small; k++) {
        value = value * (n - 1 + e - small + k) / k;
        if (value > (wide)HUGE_VALUE << 20) return UINT64_MAX;
    }
    return cap(value);
}

/* A set of degrees: one arbitrary number, or a subset of 0..TOP_DEGREE. */
typedef struct {
    bool single, lost, starved; /* lost: not followed any more; starved: for lack of memory */
    uint64_t only;
    unsigned char *member;
} degree_set;

static void lose(degree_set *s)
{
    free(s->member);
    *s = (degree_set){.lost = true, .starved = s->starved};
}

static void spread(degree_set *s)
{
    if (s->lost || !s->single) return;
    uint64_t only = s->only;
    s->member = only > TOP_DEGREE ? NULL : nalg_array_zero(TOP_DEGREE + 1, 1);
    s->single = false;
    s->starved = !s->member && only <= TOP_DEGREE;
    if (s->member) s->member[only] = 1;
    else lose(s);
}

static void add_zero(degree_set *s)
{
    if (s->lost || (s->single && s->only == 0)) return;
    spread(s);
    if (!s->lost) s->member[0] = 1;
}

/* target |= e-fold sums of base. */
static bool add_power(unsigned char *target, const unsigned char *base, uint64_t e, bool *starved)
{
    unsigned char *sums = nalg_array_zero(TOP_DEGREE + 1, 1), *next = nalg_array_zero(TOP_DEGREE + 1, 1);
    bool ok = sums && next && e <= TOP_DEGREE;
    *starved = *starved || !sums || !next;
    if (ok) sums[0] = 1;
    for (uint64_t k = 0; ok && k < e; k++) {
        memset(next, 0, TOP_DEGREE + 1);
        for (size_t a = 0; a <= TOP_DEGREE && ok; a++)
            for (size_t b = 0; sums[a] && b <= TOP_DEGREE; b++) {
                if (!base[b]) continue;
                if (a + b > TOP_DEGREE) ok = false;
                else next[a + b] = 1;
            }
        unsigned char *swap = sums;
        sums = next;
        next = swap;
    }
    for (size_t a = 0; ok && a <= TOP_DEGREE; a++) target[a] |= sums[a];
    free(sums);
    free(next);
    return ok;
}

static void compose(degree_set *s, const nalg_proof_activation *f)
{
    if (s->lost || f->identity) return;
    if (f->count == 0) {
        lose(s);
        return;
    }
    if (s->single && f->count == 1) {
        uint64_t product;
        if (__builtin_mul_overflow(s->only, f->exponent[0], &product)) lose(s);
        else s->only = product;
        return;
    }
    spread(s);
    if (s->lost) return;
    unsigned char *all = nalg_array_zero(TOP_DEGREE + 1, 1);
    bool ok = all != NULL;
    s->starved = !all;
    for (size_t i = 0; ok && i < f->count; i++) ok = add_power(all, s->member, f->exponent[i], &s->starved);
    free(s->member);
    s->member = all;
    if (!ok) lose(s);
}

/* Space of polynomials in n variables with the degrees of the layers from+1 .. to; `all_degrees`: with every degree up to the top. */
static uint64_t space(const nalg_proof_chain *c, size_t from, size_t to, bool first_activation, bool last_activation, bool all_degrees)
{
    degree_set s = {.single = true, .only = 1};
    if (first_activation) compose(&s, &c->activation[from]);
    for (size_t l = from + 1; l <= to; l++) {
        if (c->bias) add_zero(&s);
        if (l < to || last_activation) compose(&s, &c->activation[l]);
    }
    uint64_t n = c->width[from], sum = 0;
    if (s.starved && c->out_of_memory) *c->out_of_memory = true;
    if (s.lost) return UINT64_MAX;
    uint64_t top = s.only;
    for (size_t e = 0; s.member && e <= TOP_DEGREE; e++)
        if (s.member[e]) {
            top = e;
            sum = plus(sum, monomials(n, e));
        }
    if (all_degrees) sum = monomials(n + 1, top);
    else if (!s.member) sum = monomials(n, top);
    free(s.member);
    return sum;
}

static uint64_t parameters(const nalg_proof_chain *c, size_t i, size_t j)
{
    uint64_t sum = 0;
    for (size_t l = i + 1; l <= j; l++) sum = plus(sum, times(c->width[l], c->width[l - 1] + c->bias));
    for (size_t l = i + 1; l < j; l++) sum -= c->activation[l].scales ? c->width[l] * (c->activation[l].identity && c->bias ? 2u : 1u) : 0;
    return sum;
}

/* Exponent of a polynomial monomial activation, 0 for others. */
static uint64_t exponent(const nalg_proof_chain *c, size_t l)
{
    const nalg_proof_activation *f = &c->activation[l];
    return f->identity ? 1 : f->scales && f->count == 1 ? f->exponent[0] : 0;
}

static uint64_t theorem(const nalg_proof_chain *c, size_t i, size_t j)
{
    uint64_t n = c->width[i], s = c->width[i + 1], m = c->width[j], r = j == i + 2 && !c->bias ? exponent(c, i + 1) : 0;
    bool defective = m == 1 ? (n == 3 && s == 5 && r == 4) || (n == 4 && s == 9 && r == 4) || (n == 5 && s == 14 && r == 4) || (n == 5 && s == 7 && r == 3)
                            : (m == 3 && r == 2 && n >= 4 && n % 2 == 0 && 2 * s == 3 * n - 2) || (m == 5 && n == 4 && r == 2 && s == 6) ||
                                  (m == 2 && n == 3 && r == 3 && s == 5);
    if (!defective) return UINT64_MAX;
    uint64_t expected = s * (n + m - 1), ambient = times(m, monomials(n, r));
    return (expected < ambient ? expected : ambient) - 1;
}

static uint64_t relations_space(const nalg_proof_chain *c, size_t i, size_t j, size_t k)
{
    uint64_t features = 1, tail = 1, h = 1;
    if (c->bias || c->width[i] < 2 || c->width[k] != c->width[i] + 1) return UINT64_MAX;
    for (size_t l = i + 1; l <= k; l++) features = times(features, exponent(c, l));
    for (size_t l = k + 1; l < j; l++) tail = times(tail, exponent(c, l));
    for (size_t l = 1; l < c->width[i]; l++) h = times(h, features);
    if (!features || !tail || tail == UINT64_MAX || h > tail) return UINT64_MAX;
    uint64_t all = monomials(c->width[k], tail), multiples = monomials(c->width[k], tail - h);
    return all == UINT64_MAX || multiples == UINT64_MAX ? UINT64_MAX : times(c->width[j], all - multiples);
}

static bool get(const json_t *node, const char *key, uint64_t *out)
{
    const json_t *v = json_object_get(node, key);
    if (!json_is_integer(v) || json_integer_value(v) < 0) return false;
    *out = (uint64_t)json_integer_value(v);
    return true;
}

static bool check(const nalg_proof_chain *c, const json_t *node, size_t i, size_t j, uint64_t *value, int depth);

/* head + tail - orbit for the rules with an interface; *tail and *orbit as claimed. */
static bool composed(const nalg_proof_chain *c, const json_t *node, const char *rule, size_t i, size_t j, uint64_t *derived, int depth)
{
    uint64_t k, orbit, head, tail;
    if (!get(node, "at", &k) || k <= i || k >= j || !get(node, "orbit", &orbit)) return false;
    if (!check(c, json_object_get(node, "head"), i, k, &head, depth + 1)) return false;
    if (!strcmp(rule, "split")) {
        if (!check(c, json_object_get(node, "tail"), k, j, &tail, depth + 1) || orbit != (c->activation[k].scales ? c->width[k] : 0)) return false;
    } else if (!strcmp(rule, "relations")) {
        tail = relations_space(c, i, j, k);
        if (orbit != c->width[k]) return false;
    } else {
        bool affine = !strcmp(rule, "affine");
        if (affine && !c->bias) return false;
        tail = times(c->width[j], space(c, k, j, true, false, affine));
        if (orbit > times(c->width[k], c->head_rank(c->user, i, k, affine))) return false;
    }
    uint64_t sum = plus(head, tail);
    *derived = sum - orbit;
    return sum != UINT64_MAX && sum >= orbit;
}

static bool check(const nalg_proof_chain *c, const json_t *node, size_t i, size_t j, uint64_t *value, int depth)
{
    uint64_t from, to, derived = UINT64_MAX;
    const char *rule = json_string_value(json_object_get(node, "rule"));
    if (depth > DEPTH_LIMIT || !rule || !get(node, "from", &from) || !get(node, "to", &to) || !get(node, "value", value)) return false;
    if (from != i || to != j) return false;
    if (!strcmp(rule, "parameters")) {
        derived = parameters(c, i, j);
    } else if (!strcmp(rule, "ambient")) {
        derived = times(c->width[j], space(c, i, j, false, false, false));
    } else if (!strcmp(rule, "theorem")) {
        derived = theorem(c, i, j);
    } else if (!strcmp(rule, "rank")) {
        uint64_t b = c->width[j - 1], m = c->width[j], n = j > i + 1 ? space(c, i, j - 1, false, true, false) : 0;
        if (b <= m && b <= n && n != UINT64_MAX) derived = plus(times(b, m + n - b), c->bias ? m : 0);
    } else if (strcmp(rule, "split") && strcmp(rule, "relations") && strcmp(rule, "general_linear") && strcmp(rule, "affine")) {
        return false;
    } else if (!composed(c, node, rule, i, j, &derived, depth)) {
        return false;
    }
    return derived != UINT64_MAX && derived == *value;
}

bool nalg_proof_check(const nalg_proof_chain *chain, const json_t *proof, uint64_t value)
{
    uint64_t derived;
    return check(chain, proof, 0, chain->layers, &derived, 0) && derived == value;
}
