/* `singular` against singular loci known from computer algebra (Macaulay2: dimension and degree of the
 * singular locus of the ideals) and from theorems, and multiplicities by two routes: the interpolation
 * homotopy and the formulas for matrices of bounded rank.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "core/complex.h"
#include "core/memory.h"
#include "core/result.h"
#include "geometry/limits.h"
#include "geometry/multiplicity.h"
#include "geometry/strata.h"
#include "neuroalg/singular.h"
#include "support/support.h"
#include "theory/determinantal.h"

static nalg_result *singular_with(nalg_ctx *ctx, const char *phrase, const char *weights)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_result *result = NULL;
    nalg_singular_options options;
    nalg_singular_options_init(&options);
    options.weights = weights;
    options.weights_length = weights ? strlen(weights) : 0;
    nalg_status status = nalg_singular(ctx, &result, model, &options);
    if (status != NALG_OK) print_error("%s: %s\n", phrase, nalg_ctx_last_error(ctx).what);
    assert_int_equal(status, NALG_OK);
    nalg_model_free(model);
    return result;
}

static const json_t *at(const nalg_result *r, const char *key)
{
    return json_object_get(json_object_get(r->document, "result"), key);
}

/* The row of `strata` whose functions and reduction these are. */
static const json_t *row(const nalg_result *r, const char *functions, const char *reduction)
{
    size_t i;
    json_t *value;
    json_array_foreach(
        at(r, "strata"), i,
        value) if (!strcmp(json_string_value(json_object_get(value, "functions")), functions) &&
                   (!reduction ||
                    !strcmp(json_string_value(json_object_get(value, "reduction")), reduction))) return value;
    fail_msg("no stratum '%s' (%s)", functions, reduction ? reduction : "any");
    return NULL;
}

static long long number(const json_t *row, const char *key)
{
    const json_t *v = json_object_get(row, key);
    return json_is_null(v) ? -1 : json_integer_value(v);
}

static const struct {
    const char *phrase, *functions;
    long long dimension, multiplicity; /* -1: null */
    bool singular;
    const char *kind;
} known[] = {
    /* Macaulay2 (LITERATURE_A 5): components of the singular locus */
    {"mlp 2-2-1 x^3+x^2", "1 of 2 units of layer 1", 3, 2, true, "cusp"},
    {"mlp 2-2-1 x^4", "1 of 2 units of layer 1", 2, 2, true, "cusp"},
    {"mlp 2-2-1 x^5", "1 of 2 units of layer 1", 2, 3, true,
     "cusp"}, /* degree of the rational normal curve of degree 5 projected from a tangent line */
    {"mlp 3-2-1 x^2", "1 of 2 units of layer 1", 3, 2, true, "determinantal"},
    {"linear 3-2-3", "rank 1", 5, 2, true, "determinantal"},
    {"linear 3-2-3", "zero function", 0, 3, true, "vertex"},
    {"mlp 2-2-3 x^2", "weights of layer 2 of rank 1", 5, 2, true,
     "cusp"}, /* the only component: matrices of rank 1 among those of rank 2 */
    {"mlp 2-2-3 x^2", "1 of 2 units of layer 1", 4, 2, true, "cusp"},
    {"cnn k=2,2 x^2", "filters of length 1,1, shift 1", 1, 2, true, "node"},
    {"input 3 | conv 2 | x^2 | dense 1", "filters of length 1,1, shift 1", 1, 2, true,
     "node"}, /* the same functions */
    {"cnn k=2,2 x^2", "filters of length 1,1, shift 0", 1, 1, false, "smooth"},
    {"cnn k=2,2 x^2", "filters of length 1,2, shift 0", 2, 1, false, "smooth"},
    {"cnn k=2,2 x^2", "zero function", 0, 4, true, "vertex"},
    {"attention d=2,1 a=2 t=2", "query-key rank 1 in layer 1", 4, 2, true, "node"},
    /* Henry, Marchetti, Kohn: for a >= d nodes at rank 1 of both and nowhere else but at zero */
    {"attention d=2 a=2 t=2", "value rank 1 and query-key rank 1 in layer 1", 5, 2, true, "node"},
    {"attention d=2 a=2 t=2", "value rank 1 in layer 1", 6, 1, false, "smooth"},
    {"attention d=2 a=2 t=2", "query-key rank 1 in layer 1", 6, 1, false, "smooth"},
    /* one key: the fold where values and keys are equal is the boundary over the reals (quadrics with a
       double root) */
    {"attention d=2,1 a=1 t=2", "values equal to keys in layer 1", 3, 1, false, "ramification only"},
    /* fills its space: only the parametrisation is critical */
    {"mlp 2-2-1 x^3", "1 of 2 units of layer 1", 2, 1, false, "ramification only"},
    {"cnn k=2,2 linear", "filters of length 1,1, shift 0", 1, 1, false, "ramification only"},
    {"mlp 2-1-2 x^2", "zero function", 0, 4, true, "vertex"},
    /* Macaulay2: singular loci and degrees of tangent cones. The constants are the vertex. */
    {"mlp 2-1-1 x^2 bias", "constant functions", 1, 3, true, "vertex"},
    {"mlp 1-1-2 x^3 bias", "constant functions", 2, 4, true, "vertex"},
    {"mlp 1-2-1 x^5 bias", "1 of 2 units of layer 1", 3, 2, true, "cusp"},
    {"mlp 1-2-1 x^5 bias", "constant functions", 1, 3, true, "vertex"},
    {"mlp 2-2-1 x^4+x^2", "1 of 2 units of layer 1", 3, 3, true, "cusp"},
    {"mlp 2-2-1 x^5+x^2", "1 of 2 units of layer 1", 3, 4, true, "cusp"},
    {"mlp 2-3-1 x^6", "1 of 3 units of layer 1", 2, 3, true, "cusp"},
    {"mlp 2-2-2 x^3", "1 of 2 units of layer 1", 3, 3, true, "cusp"},
    {"cnn k=2,3 x^2", "filters of length 1,2, shift 1", 2, 2, true, "node"},
    /* functions of all units constant: s(0) times any number */
    {"mlp 2-2-1 x^2+1", "2 of 2 units of layer 1 constant", 1, 1, false, "ramification only"},
    /* fills its space, which is known from evaluations only */
    {"input 5 | conv 2 out=2 | x^2 | conv 2", "1 of 2 channels of layer 1", 3, 1, false, "smooth"},
};

static void test_known(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        nalg_result *r = singular_with(ctx, known[i].phrase, NULL);
        const json_t *s = row(r, known[i].functions, NULL);
        if (number(s, "dimension") != known[i].dimension ||
            number(s, "multiplicity") != known[i].multiplicity ||
            json_is_true(json_object_get(s, "singular")) != known[i].singular ||
            json_is_null(json_object_get(s, "singular")))
            fail_msg("%s, %s: %s", known[i].phrase, known[i].functions, json_dumps(s, 0));
        assert_string_equal(json_string_value(json_object_get(s, "kind")), known[i].kind);
        nalg_result_free(r);
    }
    nalg_ctx_free(ctx);
}

/* Parts of the closure that no network realises. Macaulay2: the singular locus of the closure of mlp 2-2-1
 * x^3+x^2 has the component {cubic part = 0}, linear of dimension 3; those of x^4 and x^5 are the curves'
 * cones alone, so that their tangents are smooth points. With biases its components have dimension 6: no
 * cubic part (not decided here), and one unit beside a linear function. That of cnn k=2,2 x^2+x has the
 * linear functions, where the tangent cone has degree 2. */
static void test_limits(void **state)
{
    (void)state;
    static const struct {
        const char *phrase, *name;
        long long dimension, multiplicity;
        bool singular, realised; /* not realised: proved */
    } rows[] = {{"mlp 2-2-1 x^3+x^2", "limit: 2 of 2 units with x^2 only", 3, 2, true, false},
                {"mlp 2-2-1 x^3+x^2", "limit: 2 of 2 units with x^3 only", 4, 1, false, false},
                {"mlp 2-2-1 x^3+x^2", "limit of two units that merge", 5, 1, false, false},
                {"mlp 2-2-1 x^4", "limit of two units that merge", 3, 1, false, false},
                {"mlp 2-2-1 x^5", "limit of two units that merge", 3, 1, false, false},
                {"mlp 2-2-1 x^3", "limit of two units that merge", 3, 1, false, false},
                {"mlp 2-2-3 x^2", "limit of two units that merge", 7, 1, false, false},
                {"mlp 3-3-1 x^3", "limit of two units that merge", 8, 1, false, true},
                {"mlp 2-2-1 x^4+x^2", "limit: 2 of 2 units with x^2 only", 3, 3, true, false},
                {"mlp 2-2-1 x^3+x^2 bias", "limit: 1 of 2 units linear", 6, 2, true, false},
                {"mlp 1-2-1 x^5 bias", "limit of two units that merge", 4, 1, false, false},
                {"mlp 1-2-1 x^5 bias", "limit: 1 of 2 units linear", 4, 1, false, false},
                {"cnn k=2,2 x^2+x", "limit: x^1 only in place of activation 1", 3, 2, true, true}};
    nalg_ctx *ctx = test_context();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nalg_result *r = singular_with(ctx, rows[i].phrase, NULL);
        const json_t *s = row(r, rows[i].name, "limit"), *set = NULL, *other;
        size_t k;
        json_array_foreach(at(r, "sets"), k,
                           other) if (!strcmp(json_string_value(json_object_get(other, "functions")),
                                              rows[i].name)) set = other;
        assert_non_null(set);
        if (number(s, "dimension") != rows[i].dimension ||
            number(s, "multiplicity") != rows[i].multiplicity ||
            json_is_true(json_object_get(s, "singular")) != rows[i].singular)
            fail_msg("%s, %s: %s", rows[i].phrase, rows[i].name, json_dumps(s, 0));
        bool merge = !strstr(rows[i].name, "linear"); /* nothing is proved about those */
        assert_true(rows[i].realised || !merge ? json_is_null(json_object_get(set, "in_image"))
                                               : json_is_false(json_object_get(set, "in_image")));
        assert_true(rows[i].realised ? json_is_null(at(r, "image_closed"))
                                     : json_is_false(at(r, "image_closed")));
        nalg_result_free(r);
    }
    static const char *const closed[] = {"linear 3-2-3", "cnn k=2,2 x^2", "attention d=2,1 a=2 t=2",
                                         "mlp 4-2-1 x^2", "mlp 3-1-1-2 x^3"};
    for (size_t i = 0; i < sizeof closed / sizeof *closed; i++) {
        nalg_result *r = singular_with(ctx, closed[i], NULL);
        assert_true(json_is_true(at(r, "image_closed")));
        nalg_result_free(r);
    }
    nalg_ctx_free(ctx);
}

/* Value of the wider network of a limit with s(z) = z^3 + z^2, two inputs and one output, at unknowns u. */
static double wider_value(const nalg_limit *l, const double *u, const double *x, bool bias)
{
    double w[80], sum = 0;
    size_t parameters = l->wider->parameters, units = (parameters - bias) / (3 + bias);
    assert_true(parameters <= 80);
    for (size_t i = 0; i < parameters; i++) {
        w[i] = 0;
        for (int part = 0; part < 2; part++)
            if (l->weight[i].index[part] >= 0)
                w[i] += (double)l->weight[i].numerator[part] / (double)l->weight[i].denominator[part] *
                        u[l->weight[i].index[part]];
    }
    for (size_t k = 0; k < units; k++) {
        double in = w[2 * k] * x[0] + w[2 * k + 1] * x[1] + (bias ? w[2 * units + k] : 0);
        sum += w[(2 + bias) * units + k] * (in * in * in + in * in);
    }
    return sum + (bias ? w[parameters - 1] : 0);
}

/* The wider network has the functions that are said: written out by hand. */
static void test_limit_is_limit(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 2-2-1 x^3+x^2"),
               *biased = test_model(ctx, "mlp 2-2-1 x^3+x^2 bias");
    nalg_limits limits;
    const double u[12] = {0.7, -0.4, 1.5, 0.3, 0.9, -0.8, 1.2, -0.6, 0.2, -1.1, 0.5, 0.8}, x[2] = {0.6, 1.1};
    assert_int_equal(nalg_limits_find(ctx, &limits, model, SIZE_MAX), NALG_OK);
    const nalg_limit *l = &limits.item[0]; /* unknowns a (2), v, b (2), c: v s(a x) + c s'(a x) b x */
    assert_int_equal(l->free_count, 6);
    double z = u[0] * x[0] + u[1] * x[1], y = u[3] * x[0] + u[4] * x[1];
    double expected = u[2] * (z * z * z + z * z) + u[5] * (3 * z * z + 2 * z) * y;
    assert_true(fabs(wider_value(l, u, x, false) - expected) < 1e-12);
    nalg_limits_clear(&limits);
    assert_int_equal(nalg_limits_find(ctx, &limits, biased, SIZE_MAX), NALG_OK);
    l = &limits.item[0]; /* a (3), v, b (3), c, constant */
    assert_int_equal(l->free_count, 9);
    z = u[0] * x[0] + u[1] * x[1] + u[2], y = u[4] * x[0] + u[5] * x[1] + u[6];
    expected = u[3] * (z * z * z + z * z) + u[7] * (3 * z * z + 2 * z) * y + u[8];
    assert_true(fabs(wider_value(l, u, x, true) - expected) < 1e-12);
    l = &limits.item[limits.count - 2]; /* a (3), v, b (3), c, beta, constant: v s(a x) + c s'(beta) b x */
    assert_string_equal(l->name, "limit: 1 of 2 units linear");
    assert_int_equal(l->free_count, 10);
    expected = u[3] * (z * z * z + z * z) + u[7] * (3 * u[8] * u[8] + 2 * u[8]) * y + u[9];
    assert_true(fabs(wider_value(l, u, x, true) - expected) < 1e-12);
    nalg_limits_clear(&limits);
    nalg_model_free(model);
    nalg_model_free(biased);
    nalg_ctx_free(ctx);
}

/* What is not looked for is said. */
static void test_gaps(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    static const struct {
        const char *phrase;
        size_t gaps;
    } rows[] = {{"mlp 2-2-1 x^3+x^2", 1}, /* other limits */
                {"mlp 2-2-1 x^4", 0},
                {"linear 3-2-3", 0},
                {"cnn k=2,2,2 x^2", 0},
                {"cnn k=2,2 x^2+x", 1},
                {"mlp 2-2-1 x^2 bias", 1},
                {"mlp 2-3-1 x^3", 2},
                {"mlp 2-3-3-3-2 x^2", 4},
                {"attention d=2 a=1 t=2 dv=1", 1},
                {"input 5 | conv 3 pad=1 | x^2 | conv 3", 2}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nalg_model *model = test_model(ctx, rows[i].phrase);
        nalg_result *result = NULL;
        nalg_singular_options options;
        nalg_singular_options_init(&options);
        options.multiplicity = false;
        assert_int_equal(nalg_singular(ctx, &result, model, &options), NALG_OK);
        if (json_array_size(at(result, "not_searched")) != rows[i].gaps)
            fail_msg("%s: %s", rows[i].phrase, json_dumps(at(result, "not_searched"), 0));
        nalg_result_free(result);
        nalg_model_free(model);
    }
    nalg_ctx_free(ctx);
}

/* Multiplicities are those of the variety: no seed changes them. */
static void test_seeds(void **state)
{
    (void)state;
    static const struct {
        const char *phrase, *functions;
        long long multiplicity;
    } rows[] = {{"linear 3-2-3", "rank 1", 2},
                {"cnn k=2,2 x^2", "filters of length 1,1, shift 1", 2},
                {"mlp 2-2-1 x^3+x^2", "1 of 2 units of layer 1", 2},
                {"attention d=2,1 a=2 t=2", "query-key rank 1 in layer 1", 2},
                {"mlp 2-2-3 x^2", "weights of layer 2 of rank 1", 2}};
    nalg_ctx *ctx = test_context();
    for (uint64_t seed = 2; seed <= 5; seed++)
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            nalg_ctx_set_seed(ctx, seed);
            nalg_result *r = singular_with(ctx, rows[i].phrase, NULL);
            assert_int_equal(number(row(r, rows[i].functions, NULL), "multiplicity"), rows[i].multiplicity);
            nalg_result_free(r);
        }
    nalg_ctx_free(ctx);
}

/* The homotopy knows nothing of ranks; the formula nothing of paths. */
static void test_two_routes(void **state)
{
    (void)state;
    static const char *const phrases[] = {"linear 3-2-3",  "linear 4-2-3",  "linear 3-1-3", "linear 4-3-4",
                                          "mlp 3-2-1 x^2", "mlp 4-2-1 x^2", "mlp 4-3-1 x^2"};
    nalg_ctx *ctx = test_context();
    for (size_t m = 0; m < sizeof phrases / sizeof *phrases; m++) {
        nalg_model *model = test_model(ctx, phrases[m]);
        nalg_strata s;
        nalg_function_set f;
        nalg_determinantal d;
        size_t dimension, last = SIZE_MAX;
        bool proved;
        fmpz_t expected;
        fmpz_init(expected);
        assert_true(nalg_theory_determinantal(&d, model));
        assert_int_equal(nalg_strata_find(ctx, &s, model, NULL), NALG_OK);
        assert_int_equal(nalg_dimension_of(ctx, &dimension, &proved, model), NALG_OK);
        assert_int_equal(nalg_function_set_find(ctx, &f, model, dimension, 0, 100), NALG_OK);
        assert_true(f.complete);
        double complex *w = nalg_array(s.parameters, sizeof *w);
        size_t rank = d.rank;
        for (size_t i = 0; i < s.count; i++) {
            nalg_multiplicity found;
            if (s.item[i].set == last) continue;
            last = s.item[i].set;
            nalg_random r = nalg_random_stream(11, i);
            double complex value[64];
            for (int32_t k = 0; k < s.item[i].free_count; k++)
                value[k] = CMPLX(0.3 + nalg_random_unit(&r), nalg_random_unit(&r) - 0.5);
            for (size_t k = 0; k < s.parameters; k++)
                w[k] = s.item[i].map[k] < 0 ? 0 : value[s.item[i].map[k]];
            assert_int_equal(nalg_multiplicity_at(ctx, &found, &f, model, w), NALG_OK);
            rank--; /* sets come in the order of decreasing rank, zero last */
            nalg_determinantal_multiplicity(expected, &d, rank);
            if (!found.known || !fmpz_equal_ui(expected, found.multiplicity))
                fail_msg("%s at rank %zu: %zu", phrases[m], rank, found.multiplicity);
        }
        assert_int_equal(rank, 0);
        free(w);
        fmpz_clear(expected);
        nalg_function_set_clear(&f);
        nalg_strata_clear(&s);
        nalg_model_free(model);
    }
    nalg_ctx_free(ctx);
}

/* Closed values: prod binom(m-s+i, r-s) / binom(r-s+i, r-s), by hand. */
static void test_formula(void **state)
{
    (void)state;
    static const struct {
        nalg_determinantal d;
        size_t s;
        unsigned long value;
    } rows[] = {{{.m = 3, .n = 3, .rank = 2}, 2, 1},
                {{.m = 3, .n = 3, .rank = 2}, 1, 2},
                {{.m = 3, .n = 3, .rank = 2}, 0, 3},
                {{.m = 4, .n = 3, .rank = 2}, 0, 6},
                {{.m = 3, .n = 4, .rank = 2}, 1, 3},
                {{.m = 4, .n = 4, .rank = 2}, 0, 20},
                {{.m = 5, .n = 4, .rank = 3}, 0, 10},
                {{.m = 4, .n = 4, .rank = 4}, 1, 1},
                {{.symmetric = true, .m = 3, .n = 3, .rank = 2}, 0, 3},
                {{.symmetric = true, .m = 3, .n = 3, .rank = 1}, 0, 4},
                {{.symmetric = true, .m = 4, .n = 4, .rank = 2}, 0, 10},
                {{.symmetric = true, .m = 4, .n = 4, .rank = 2}, 1, 4},
                {{.symmetric = true, .m = 4, .n = 4, .rank = 3}, 2, 2}};
    fmpz_t value;
    fmpz_init(value);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        nalg_determinantal_multiplicity(value, &rows[i].d, rows[i].s);
        if (!fmpz_equal_ui(value, rows[i].value)) fail_msg("row %zu: %lu", i, fmpz_get_ui(value));
    }
    fmpz_clear(value);
}

static const char *text_of(const nalg_result *r, const char *key)
{
    return json_string_value(at(r, key)) ? json_string_value(at(r, key)) : "";
}

static void test_weights(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_result *r =
        singular_with(ctx, "mlp 2-2-1 x^3+x^2", "1 2 3 -1 4 0"); /* the second unit is not heard */
    assert_int_equal(test_integer(r, "jacobian_rank"), 4);
    assert_int_equal(test_integer(r, "multiplicity"), 2);
    assert_true(json_is_true(at(r, "critical")) && json_is_true(at(r, "singular")));
    assert_true(json_is_true(json_object_get(at(r, "nearest"), "exact")));
    nalg_result_free(r);
    r = singular_with(ctx, "mlp 2-2-1 x^3+x^2", "1 2 3 -1 4 1"); /* nothing special */
    assert_true(json_is_false(at(r, "critical")) && json_is_false(at(r, "singular")));
    assert_int_equal(test_integer(r, "multiplicity"), 1);
    assert_true(json_real_value(json_object_get(at(r, "nearest"), "relative_distance")) > 1e-3);
    nalg_result_free(r);
    r = singular_with(ctx, "mlp 2-2-1 x^3+x^2",
                      "1 2 1.001 2.001 3 1"); /* full rank, but within 2e-6 of one unit: floating point must
                                                 not call it singular */
    assert_true(json_is_false(at(r, "critical")) && json_is_null(at(r, "singular")) &&
                json_is_null(at(r, "multiplicity")));
    assert_true(json_real_value(json_object_get(at(r, "nearest"), "relative_distance")) < 1e-7);
    nalg_result_free(r);
    r = singular_with(ctx, "linear 3-2-3",
                      "1 2 3 4 5 6  1 1 2 2 3 3"); /* the product has rank one though no weight is zero */
    assert_true(json_is_true(at(r, "singular")));
    assert_int_equal(test_integer(r, "multiplicity"), 2);
    nalg_result_free(r);
    r = singular_with(ctx, "mlp 2-2-3 x^2",
                      "1 2 3 -1  1 2 2 4 3 6"); /* outgoing weights of rank one, though no weight is zero and
                                                   no unit is another */
    assert_true(json_is_true(at(r, "singular")) && json_is_true(json_object_get(at(r, "nearest"), "exact")));
    assert_int_equal(test_integer(r, "jacobian_rank"), 7);
    nalg_result_free(r);
    r = singular_with(ctx, "mlp 2-2-3 x^2", "1 2 3 -1  1 2 2 4.1 3 6.3"); /* near them */
    assert_true(json_is_false(at(r, "singular")) &&
                json_is_false(json_object_get(at(r, "nearest"), "exact")));
    assert_string_equal(json_string_value(json_object_get(at(r, "nearest"), "functions")),
                        "weights of layer 2 of rank 1");
    assert_true(json_real_value(json_object_get(at(r, "nearest"), "relative_distance")) < 0.01);
    nalg_result_free(r);
    r = singular_with(ctx, "mlp 2-2-1 x^4",
                      "1 2 -2 -4 3 1"); /* proportional rows are one unit for a monomial */
    assert_true(json_is_true(at(r, "singular")));
    assert_string_equal(text_of(r, "singular_evidence"), "proved");
    nalg_result_free(r);
    r = singular_with(ctx, "mlp 2-2-1 x^3", "1 2 0 0 3 1"); /* critical, and smooth: ramification */
    assert_true(json_is_true(at(r, "critical")) && json_is_false(at(r, "singular")));
    assert_string_equal(text_of(r, "kind"), "ramification only");
    nalg_result_free(r);
    nalg_ctx_free(ctx);
}

/* The mean over all normal inputs of |Mx|^2 is |M|^2: the nearest matrix of rank one is at the second
 * singular value, whatever the seed. For x^2 it is 3 |q|^2 on the diagonal. */
static void test_distance(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    for (uint64_t seed = 1; seed < 3; seed++) {
        nalg_ctx_set_seed(ctx, seed);
        nalg_result *r = singular_with(ctx, "linear 3-2-3", "1 0 0 0 1 0  1 0 0 0.5 0 0");
        assert_true(fabs(json_real_value(json_object_get(at(r, "nearest"), "distance")) - 0.5) < 1e-9);
        assert_true(fabs(json_real_value(at(r, "network_size")) - sqrt(1.25)) < 1e-9);
        assert_non_null(strstr(text_of(r, "distance_measure"), "all standard normal inputs"));
        assert_non_null(strstr(text_of(r, "verdict"), "not at a singular point; the nearest"));
        nalg_result_free(r);
        r = singular_with(ctx, "mlp 3-2-1 x^2", "1 0 0 0 1 0  2 1e-5"); /* 2 x1^2 + 1e-5 x2^2 */
        assert_true(fabs(json_real_value(at(r, "network_size")) - sqrt(12)) < 1e-4);
        assert_non_null(strstr(text_of(r, "verdict"), "near the singular functions"));
        nalg_result_free(r);
    }
    nalg_ctx_free(ctx);
}

/* What lies in a singular set is singular, though nothing is known of it alone. */
static void test_closed(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 2-2-2-1 x^2+x^3");
    nalg_result *r = NULL;
    nalg_singular_options options;
    nalg_singular_options_init(&options);
    options.multiplicity = false;
    assert_int_equal(nalg_singular(ctx, &r, model, &options), NALG_OK);
    const json_t *both = row(r, "1 of 2 units of layer 1; 1 of 2 units of layer 2", NULL);
    assert_true(json_is_true(json_object_get(both, "singular")));
    assert_string_equal(json_string_value(json_object_get(both, "kind")), "cusp");
    nalg_result_free(r);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

static void test_errors(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 2-2-1 x^3+x^2");
    nalg_result *result = NULL;
    nalg_singular_options options;
    nalg_singular_options_init(&options);
    options.weights = "1 2 3";
    options.weights_length = 5;
    assert_int_equal(nalg_singular(ctx, &result, model, &options), NALG_E_PARSE);
    options.weights = NULL;
    options.depth = 20;
    assert_int_equal(nalg_singular(ctx, &result, model, &options), NALG_E_ARGUMENT);
    options.depth = 0;
    options.degree_limit = 10000000;
    assert_int_equal(nalg_singular(ctx, &result, model, &options), NALG_E_ARGUMENT);
    assert_null(result);
    options.degree_limit = 2; /* the degree is 3 */
    assert_int_equal(nalg_singular(ctx, &result, model, &options), NALG_OK);
    const json_t *one = row(result, "1 of 2 units of layer 1", NULL);
    assert_true(json_is_null(json_object_get(one, "multiplicity")) &&
                json_is_true(json_object_get(one, "singular")));
    nalg_result_free(result);
    options.degree_limit = 50;
    for (long k = 1; k < 3000; k += 37) {
        result = NULL;
        nalg_memory_fail_at(k);
        nalg_status status = nalg_singular(ctx, &result, model, &options);
        nalg_memory_fail_at(0);
        assert_true(status == NALG_OK || (status == NALG_E_MEMORY && !result));
        nalg_result_free(result);
    }
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

/* In 80 unknowns no functions are searched unless that is asked for. */
static void test_many_unknowns(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_result *r = singular_with(ctx, "mlp 6-8-5 x^2", NULL);
    assert_int_equal(json_integer_value(at(r, "dimension")), 80);
    const json_t *one = row(r, "7 of 8 units of layer 1", NULL);
    assert_true(json_is_true(json_object_get(one, "singular")));
    assert_true(json_is_null(json_object_get(one, "multiplicity")));
    const json_t *set = json_array_get(at(r, "sets"), 0);
    assert_non_null(strstr(json_string_value(json_object_get(set, "multiplicity_source")), "--degree-limit"));
    nalg_result_free(r);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),   cmocka_unit_test(test_limits),  cmocka_unit_test(test_limit_is_limit),
        cmocka_unit_test(test_gaps),    cmocka_unit_test(test_seeds),   cmocka_unit_test(test_two_routes),
        cmocka_unit_test(test_formula), cmocka_unit_test(test_weights), cmocka_unit_test(test_distance),
        cmocka_unit_test(test_closed),  cmocka_unit_test(test_errors),  cmocka_unit_test(test_many_unknowns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
