/* Conservation laws: known ranks, a published formula for all small two-layer linear networks, the laws in print, and their drift along
 * gradient flow integrated in doubles.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "core/random.h"
#include "core/result.h"
#include "learning/conserved_gradient.h"
#include "learning/conserved_identity.h"
#include "learning/conserved_jets.h"
#include "learning/conserved_search.h"
#include "learning/conserved_symmetry.h"
#include "field/prime.h"
#include "neuroalg/neuroalg.h"
#include "../support/learning_table.h"
#include "../support/one_context.h"

#define MOST_WEIGHTS 32

static nalg_result *conserved(const char *phrase, int degree)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_conserved_options options = {.degree = degree};
    nalg_result *result = NULL;
    assert_int_equal(nalg_conserved(ctx, &result, model, &options), NALG_OK);
    nalg_model_free(model);
    return result;
}

static long long integer(const nalg_result *result, const char *key)
{
    long long value = -1;
    assert_int_equal(nalg_result_integer(result, key, &value), NALG_TRUE);
    return value;
}

static const char *law(const nalg_result *result, const char *list, size_t i)
{
    const char *text = json_string_value(json_array_get(json_object_get(json_object_get(result->document, "result"), list), i));
    return text ? text : "(none)";
}

static void check_row(const char *phrase, const char *keys)
{
    long long independent, rank;
    assert_int_equal(sscanf(keys, "independent=%lld,lie_rank=%lld", &independent, &rank), 2);
    nalg_result *result = conserved(phrase, 2);
    assert_int_equal(integer(result, "independent"), independent);
    assert_int_equal(integer(result, "lie_rank"), rank);
    nalg_result_free(result);
}

static void test_known_rows(void **state)
{
    (void)state;
    assert_int_equal(known_rows(__FILE__, "conserved.tsv", check_row), 24);
}

/* Marcotte, Gribonval, Peyre (arXiv 2307.00144), two-layer linear networks: r (r + 1) / 2 if r <= n + m, else (n + m) r - (n + m)(n + m - 1) / 2; all independent
 * laws are among the r (r + 1) / 2 entries of W2^T W2 - W1 W1^T. */
static void test_linear_formula(void **state)
{
    (void)state;
    for (long long n = 1; n <= 3; n++)
        for (long long r = 1; r <= 5; r++)
            for (long long m = 1; m <= 3; m++) {
                char phrase[80];
                long long s = n + m, known = r <= s ? r * (r + 1) / 2 : s * r - s * (s - 1) / 2;
                snprintf(phrase, sizeof phrase, "linear %lld-%lld-%lld", n, r, m);
                nalg_result *result = conserved(phrase, 2);
                assert_int_equal(integer(result, "independent"), known);
                assert_int_equal(integer(result, "lie_rank"), s * r - known);
                assert_true(integer(result, "count") >= r * (r + 1) / 2);
                if (n > 1 || m > 1) assert_int_equal(integer(result, "count"), r * (r + 1) / 2);
                nalg_result_free(result);
            }
}

static void test_in_print(void **state)
{
    (void)state;
    static const struct {
        const char *phrase, *law, *short_form;
    } cases[] = {
        {"linear 2-2-2", "W2[1,1]^2 + W2[2,1]^2 - W1[1,1]^2 - W1[1,2]^2", "W2^T W2 - W1 W1^T, entry (1,1)"},
        {"mlp 2-1-1 x^3", "W1[1,1]^2 + W1[1,2]^2 - 3*W2[1,1]^2", "W1 W1^T - 3*W2^T W2, entry (1,1)"},
        {"mlp 2-1-1 x^2 bias", "W1[1,1]^2 + W1[1,2]^2 + b1[1]^2 - 2*W2[1,1]^2", "W1 W1^T + b1 b1^T - 2*W2^T W2, entry (1,1)"},
        {"mlp 1-1-1 1/x", "W1[1,1]^2 + W2[1,1]^2", "W1 W1^T + W2^T W2, entry (1,1)"},
        {"cnn k=2,2 x^2", "F1[1]^2 + F1[2]^2 - 2*F2[1]^2 - 2*F2[2]^2", "|F1|^2 - 2*|F2|^2"},
        {"attention d=2 a=1 t=2", "Q1[1,1]^2 + Q1[1,2]^2 - K1[1,1]^2 - K1[1,2]^2", "Q1 Q1^T - K1 K1^T, entry (1,1)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nalg_result *result = conserved(cases[i].phrase, 2);
        assert_string_equal(law(result, "laws", 0), cases[i].law);
        assert_string_equal(law(result, "short_forms", 0), cases[i].short_form);
        assert_int_equal(nalg_result_evidence(result), NALG_PROVED);
        nalg_result_free(result);
    }
}

/* f = b . a is invariant under rotations that mix a and b too: a1 b2 - a2 b1 is conserved, though no symmetry of a layer says so. It is proved
 * on a grid. */
static void test_law_without_symmetry(void **state)
{
    (void)state;
    nalg_result *result = conserved("linear 1-2-1", 2);
    assert_int_equal(integer(result, "count"), 4);
    assert_string_equal(law(result, "laws", 3), "W1[1,1]*W2[1,2] - W1[2,1]*W2[1,1]");
    assert_string_equal(law(result, "short_forms", 3), "");
    assert_int_equal(nalg_result_evidence(result), NALG_PROVED);
    nalg_result_free(result);
}

/* w3 W2 w1 x: one coefficient, hence one gradient field up to constants, though its 6 quadratic laws leave room for a rank of 2.
 * With two outputs there are two fields, and the laws must prove what is proved. */
static void test_one_field(void **state)
{
    (void)state;
    nalg_result *result = conserved("linear 1-2-2-1", 2);
    const json_t *lie = json_object_get(json_object_get(result->document, "evidence"), "lie_rank");
    assert_int_equal(integer(result, "independent"), 6);
    assert_int_equal(integer(result, "lie_rank"), 1);
    assert_string_equal(json_string_value(json_object_get(lie, "upper_bound_by")), "one field");
    assert_int_equal(nalg_result_evidence(result), NALG_PROVED);
    nalg_result_free(result);
    result = conserved("linear 1-2-2", 2);
    lie = json_object_get(json_object_get(result->document, "evidence"), "lie_rank");
    assert_string_equal(json_string_value(json_object_get(lie, "upper_bound_by")), "laws");
    nalg_result_free(result);
}

/* Two polynomials of linear 1-2-1, neither marked: a1 b2 - a2 b1 is conserved, a1 b2 + a2 b1 is not. */
static void test_grid(void **state)
{
    (void)state;
    nalg_model *model = test_model(ctx, "linear 1-2-1"), *rational = test_model(ctx, "mlp 1-1-1 1/x");
    nalg_laws laws = {0}, norm = {0};
    size_t count = 0;
    fmpz_t c;
    fmpz_init(c);
    for (int sign = -1; sign <= 1; sign += 2) {
        nalg_law l = {0};
        nalg_monomial m = {.factor = {0, 3}};
        for (size_t i = 2; i < NALG_LAW_DEGREE; i++) m.factor[i] = NALG_NO_FACTOR;
        fmpz_one(c);
        assert_true(nalg_law_add(&l, &m, c));
        m.factor[0] = 1;
        m.factor[1] = 2;
        fmpz_set_si(c, sign);
        assert_true(nalg_law_add(&l, &m, c));
        assert_int_equal(nalg_laws_push(ctx, &laws, &l), NALG_OK);
    }
    assert_int_equal(nalg_laws_prove(ctx, &laws, &count, model), NALG_OK);
    assert_int_equal(count, 1);
    assert_true(laws.item[0].proved && !laws.item[1].proved);
    assert_int_equal(nalg_laws_prove(ctx, &laws, &count, model), NALG_OK);
    assert_int_equal(count, 1);
    assert_int_equal(nalg_laws_prove(ctx, &norm, &count, rational), NALG_OK);
    fmpz_clear(c);
    nalg_laws_clear(&laws);
    nalg_model_free(model);
    nalg_model_free(rational);
}

/* Polynomials of degree <= 4 in k independent quadratic laws: k + k (k + 1) / 2, if nothing else is conserved. */
static void test_degree_four(void **state)
{
    (void)state;
    nalg_result *result = conserved("mlp 2-2-1 x^2", 4);
    assert_int_equal(integer(result, "count"), 2 + 3);
    assert_int_equal(integer(result, "independent"), 2);
    nalg_result_free(result);
    result = conserved("linear 2-2-2", 4);
    assert_int_equal(integer(result, "count"), 3 + 6);
    nalg_result_free(result);
    result = conserved("linear 2-2-2", 1);
    assert_int_equal(integer(result, "count"), 0);
    nalg_result_free(result);
}

/* More than a thousand unknowns in one class: settled by its rank. */
static void test_large_class(void **state)
{
    (void)state;
    nalg_result *result = conserved("mlp 6-10-10-3 x^2", 2);
    assert_int_equal(integer(result, "count"), 20);
    assert_int_equal(nalg_result_evidence(result), NALG_PROVED);
    nalg_result_free(result);
}

static void test_refusals(void **state)
{
    (void)state;
    nalg_model *model = test_model(ctx, "mlp 60-60-60-1 x^2");
    nalg_conserved_options options = {.degree = 2};
    nalg_result *result = NULL;
    assert_int_equal(nalg_conserved(ctx, &result, model, &options), NALG_E_LIMIT);
    options.degree = 9;
    assert_int_equal(nalg_conserved(ctx, &result, model, &options), NALG_E_ARGUMENT);
    nalg_model_free(model);
}

/* ---- the flow itself ---- */

static double value(const nalg_law *l, const double *w)
{
    double sum = 0;
    for (size_t i = 0; i < l->terms; i++) {
        double product = fmpz_get_d(&l->coefficient[i]);
        for (size_t k = 0; k < nalg_monomial_degree(&l->monomial[i]); k++) product *= w[l->monomial[i].factor[k]];
        sum += product;
    }
    return sum;
}

typedef struct {
    nalg_gradient gradient;
    size_t parameters, samples;
    double *x, *y;
} training;

/* Minus the gradient of half the squared loss: for each sample the field of the functional f - y. */
static void descent(training *t, double *out, const double *w)
{
    size_t inputs = t->gradient.jacobian.inputs, outputs = t->gradient.jacobian.outputs;
    double g[MOST_WEIGHTS], residual[MOST_WEIGHTS] = {0};
    for (size_t i = 0; i < t->parameters; i++) out[i] = 0;
    for (size_t s = 0; s < t->samples; s++) {
        nalg_gradient_set_input(&t->gradient, t->x + s * inputs, residual);
        assert_true(nalg_gradient_at(&t->gradient, g, w));
        const double *f = nalg_evaluation_value(t->gradient.evaluation, t->gradient.jacobian.output);
        for (size_t o = 0; o < outputs; o++) residual[o] = f[o] - t->y[s * outputs + o];
        nalg_gradient_set_input(&t->gradient, t->x + s * inputs, residual);
        assert_true(nalg_gradient_at(&t->gradient, g, w));
        for (size_t i = 0; i < t->parameters; i++) out[i] -= g[i];
    }
}

/* Classical Runge-Kutta of order four. */
static void step(training *t, double *w, double h)
{
    double k[4][MOST_WEIGHTS], at[MOST_WEIGHTS];
    for (int stage = 0; stage < 4; stage++) {
        for (size_t i = 0; i < t->parameters; i++) at[i] = w[i] + (stage ? k[stage - 1][i] * (stage == 3 ? h : h / 2) : 0);
        descent(t, k[stage], at);
    }
    for (size_t i = 0; i < t->parameters; i++) w[i] += h / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
}

static void train(const char *phrase)
{
    nalg_model *model = test_model(ctx, phrase);
    nalg_random random = nalg_random_stream(11, 0);
    nalg_field field;
    nalg_weight_names names = {0};
    nalg_laws known = {0};
    nalg_law_search found = {0};
    training t = {.parameters = nalg_model_parameters(model), .samples = 4};
    double w[MOST_WEIGHTS], start[MOST_WEIGHTS], moved = 0;
    nalg_field_real(&field);
    assert_true(t.parameters <= MOST_WEIGHTS);
    assert_int_equal(nalg_gradient_create(ctx, &t.gradient, model, &field), NALG_OK);
    assert_int_equal(nalg_weight_names_find(ctx, &names, model), NALG_OK);
    assert_int_equal(nalg_law_search_run(ctx, &found, model, &names, &known, 2), NALG_OK); /* all from the kernel */
    size_t nx = t.samples * t.gradient.jacobian.inputs, ny = t.samples * t.gradient.jacobian.outputs;
    t.x = malloc(nx * sizeof *t.x);
    t.y = malloc(ny * sizeof *t.y);
    for (size_t i = 0; i < nx; i++) t.x[i] = 0.5 * nalg_random_normal(&random);
    for (size_t i = 0; i < ny; i++) t.y[i] = nalg_random_normal(&random);
    for (size_t i = 0; i < t.parameters; i++) w[i] = start[i] = 0.5 * nalg_random_normal(&random);
    for (int i = 0; i < 1000; i++) step(&t, w, 1e-3);
    for (size_t i = 0; i < t.parameters; i++) moved = fmax(moved, fabs(w[i] - start[i]));
    assert_true(moved > 0.05);
    assert_true(found.laws.count > 0);
    for (size_t k = 0; k < found.laws.count; k++) {
        assert_true(fabs(value(&found.laws.item[k], w) - value(&found.laws.item[k], start)) < 1e-8);
        double sum = 0; /* a control: without its last term no law stays constant */
        for (size_t i = 0; i + 1 < found.laws.item[k].terms; i++) {
            nalg_law one = {.monomial = &found.laws.item[k].monomial[i], .coefficient = &found.laws.item[k].coefficient[i], .terms = 1};
            sum += value(&one, w) - value(&one, start);
        }
        assert_true(fabs(sum) > 1e-8);
    }
    nalg_law_search_clear(&found);
    nalg_weight_names_clear(&names);
    nalg_gradient_clear(&t.gradient);
    free(t.x);
    free(t.y);
    nalg_model_free(model);
}

static void test_drift(void **state)
{
    (void)state;
    train("linear 2-2-2");
    train("linear 1-2-1");
    train("mlp 2-2-1 x^2");
    train("mlp 2-2-2 x^3 bias");
    train("cnn k=2,2 x^2");
    train("attention d=2,1 a=2 t=2");
    train("input 2 | residual(dense 2 | x^2 | dense 2) | dense 1");
}

/* Jets against the product and quotient rules: (a + e1 b)(c + e2 d) and the inverse times itself. */
static void test_jets(void **state)
{
    (void)state;
    nalg_field f;
    const uint64_t p = 1000003;
    nalg_field_jets(&f, p, 2);
    const uint64_t x[4] = {3, 5, 0, 0}, y[4] = {7, 0, 11, 0};
    uint64_t z[4], inverse[4], one[4];
    f.multiply(&f, z, x, 1, y, 1, 1);
    assert_int_equal(z[0], 21);
    assert_int_equal(z[1], 35);
    assert_int_equal(z[2], 33);
    assert_int_equal(z[3], 55);
    assert_true(f.inverse(&f, inverse, z, 1));
    f.multiply(&f, one, z, 1, inverse, 1, 1);
    assert_int_equal(one[0], 1);
    for (int s = 1; s < 4; s++) assert_int_equal(one[s], 0);
    const uint64_t nilpotent[4] = {0, 1, 0, 0};
    assert_false(f.inverse(&f, inverse, nilpotent, 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_rows),       cmocka_unit_test(test_linear_formula), cmocka_unit_test(test_in_print),
        cmocka_unit_test(test_law_without_symmetry), cmocka_unit_test(test_one_field), cmocka_unit_test(test_grid), cmocka_unit_test(test_degree_four), cmocka_unit_test(test_large_class),
        cmocka_unit_test(test_refusals),         cmocka_unit_test(test_drift),          cmocka_unit_test(test_jets),
    };
    return cmocka_run_group_tests(tests, make_context, drop_context);
}
