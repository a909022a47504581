/* Checking the equations of a model from their document. The model's coefficients are found by another way
 * than the solver's: scalar evaluation on the points (r_1^j, ..., r_n^j), where a polynomial is a sum of
 * geometric sequences, and the transposed Vandermonde system of these (two further points show that the
 * listed monomials are all). At fresh weights modulo fresh primes every relation and equation, parsed from
 * its text, must vanish; the Hilbert function is the rank of all monomials, without gradings or standard
 * monomials, by FLINT. What follows from these by counting (torus, h-vector, degree, evidence) is derived
 * again under the document's seed and must be the same. SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <string.h>
#include "certify/gradient.h"
#include "core/memory.h"
#include "core/point.h"
#include "core/result.h"
#include "field/prime.h"
#include "geometry/ambient.h"
#include "geometry/degree.h"
#include "geometry/verify.h"
#include "neuroalg/equations.h"

#define TRIAL_VERIFY 1700
/* Primes below this are used by nobody else. */
#define VERIFY_PRIME_START (NALG_PRIME_WORD_START - (1ULL << 44))
#define RANK_PRIME_START (1ULL << 31)
#define MOST_PRIMES 130
/* Monomials of one degree whose rank is computed again, and coefficients of one output. */
#define RANK_LIMIT 1500
#define COEFFICIENT_LIMIT 3000
/* Points that must continue the sequence of values, and rows beyond the monomials. */
#define FURTHER_POINTS 2
#define SPARE_ROWS 8

typedef struct {
    nalg_verification *v;
    nalg_graph graph;
    int output;
    size_t inputs, outputs, independent, count; /* coordinates c, then the d's */
    uint16_t *exponent;                         /* count x inputs */
    size_t *of;                                 /* output of each */
} checker;

/* One prime and what is computed modulo it. */
typedef struct {
    nmod_t mod;
    nalg_sweep sweep;
    nalg_point point;
    uint64_t *w, *x, *c, *node, *y, *master, *quotient;
    uint64_t *value; /* of all coordinates at one weight vector */
} arithmetic;

/* ---- reading ---- */

/* Such as x1^2*x3, or 1. */
static bool read_monomial(const char *text, uint16_t *exponent, size_t inputs)
{
    memset(exponent, 0, inputs * sizeof *exponent);
    if (!strcmp(text, "1")) return true;
    for (;;) {
        char *end;
        if (text[0] != 'x' || !isdigit((unsigned char)text[1])) return false;
        unsigned long input = strtoul(text + 1, &end, 10), power = 1;
        if (*end == '^') {
            if (!isdigit((unsigned char)end[1])) return false;
            power = strtoul(end + 1, &end, 10);
        }
        if (input < 1 || input > inputs || power < 1 || power > UINT16_MAX || exponent[input - 1])
            return false;
        exponent[input - 1] = (uint16_t)power;
        if (!*end) return true;
        if (*end != '*') return false;
        text = end + 1;
    }
}

static bool read_list(checker *k, const json_t *list, char letter)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *entry = json_array_get(list, i);
        const char *name = json_string_value(json_object_get(entry, "name")),
                   *monomial = json_string_value(json_object_get(entry, "monomial"));
        char expected[32];
        uint64_t output;
        snprintf(expected, sizeof expected, "%c%zu", letter, i);
        if (!name || strcmp(name, expected) || !monomial || !nalg_json_get_unsigned(entry, "output", &output))
            return false;
        if (output < 1 || output > k->outputs ||
            !read_monomial(monomial, k->exponent + k->count * k->inputs, k->inputs))
            return false;
        k->of[k->count++] = (size_t)output - 1;
    }
    return true;
}

/* The value of a sum of integers times products of c's (equations) modulo p, or of fractions in parentheses
 * times c's (relations). False when the text is nothing of the kind. */
static bool read_sum(const checker *k, const arithmetic *a, const char *s, uint64_t *value)
{
    uint64_t sum = 0;
    fmpq_t number;
    fmpq_init(number);
    bool ok = *s != '\0', first = true;
    while (ok && *s) {
        bool negative = *s == '-';
        if (first)
            s += negative;
        else if (!strncmp(s, " + ", 3) || !strncmp(s, " - ", 3))
            negative = s[1] == '-', s += 3;
        else
            ok = false;
        uint64_t term = 1;
        bool parenthesis = ok && *s == '(', factor = ok && *s == 'c';
        if (ok && !factor) {
            char digits[2000];
            size_t length = strspn(s + parenthesis, parenthesis ? "-0123456789/" : "0123456789");
            ok = length > 0 && length < sizeof digits;
            if (ok) {
                memcpy(digits, s + parenthesis, length);
                digits[length] = '\0';
                ok = fmpq_set_str(number, digits, 10) == 0 && !fmpz_is_zero(fmpq_denref(number)) &&
                     fmpz_fdiv_ui(fmpq_denref(number), a->mod.n);
            }
            if (ok)
                term = nmod_mul(fmpz_fdiv_ui(fmpq_numref(number), a->mod.n),
                                n_invmod(fmpz_fdiv_ui(fmpq_denref(number), a->mod.n), a->mod.n), a->mod);
            s += length + parenthesis;
            if (ok && parenthesis) ok = *s++ == ')';
            factor = ok && *s == '*' && s[1] == 'c';
            s += factor;
        }
        while (factor) {
            char *end;
            unsigned long index = isdigit((unsigned char)s[1]) ? strtoul(s + 1, &end, 10) : ULONG_MAX,
                          power = 1;
            ok = index < k->independent;
            if (!ok) break;
            if (*end == '^') power = isdigit((unsigned char)end[1]) ? strtoul(end + 1, &end, 10) : 0;
            ok = power > 0 && power < 100;
            for (unsigned long e = 0; ok && e < power; e++) term = nmod_mul(term, a->value[index], a->mod);
            factor = ok && *end == '*' && end[1] == 'c';
            s = end + factor;
        }
        sum = negative ? nmod_sub(sum, term, a->mod) : nmod_add(sum, term, a->mod);
        first = false;
    }
    fmpq_clear(number);
    *value = sum;
    return ok;
}

/* ---- coefficients from geometric sequences ---- */

static void clear_arithmetic(arithmetic *a)
{
    nalg_sweep_clear(&a->sweep);
    uint64_t *all[] = {a->w, a->x, a->c, a->node, a->y, a->master, a->quotient, a->value};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

static nalg_status make_arithmetic(checker *k, arithmetic *a, uint64_t prime, uint32_t trial)
{
    size_t room = k->count + FURTHER_POINTS + 1;
    *a = (arithmetic){.point = {.prime = prime, .seed = nalg_ctx_seed(k->v->ctx), .trial = trial}};
    nmod_init(&a->mod, prime);
    a->w = nalg_array(k->v->model->parameters, sizeof *a->w);
    a->x = nalg_array(2 * k->inputs, sizeof *a->x);
    a->c = nalg_array_zero(k->outputs, sizeof *a->c);
    a->node = nalg_array(room, sizeof *a->node);
    a->y = nalg_array(room * k->outputs, sizeof *a->y);
    a->master = nalg_array(room, sizeof *a->master);
    a->quotient = nalg_array(room, sizeof *a->quotient);
    a->value = nalg_array(room, sizeof *a->value);
    bool enough = a->w && a->x && a->c && a->node && a->y && a->master && a->quotient && a->value;
    return enough ? nalg_sweep_create(k->v->ctx, &a->sweep, &k->graph, k->output, prime)
                  : nalg_fail_memory(k->v->ctx);
}

/* Values of all outputs at the points (r^j), j < steps. */
static bool evaluate(const checker *k, arithmetic *a, size_t steps)
{
    const uint64_t *ratio = a->x + k->inputs;
    for (size_t i = 0; i < k->inputs; i++) a->x[i] = 1;
    for (size_t j = 0; j < steps; j++) {
        if (!nalg_sweep_run(&a->sweep, NULL, NULL, a->w, a->x, a->c)) return false;
        for (size_t o = 0; o < k->outputs; o++) a->y[o * steps + j] = nalg_sweep_outputs(&a->sweep)[o];
        for (size_t i = 0; i < k->inputs; i++) a->x[i] = nmod_mul(a->x[i], ratio[i], a->mod);
    }
    return true;
}

/* Coefficient t: the polynomial prod (z - node) / (z - node_t) applied to the sequence, divided by its value
 * at node_t. */
static bool coefficient(arithmetic *a, const uint64_t *y, const uint64_t *node, size_t n, size_t t,
                        uint64_t *out)
{
    nmod_t m = a->mod;
    uint64_t at = 0, applied = 0, q = 0;
    for (size_t j = n; j-- > 0;) {
        q = nmod_add(a->master[j + 1], nmod_mul(q, node[t], m), m);
        a->quotient[j] = q;
        applied = nmod_add(applied, nmod_mul(q, y[j], m), m);
    }
    for (size_t j = n; j-- > 0;) at = nmod_add(nmod_mul(at, node[t], m), a->quotient[j], m);
    if (!at) return false;
    *out = nmod_mul(applied, n_invmod(at, m.n), m);
    return true;
}

/* Coefficients of one output at the positions `which`; false when other monomials take part. */
static bool solve_output(const checker *k, arithmetic *a, size_t output, const size_t *which, size_t n,
                         size_t steps)
{
    const uint64_t *y = a->y + output * steps, *ratio = a->x + k->inputs;
    nmod_t m = a->mod;
    a->master[0] = 1;
    for (size_t t = 0; t < n; t++) {
        uint64_t node = 1;
        for (size_t i = 0; i < k->inputs; i++)
            node = nmod_mul(
                node, n_powmod2_ui_preinv(ratio[i], k->exponent[which[t] * k->inputs + i], m.n, m.ninv), m);
        a->node[t] = node;
        a->master[t + 1] = 0;
        for (size_t j = t + 2; j-- > 0;)
            a->master[j] = nmod_sub(j ? a->master[j - 1] : 0, nmod_mul(node, a->master[j], m), m);
    }
    for (size_t t = 0; t < n; t++)
        if (!coefficient(a, y, a->node, n, t, &a->value[which[t]])) return false;
    for (size_t j = 0; j < steps; j++) {
        uint64_t sum = 0;
        for (size_t t = 0; t < n && j >= n; t++)
            sum = nmod_add(
                sum, nmod_mul(a->value[which[t]], n_powmod2_ui_preinv(a->node[t], j, m.n, m.ninv), m), m);
        if (j >= n && sum != y[j]) return false;
    }
    return true;
}

/* All coefficients at weight vector number `number` of the point's stream into a->value. */
static bool find_coefficients(const checker *k, arithmetic *a, size_t number, size_t *which)
{
    size_t parameters = k->v->model->parameters, longest = 0;
    for (size_t i = 0; i < parameters; i++)
        a->w[i] = nalg_point_value(&a->point, NALG_STREAM_WEIGHTS, number * parameters + i);
    for (size_t i = 0; i < k->inputs; i++)
        a->x[k->inputs + i] = 1 + nalg_point_value(&a->point, NALG_STREAM_INPUTS, i) % (a->mod.n - 1);
    for (size_t o = 0; o < k->outputs; o++) {
        size_t n = 0;
        for (size_t t = 0; t < k->count; t++) n += k->of[t] == o;
        longest = n > longest ? n : longest;
    }
    size_t steps = longest + FURTHER_POINTS;
    if (!evaluate(k, a, steps)) return false;
    for (size_t o = 0; o < k->outputs; o++) {
        size_t n = 0;
        for (size_t t = 0; t < k->count; t++)
            if (k->of[t] == o) which[n++] = t;
        if (!solve_output(k, a, o, which, n, steps)) return false;
    }
    return true;
}

/* ---- claims ---- */

/* Relations and equations vanish at one point modulo one prime. */
static nalg_status check_point(checker *k, uint64_t prime, uint32_t trial, bool *monomials, bool *relations,
                               bool *equations)
{
    const json_t *dependent = json_object_get(k->v->result, "linear_relations"),
                 *list = json_object_get(k->v->result, "equations");
    arithmetic a;
    size_t *which = nalg_array(k->count, sizeof *which);
    uint64_t value = 0;
    nalg_status status = make_arithmetic(k, &a, prime, trial);
    if (status == NALG_OK && !which) status = nalg_fail_memory(k->v->ctx);
    *monomials = *monomials && status == NALG_OK && find_coefficients(k, &a, 0, which);
    for (size_t i = 0; *monomials && i < json_array_size(dependent); i++) {
        const char *text = json_string_value(json_object_get(json_array_get(dependent, i), "equals"));
        *relations =
            *relations && text && read_sum(k, &a, text, &value) && value == a.value[k->independent + i];
    }
    for (size_t i = 0; *monomials && i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        *equations = *equations && text && read_sum(k, &a, text, &value) && value == 0;
    }
    clear_arithmetic(&a);
    free(which);
    return status == NALG_OK ? nalg_checkpoint(k->v->ctx) : status;
}

static nalg_status check_vanishing(checker *k)
{
    uint64_t points = 0, prime = nalg_prime_below(VERIFY_PRIME_START, nalg_model_exponent(k->v->model));
    bool monomials = true, relations = true, equations = true;
    nalg_status status = NALG_OK;
    if (!nalg_json_get_unsigned(json_object_get(k->v->evidence, "equations_checked"), "points", &points) ||
        points > MOST_PRIMES)
        points = 1;
    if (points < 2) points = 2;
    for (uint32_t i = 0; i < points && status == NALG_OK; i++, prime = nalg_prime_below(prime, 0))
        status = check_point(k, prime, TRIAL_VERIFY + i, &monomials, &relations, &equations);
    if (status != NALG_OK) return status;
    nalg_verification_record(k->v, "the functions have the listed monomials and no others", monomials,
                             "%zu coefficients at fresh weights modulo %llu fresh primes", k->count,
                             (unsigned long long)points);
    nalg_verification_record(k->v, "the linear relations hold", monomials && relations, "%zu relations",
                             k->count - k->independent);
    nalg_verification_record(k->v, "every equation vanishes", monomials && equations, "%zu equations",
                             json_array_size(json_object_get(k->v->result, "equations")));
    return NALG_OK;
}

/* Number of monomials of a degree, or SIZE_MAX beyond the limit. */
static size_t monomials_of(size_t variables, unsigned degree)
{
    double number = 1;
    for (unsigned i = 1; i <= degree; i++) number = number * ((double)variables + i - 1) / i;
    return number <= 1e15 ? (size_t)(number + 0.5) : SIZE_MAX;
}

/* Products of `degree` variables, one after another, into a row. */
static void fill_row(uint64_t *row, const uint64_t *value, size_t variables, unsigned degree, nmod_t mod)
{
    size_t factor[64] = {0}, at = 0;
    for (;;) {
        uint64_t product = 1;
        for (unsigned i = 0; i < degree; i++) product = nmod_mul(product, value[factor[i]], mod);
        row[at++] = product;
        unsigned i = degree;
        while (i > 0 && factor[i - 1] + 1 == variables) i--;
        if (!i) return;
        factor[i - 1]++;
        for (unsigned j = i; j < degree; j++) factor[j] = factor[i - 1];
    }
}

static nalg_status rank_of(checker *k, unsigned degree, size_t variables, size_t monomials, size_t *rank)
{
    arithmetic a;
    nmod_mat_t matrix;
    size_t rows = monomials + SPARE_ROWS, *which = nalg_array(k->count, sizeof *which);
    uint64_t prime = nalg_prime_below(RANK_PRIME_START, nalg_model_exponent(k->v->model));
    nalg_status status = make_arithmetic(k, &a, prime, TRIAL_VERIFY + 1000);
    if (status == NALG_OK && !which) status = nalg_fail_memory(k->v->ctx);
    nmod_mat_init(matrix, (slong)rows, (slong)monomials, prime);
    bool ok = true;
    for (size_t i = 0; i < rows && ok && status == NALG_OK; i++) {
        ok = find_coefficients(k, &a, i, which);
        a.value[k->independent] = 1; /* the constant, in the place of a dependent coordinate */
        if (ok) fill_row(matrix->rows[i], a.value, variables, degree, a.mod);
        nalg_progress(k->v->ctx, "Hilbert function", i, rows, NULL);
        status = nalg_checkpoint(k->v->ctx);
    }
    *rank = ok && status == NALG_OK ? (size_t)nmod_mat_rank(matrix) : SIZE_MAX;
    nmod_mat_clear(matrix);
    clear_arithmetic(&a);
    free(which);
    return status;
}

static nalg_status check_hilbert(checker *k)
{
    const json_t *hilbert = json_object_get(k->v->result, "hilbert"),
                 *forms = json_object_get(k->v->result, "forms");
    size_t variables = k->independent + !json_is_true(json_object_get(k->v->result, "cone")), ranks = 0;
    bool counts = json_array_size(hilbert) == json_array_size(forms) && json_array_size(hilbert) > 0,
         same = true;
    nalg_status status = NALG_OK;
    for (size_t i = 0; counts && same && i < json_array_size(hilbert) && status == NALG_OK; i++) {
        size_t n = monomials_of(variables, (unsigned)i + 1), rank;
        json_int_t h = json_integer_value(json_array_get(hilbert, i)),
                   f = json_integer_value(json_array_get(forms, i));
        counts = h >= 0 && f >= 0 && (n == SIZE_MAX || (size_t)(h + f) == n);
        if (!counts || n > RANK_LIMIT) continue;
        status = rank_of(k, (unsigned)i + 1, variables, n, &rank);
        same = (size_t)h == rank;
        ranks++;
    }
    if (status != NALG_OK) return status;
    nalg_verification_record(k->v, "Hilbert function and equations add up to all monomials", counts,
                             "degrees 1 to %zu", json_array_size(hilbert));
    nalg_verification_record(k->v, "the Hilbert function is the rank of all monomials at fresh points", same,
                             "%zu of %zu degrees; the others have more than %d monomials", ranks,
                             json_array_size(hilbert), RANK_LIMIT);
    return NALG_OK;
}

static nalg_status check_dimensions(nalg_verification *v)
{
    size_t dimension;
    bool proved;
    uint64_t claimed, spanned;
    nalg_ambient ambient = {0};
    nalg_status status = nalg_dimension_of(v->ctx, &dimension, &proved, v->model);
    if (status == NALG_OK)
        status = nalg_ambient_find(v->ctx, &ambient, v->model, nalg_model_exponent(v->model));
    if (status != NALG_OK) return status;
    bool ok = nalg_json_get_unsigned(v->result, "dimension", &claimed) && claimed == dimension &&
              nalg_json_get_unsigned(v->result, "ambient", &spanned) &&
              spanned == json_array_size(json_object_get(v->result, "coordinates")) &&
              (!ambient.known || fmpz_equal_ui(&ambient.size, spanned));
    nalg_verification_record(v, "dimension and ambient space are those of `dim`", ok, "%zu", dimension);
    nalg_ambient_clear(&ambient);
    return NALG_OK;
}

/* The same question under the same seed has the same answer, to the last key. */
static nalg_status check_again(nalg_verification *v)
{
    const json_t *member = json_object_get(v->evidence, "member_function"),
                 *hilbert = json_object_get(v->result, "hilbert");
    nalg_equations_options options = {.degree = (int)json_array_size(hilbert),
                                      .member = json_string_value(member),
                                      .member_length = json_string_length(member)};
    nalg_result *again = NULL;
    bool asked = json_array_size(hilbert) >= 1 && json_array_size(hilbert) <= 40 &&
                 (member || !json_object_get(v->result, "member_reason"));
    nalg_status status = asked ? nalg_equations(v->ctx, &again, v->model, &options) : NALG_OK;
    if (status == NALG_E_MEMORY || status == NALG_E_INTERRUPTED || status == NALG_E_DEADLINE ||
        status == NALG_E_LIMIT)
        return status;
    bool same = again && json_equal(json_object_get(again->document, "result"), v->result) &&
                json_equal(json_object_get(again->document, "evidence"), v->evidence);
    nalg_verification_record(v, "torus, h-vector, degree, membership and evidence are derived again", same,
                             "seed %llu", (unsigned long long)nalg_ctx_seed(v->ctx));
    nalg_result_free(again);
    return NALG_OK;
}

static nalg_status check_all(checker *k)
{
    const json_t *independent = json_object_get(k->v->result, "coordinates"),
                 *dependent = json_object_get(k->v->result, "linear_relations");
    size_t most = json_array_size(independent) + json_array_size(dependent);
    k->independent = json_array_size(independent);
    if (most > COEFFICIENT_LIMIT)
        return nalg_fail(k->v->ctx, NALG_E_LIMIT, NULL, "check a smaller model",
                         "%zu coefficients are more than the checker can find again (%d)", most,
                         COEFFICIENT_LIMIT);
    k->exponent = nalg_array_zero((most + 1) * k->inputs, sizeof *k->exponent);
    k->of = nalg_array(most + 1, sizeof *k->of);
    if (!k->exponent || !k->of) return nalg_fail_memory(k->v->ctx);
    bool readable = read_list(k, independent, 'c') && read_list(k, dependent, 'd');
    nalg_verification_record(k->v, "the coordinates can be read", readable, "%zu", most);
    if (!readable) return NALG_OK;
    nalg_status status = nalg_model_lower(k->v->ctx, k->v->model, &k->graph, &k->output);
    if (status == NALG_OK) status = check_vanishing(k);
    if (status == NALG_OK && k->v->valid) status = check_hilbert(k);
    return status;
}

void nalg_verify_equations(nalg_verification *v)
{
    checker k = {.v = v,
                 .inputs = nalg_shape_size(&v->model->layers->in),
                 .outputs = nalg_shape_size(&v->model->layers->out)};
    nalg_graph_init(&k.graph);
    v->status = check_dimensions(v);
    if (v->status == NALG_OK) v->status = check_again(v);
    if (v->status == NALG_OK && v->valid) v->status = check_all(&k);
    nalg_graph_clear(&k.graph);
    free(k.exponent);
    free(k.of);
}
