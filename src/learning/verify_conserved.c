/* Checking `conserved`. The laws are read from their text as a user would read them. With the checker's own
 * gradients of the model, modulo another prime and at other points: the gradient of each law is orthogonal to
 * every gradient field, the laws are independent as polynomials, their gradients have the rank claimed, and
 * no more than `count` polynomials of the degree pass the same test, by a dense rank over all monomials. The
 * Lie algebra has its rank at another point. Then the whole is computed again, which confirms the evidence.
 * That laws are identities is tested at random points here: a confirmation is `probable`.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "field/prime.h"
#include "geometry/prober.h"
#include "learning/conserved_law.h"
#include "learning/conserved_lie.h"
#include "learning/verify_learning.h"
#include "neuroalg/learning.h"

#define POINTS 3  /* weights at which laws are tested */
#define SAMPLES 6 /* fields at each */
#define SPARE_ROWS 8
/* Monomials of the dense rank: seconds. Beyond, the bound from above is only computed again as it was. */
#define MONOMIALS 700

typedef struct {
    nalg_verification *v;
    char **name; /* of each weight */
    nalg_laws laws;
    nalg_prober prober;
    size_t weights, trial;
} checker;

/* ---- reading ---- */

static bool list_names(checker *k)
{
    nalg_weight_names names = {0};
    k->name = nalg_array_zero(k->weights, sizeof *k->name);
    if (!k->name || nalg_weight_names_find(k->v->ctx, &names, k->v->model) != NALG_OK) return false;
    bool ok = true;
    for (size_t i = 0; i < k->weights; i++) {
        nalg_text text = {0};
        nalg_weight_name(&names, i, &text);
        k->name[i] = nalg_text_take(&text);
        ok = ok && k->name[i];
    }
    nalg_weight_names_clear(&names);
    return ok;
}

/* The weight whose name stands at *s, which moves behind it; NALG_NO_FACTOR for none. */
static uint32_t read_weight(const checker *k, const char **s)
{
    for (size_t i = 0; i < k->weights; i++) {
        size_t length = strlen(k->name[i]);
        if (strncmp(*s, k->name[i], length)) continue;
        *s += length;
        return (uint32_t)i;
    }
    return NALG_NO_FACTOR;
}

/* "3*W1[1,2]^2*b1[1]" without its sign. */
static bool read_term(const checker *k, nalg_law *law, const char **s, bool negative)
{
    nalg_monomial m;
    size_t degree = 0, digits = strspn(*s, "0123456789");
    char number[64] = "1";
    for (size_t i = 0; i < NALG_LAW_DEGREE; i++) m.factor[i] = NALG_NO_FACTOR;
    if (digits >= sizeof number || (digits && (*s)[digits] != '*')) return false;
    if (digits) memcpy(number, *s, digits);
    number[digits ? digits : 1] = '\0';
    if (digits) *s += digits + 1;
    for (;;) {
        uint32_t factor = read_weight(k, s);
        unsigned long power = 1;
        if (factor == NALG_NO_FACTOR) return false;
        if (**s == '^') {
            char *end;
            power = strtoul(*s + 1, &end, 10);
            *s = end;
        }
        if (power < 1 || power > NALG_LAW_DEGREE - degree) return false;
        while (power--) m.factor[degree++] = factor;
        if (**s != '*') break;
        ++*s;
    }
    fmpz_t coefficient;
    fmpz_init(coefficient);
    bool ok = fmpz_set_str(coefficient, number, 10) == 0 && !fmpz_is_zero(coefficient);
    if (negative) fmpz_neg(coefficient, coefficient);
    ok = ok && nalg_law_add(law, &m, coefficient);
    fmpz_clear(coefficient);
    return ok;
}

static bool read_law(const checker *k, nalg_law *law, const char *s)
{
    bool negative = *s == '-';
    if (negative) s++;
    for (;;) {
        if (!read_term(k, law, &s, negative)) return false;
        if (!*s) return true;
        if (strncmp(s, " + ", 3) && strncmp(s, " - ", 3)) return false;
        negative = s[1] == '-';
        s += 3;
    }
}

static bool read_laws(checker *k, size_t degree)
{
    const json_t *list = json_object_get(k->v->result, "laws");
    for (size_t i = 0; i < json_array_size(list); i++) {
        nalg_law law = {0};
        const char *text = json_string_value(json_array_get(list, i));
        bool ok = text && read_law(k, &law, text) && nalg_law_degree(&law) <= degree;
        if (nalg_laws_push(k->v->ctx, &k->laws, &law) != NALG_OK || !ok) return false;
    }
    return json_is_array(list);
}

/* ---- modulo the prime ---- */

static uint64_t product_without(const nalg_monomial *m, const uint64_t *w, size_t left_out, uint64_t p)
{
    uint64_t product = 1;
    for (size_t i = 0; i < nalg_monomial_degree(m); i++)
        if (i != left_out) product = nalg_multiply_mod(product, w[m->factor[i]], p);
    return product;
}

static uint64_t value_of(const nalg_law *law, const uint64_t *w, uint64_t p)
{
    uint64_t sum = 0;
    for (size_t t = 0; t < law->terms; t++)
        sum = nalg_add_mod(sum,
                           nalg_multiply_mod(fmpz_fdiv_ui(&law->coefficient[t], p),
                                             product_without(&law->monomial[t], w, SIZE_MAX, p), p),
                           p);
    return sum;
}

/* grad m . g */
static uint64_t along(const nalg_monomial *m, const uint64_t *w, const uint64_t *g, uint64_t p)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < nalg_monomial_degree(m); i++)
        sum = nalg_add_mod(sum, nalg_multiply_mod(product_without(m, w, i, p), g[m->factor[i]], p), p);
    return sum;
}

static uint64_t law_along(const nalg_law *law, const uint64_t *w, const uint64_t *g, uint64_t p)
{
    uint64_t sum = 0;
    for (size_t t = 0; t < law->terms; t++)
        sum = nalg_add_mod(
            sum,
            nalg_multiply_mod(fmpz_fdiv_ui(&law->coefficient[t], p), along(&law->monomial[t], w, g, p), p),
            p);
    return sum;
}

static void fresh_weights(checker *k)
{
    nalg_random r =
        nalg_random_stream(k->prober.point.seed, NALG_VERIFY_LEARNING_TRIAL + ((uint64_t)++k->trial << 20));
    for (size_t i = 0; i < k->weights; i++) k->prober.w[i] = nalg_random_bits(&r) % k->prober.point.prime;
}

static void check_laws(checker *k)
{
    nalg_prober *q = &k->prober;
    uint64_t p = q->point.prime;
    bool zero = true, pole = false;
    for (size_t n = 0; n < POINTS; n++) {
        fresh_weights(k);
        for (size_t s = 0; s < SAMPLES && !pole; s++) {
            pole = !nalg_probe(q, n * SAMPLES + s);
            for (size_t i = 0; i < k->laws.count && !pole && zero; i++)
                zero = law_along(&k->laws.item[i], q->w, q->gradient, p) == 0;
        }
    }
    nalg_verification_record(k->v, "no gradient field changes a law, at fresh points modulo another prime",
                             zero && !pole, "%zu laws, %d fields", k->laws.count, POINTS * SAMPLES);
}

/* Values of the laws at as many points: a regular matrix proves that no combination vanishes. */
static void check_independence(checker *k, size_t claimed)
{
    nmod_mat_t values, gradients;
    uint64_t p = k->prober.point.prime;
    size_t n = k->laws.count;
    nmod_mat_init(values, (slong)n, (slong)n, p);
    nmod_mat_init(gradients, (slong)n, (slong)k->weights, p);
    for (size_t j = 0; j < n; j++) {
        fresh_weights(k);
        for (size_t i = 0; i < n; i++) values->rows[i][j] = value_of(&k->laws.item[i], k->prober.w, p);
    }
    fresh_weights(k);
    for (size_t i = 0; i < n; i++) {
        const nalg_law *law = &k->laws.item[i];
        for (size_t t = 0; t < law->terms; t++)
            for (size_t f = 0; f < nalg_monomial_degree(&law->monomial[t]); f++) {
                mp_limb_t *entry = &gradients->rows[i][law->monomial[t].factor[f]];
                *entry =
                    nalg_add_mod(*entry,
                                 nalg_multiply_mod(fmpz_fdiv_ui(&law->coefficient[t], p),
                                                   product_without(&law->monomial[t], k->prober.w, f, p), p),
                                 p);
            }
    }
    nalg_verification_record(k->v, "the laws are linearly independent", (size_t)nmod_mat_rank(values) == n,
                             "%zu laws at as many points", n);
    nalg_verification_record(k->v, "their gradients have this rank",
                             (size_t)nmod_mat_rank(gradients) == claimed, "%zu", claimed);
    nmod_mat_clear(values);
    nmod_mat_clear(gradients);
}

/* C(weights + degree, degree) - 1, or MONOMIALS + 1 when it is more. */
static size_t count_monomials(size_t weights, size_t degree)
{
    double count = 1;
    for (size_t i = 1; i <= degree; i++) count = count * (double)(weights + i) / (double)i;
    return count - 1 <= MONOMIALS ? (size_t)(count - 0.5) : MONOMIALS + 1;
}

/* The next monomial of degree 1 to `degree`, in the order of the factors. */
static bool next_monomial(nalg_monomial *m, size_t weights, size_t degree)
{
    size_t d = nalg_monomial_degree(m), i = d;
    while (i > 0 && m->factor[i - 1] + 1 == weights) i--;
    if (i == 0) { /* all of this degree */
        if (d == degree) return false;
        for (size_t j = 0; j <= d; j++) m->factor[j] = 0;
        return true;
    }
    uint32_t factor = m->factor[i - 1] + 1;
    for (size_t j = i - 1; j < d; j++) m->factor[j] = factor;
    return true;
}

/* All polynomials that pass the test: at most `count` are independent. Unconditional, as a rank modulo a
 * prime at points is at most the rank of all conditions. */
static void check_no_more(checker *k, size_t degree)
{
    nalg_prober *q = &k->prober;
    size_t unknowns = count_monomials(k->weights, degree), rows = unknowns + SPARE_ROWS;
    nmod_mat_t system;
    bool pole = false;
    if (unknowns > MONOMIALS) return;
    nmod_mat_init(system, (slong)rows, (slong)unknowns, q->point.prime);
    for (size_t r = 0; r < rows && !pole; r++) {
        nalg_monomial m;
        size_t column = 0;
        for (size_t i = 0; i < NALG_LAW_DEGREE; i++) m.factor[i] = NALG_NO_FACTOR;
        fresh_weights(k);
        pole = !nalg_probe(q, r);
        while (!pole && next_monomial(&m, k->weights, degree))
            system->rows[r][column++] = along(&m, q->w, q->gradient, q->point.prime);
        if (nalg_stopping(k->v->ctx)) break;
    }
    k->v->status = nalg_checkpoint(k->v->ctx);
    if (k->v->status == NALG_OK)
        nalg_verification_record(
            k->v, "there are no more laws of this degree: a dense rank over all monomials",
            !pole && unknowns - (size_t)nmod_mat_rank(system) == k->laws.count, "%zu monomials", unknowns);
    nmod_mat_clear(system);
}

static void check_lie(checker *k, size_t independent)
{
    nalg_lie_rank lie;
    uint64_t claimed, seed = nalg_ctx_seed(k->v->ctx);
    if (json_is_null(json_object_get(k->v->result, "lie_rank"))) return;
    bool known = nalg_json_get_unsigned(k->v->result, "lie_rank", &claimed);
    nalg_ctx_set_seed(k->v->ctx, seed ^ NALG_VERIFY_LEARNING_TRIAL);
    k->v->status = nalg_lie_rank_find(k->v->ctx, &lie, k->v->model, k->weights - independent, 1);
    nalg_ctx_set_seed(k->v->ctx, seed);
    if (k->v->status == NALG_OK)
        nalg_verification_record(k->v, "the Lie algebra has this rank at another point",
                                 known && lie.closed && lie.rank == claimed, "%zu", lie.rank);
}

static void ask_again(nalg_verification *v, size_t degree)
{
    nalg_conserved_options options = {.degree = (int)degree};
    nalg_result *again = NULL;
    nalg_status status = nalg_conserved(v->ctx, &again, v->model, &options);
    nalg_verification_compare(v, status, again, 1e-9, NULL);
}

static void check_with_prober(checker *k, size_t degree, size_t independent)
{
    nalg_verification *v = k->v;
    nalg_point point = {.prime = nalg_prime_below(NALG_VERIFY_LEARNING_PRIME, nalg_model_exponent(v->model)),
                        .seed = nalg_ctx_seed(v->ctx),
                        .trial = NALG_VERIFY_LEARNING_TRIAL};
    v->status = nalg_prober_create(v->ctx, &k->prober, v->model, point);
    if (v->status != NALG_OK) return;
    check_laws(k);
    check_independence(k, independent);
    if (v->valid) check_no_more(k, degree);
    if (v->valid && v->status == NALG_OK) check_lie(k, independent);
    nalg_prober_clear(&k->prober);
}

void nalg_verify_conserved(nalg_verification *v)
{
    checker k = {.v = v, .weights = v->model->parameters};
    uint64_t degree = 0, count = 0, independent = 0;
    v->strength = "probable"; /* laws are tested at random points */
    bool readable = nalg_json_get_unsigned(v->result, "degree", &degree) && degree >= 1 &&
                    degree <= NALG_LAW_DEGREE && nalg_json_get_unsigned(v->result, "count", &count) &&
                    nalg_json_get_unsigned(v->result, "independent", &independent) &&
                    independent <= k.weights && list_names(&k) && read_laws(&k, (size_t)degree) &&
                    k.laws.count == count;
    nalg_verification_record(v, "the laws are polynomials in the weights of this degree", readable,
                             "%zu laws", k.laws.count);
    if (v->valid) check_with_prober(&k, (size_t)degree, (size_t)independent);
    if (v->valid && v->status == NALG_OK) ask_again(v, (size_t)degree);
    nalg_laws_clear(&k.laws);
    for (size_t i = 0; k.name && i < k.weights; i++) free(k.name[i]);
    free(k.name);
}
