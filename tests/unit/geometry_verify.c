/* Tampering: every leaf of honest documents is changed in turn and the checker must reject the document.
 *
 * Three kinds of leaves may change and leave a document that is still true; the table below names them all,
 * with the reason: free text, the witness of a lower bound (another witness may be as good: then it must be
 * one by a second computation, with the solver's batched Jacobian in place of the checker's sweep), and the
 * echoed weights (another question, answered as well). SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include <math.h>
#include "core/memory.h"
#include "core/result.h"
#include "field/prime.h"
#include "geometry/jacobian.h"
#include "learning/gradient_flow.h"
#include "neuroalg/bias.h"
#include "neuroalg/equations.h"
#include "neuroalg/landscape.h"
#include "neuroalg/learning.h"
#include "neuroalg/singular.h"
#include "model/weights.h"
#include "support/support.h"

#define LONG_ARRAY 8
#define NOISE 1e-9

/* Keys whose values are no claims. */
static const struct {
    const char *path, *reason;
} free_leaves[] = {
    {"/elapsed_s", "a measured time: any non-negative number"},
    {"/threads", "the answer does not depend on it: any number from 1 to 256"},
    {"/neuroalg", "the version that wrote the document: any text"},
    {"/evidence/question/depth", "another question that may have the same answer"},
    {"/evidence/question/limit", "the same"},
    {"/evidence/question/degree_limit", "the same"},
    {"/evidence/question/noise", "the same: used around data only"},
    {"/evidence/paths", "a count of work"},
    {"/result/pixels_computed", "the same"},
    {"/result/pixels_lost", "the same: of places that the picture had to guess"},
    {"/evidence/question/strata", "the same: too little data leaves no strata to solve"},
};

/* Another witness is a proof too. */
static const char *const witness_leaves[] = {
    "/evidence/lower/prime",         "/evidence/lower/trial",
    "/evidence/lower/samples",       "/evidence/lower/pivot_parameters",
    "/evidence/lower/pivot_samples", "/evidence/lower/pivot_directions",
    "/result/local_evidence/lower",  "/result/local_evidence/weights",
};

typedef struct {
    const char *model; /* the phrase of the document */
    json_t *document;
    bool any_seed; /* the answer is the same for all seeds, and says nothing of the points drawn */
    size_t tried, rejected, false_witnesses, witnesses, wrong;
} tampering;

static bool prefixed(const char *path, const char *prefix)
{
    return !strncmp(path, prefix, strlen(prefix));
}

static bool is_free(const char *path)
{
    for (size_t i = 0; i < sizeof free_leaves / sizeof *free_leaves; i++)
        if (!strcmp(path, free_leaves[i].path)) return true;
    return false;
}

static bool is_witness(const char *path)
{
    for (size_t i = 0; i < sizeof witness_leaves / sizeof *witness_leaves; i++)
        if (prefixed(path, witness_leaves[i])) return true;
    return false;
}

static bool accepted(const json_t *document)
{
    nalg_ctx *ctx = test_context();
    nalg_result given = {(json_t *)(uintptr_t)document}, *checked = NULL;
    bool valid =
        nalg_verify(ctx, &checked, &given) == NALG_OK && nalg_result_truth(checked, "valid") == NALG_TRUE;
    nalg_result_free(checked);
    nalg_ctx_free(ctx);
    return valid;
}

/* ---- is a witness a witness? ---- */

static uint64_t whole(const json_t *object, const char *key)
{
    const json_t *v = json_object_get(object, key);
    const char *digits = json_string_value(v);
    return digits ? strtoull(digits, NULL, 10) : (uint64_t)json_integer_value(v);
}

static bool distinct(const json_t *list, size_t limit)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_int_t v = json_integer_value(json_array_get(list, i));
        if (v < 0 || (size_t)v >= limit) return false;
        for (size_t j = 0; j < i; j++)
            if (v == json_integer_value(json_array_get(list, j))) return false;
    }
    return true;
}

/* Residues of the echoed weights; NULL without them. */
static uint64_t *echoed_weights(nalg_ctx *ctx, const json_t *list, size_t parameters, uint64_t prime)
{
    char text[4096] = "";
    nalg_weights weights = {0};
    for (size_t i = 0; i < json_array_size(list); i++)
        test_append(text, sizeof text, "%s ", json_string_value(json_array_get(list, i)));
    uint64_t *residues = calloc(parameters, sizeof *residues);
    bool ok = nalg_weights_parse(ctx, &weights, text, strlen(text), parameters) == NALG_OK &&
              nalg_weights_residues(&weights, prime, residues);
    nalg_weights_clear(&weights);
    if (ok) return residues;
    free(residues);
    return NULL;
}

/* The minor of `lower` by the solver's Jacobian and FLINT's rank. */
static bool witness_holds(const json_t *lower, const json_t *weights, const char *phrase)
{
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, phrase);
    const json_t *rows = json_object_get(lower, "pivot_parameters"),
                 *columns = json_object_get(lower, "pivot_samples");
    uint64_t prime = whole(lower, "prime"), samples = whole(lower, "samples"), rank = whole(lower, "rank");
    size_t parameters = nalg_model_parameters(model);
    bool holds = nalg_is_prime(prime) && samples < 10000 && json_array_size(rows) == rank &&
                 json_array_size(columns) == rank && distinct(rows, parameters) && distinct(columns, samples);
    uint64_t *residues = holds && weights ? echoed_weights(ctx, weights, parameters, prime) : NULL;
    nalg_point point = {prime, whole(lower, "seed"), (uint32_t)whole(lower, "trial"), residues};
    if (holds && (!weights || residues)) {
        nalg_jacobian j;
        nalg_field field;
        nalg_field_word(&field, prime);
        uint64_t *matrix = calloc(parameters * samples, sizeof *matrix);
        assert_int_equal(nalg_jacobian_gradient(ctx, &j, model), NALG_OK);
        holds = nalg_jacobian_matrix(ctx, matrix, &j, &field, &point, samples) == NALG_OK;
        nmod_mat_t minor;
        nmod_mat_init(minor, (slong)rank, (slong)rank, prime);
        for (size_t r = 0; r < rank; r++)
            for (size_t c = 0; c < rank; c++)
                nmod_mat_entry(minor, (slong)r, (slong)c) =
                    matrix[(size_t)json_integer_value(json_array_get(rows, r)) * samples +
                           (size_t)json_integer_value(json_array_get(columns, c))];
        holds = holds && (uint64_t)nmod_mat_rank(minor) == rank;
        nmod_mat_clear(minor);
        nalg_jacobian_clear(&j);
        free(matrix);
    }
    free(residues);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
    return holds;
}

static bool still_true(const tampering *t, const json_t *document, const char *path)
{
    const json_t *local = json_object_get(json_object_get(document, "result"), "local_evidence");
    const json_t *lower =
        json_object_get(prefixed(path, "/result") ? local : json_object_get(document, "evidence"), "lower");
    if (json_object_get(lower, "pivot_directions"))
        return true; /* sketches: only the checker draws directions */
    return witness_holds(lower, prefixed(path, "/result") ? json_object_get(local, "weights") : NULL,
                         t->model);
}

/* ---- changing one value ---- */

/* Judge the document as it stands now. */
static void judge(tampering *t, const char *path, const char *change)
{
    t->tried++;
    if (!accepted(t->document)) {
        t->rejected++;
        t->false_witnesses += is_witness(path);
    } else if (is_witness(path) && still_true(t, t->document, path)) {
        t->witnesses++;
    } else {
        print_error("%s: %s %s is accepted\n", t->model, path, change);
        t->wrong++;
    }
}

/* Put `value` (a new reference) in the place of `old` for one judgement. */
static void replace(tampering *t, json_t *parent, const char *key, size_t index, json_t *value,
                    const char *path, const char *change)
{
    json_t *old = json_incref(key ? json_object_get(parent, key) : json_array_get(parent, index));
    if (json_equal(old, value)) {
        json_decref(value);
    } else {
        assert_int_equal(
            key ? json_object_set_new(parent, key, value) : json_array_set_new(parent, index, value), 0);
        judge(t, path, change);
        assert_int_equal(key ? json_object_set(parent, key, old) : json_array_set(parent, index, old), 0);
    }
    json_decref(old);
}

/* Rounding errors: any other of this size is as true. */
static bool is_noise(const char *path, double x)
{
    const char *last = strrchr(path, '/');
    return fabs(x) < NOISE && (!strcmp(last, "/gradient") || !strcmp(last, "/trace_residual") ||
                               prefixed(path, "/result/complex_losses"));
}

static void tamper_scalar(tampering *t, json_t *parent, const char *key, size_t index, const json_t *v,
                          const char *path)
{
    if (json_is_integer(v)) {
        const json_int_t n = json_integer_value(v),
                         changed[] = {n + 1, n - 1, 0, -n, INT64_C(9007199254740993), INT64_MAX};
        for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
            char change[40];
            snprintf(change, sizeof change, "= %lld", (long long)changed[i]);
            replace(t, parent, key, index, json_integer(changed[i]), path, change);
        }
        replace(t, parent, key, index, json_real((double)n + 0.5), path, "a fraction");
        replace(t, parent, key, index, json_string("x"), path, "a string");
    } else if (json_is_real(v)) {
        const double x = json_real_value(v), changed[] = {x + 1, x - 1, x / 2, 0, -1, 1e300};
        for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
            char change[40];
            if (is_noise(path, x) && changed[i] >= 0 && changed[i] < NOISE) continue;
            snprintf(change, sizeof change, "= %g", changed[i]);
            replace(t, parent, key, index, json_real(changed[i]), path, change);
        }
    } else if (json_is_string(v)) {
        char longer[2048];
        snprintf(longer, sizeof longer, "%s~", json_string_value(v));
        replace(t, parent, key, index, json_string(longer), path, "with ~ more");
        snprintf(longer, sizeof longer, "%s1",
                 json_string_value(v)); /* a phrase may mean the same: x1 is x */
        if (strcmp(path, "/model/spec") && !prefixed(path, "/evidence/certificate/solutions")) /* 0x0p+01 */
            replace(t, parent, key, index, json_string(longer), path, "with 1 more");
        replace(t, parent, key, index, json_string(""), path, "emptied");
        replace(t, parent, key, index, json_string("proved"), path, "= proved");
        replace(t, parent, key, index, json_string("unknown"), path, "= unknown");
        replace(t, parent, key, index, json_integer(1), path, "a number");
    } else if (json_is_boolean(v)) {
        replace(t, parent, key, index, json_boolean(!json_is_true(v)), path, "flipped");
    } else if (json_is_null(v)) {
        replace(t, parent, key, index, json_integer(1), path, "= 1");
        replace(t, parent, key, index, json_true(), path, "= true");
    }
    if (!json_is_null(v)) replace(t, parent, key, index, json_null(), path, "= null");
}

static void tamper_array(tampering *t, json_t *parent, const char *key, size_t index, json_t *v,
                         const char *path)
{
    size_t n = json_array_size(v);
    json_t *changed = json_copy(v);
    json_array_remove(changed, n - 1);
    replace(t, parent, key, index, changed, path, "without its last");
    changed = json_copy(v);
    json_array_remove(changed, 0);
    replace(t, parent, key, index, changed, path, "without its first");
    changed = json_copy(v);
    json_array_append(changed, json_array_get(v, n - 1));
    replace(t, parent, key, index, changed, path, "with its last twice");
    changed = json_array();
    for (size_t i = n; i-- > 0;) json_array_append(changed, json_array_get(v, i));
    replace(t, parent, key, index, changed, path, "reversed");
    replace(t, parent, key, index, json_array(), path, "emptied");
}

static void tamper_value(tampering *t, json_t *parent, const char *key, size_t index, const char *path);

static void tamper_inside(tampering *t, json_t *v, const char *path)
{
    char deeper[512];
    if (json_is_array(v)) {
        size_t n = json_array_size(v),
               step = n > LONG_ARRAY ? n / 3 : 1; /* a few entries of long lists of indices */
        for (size_t i = 0; i < n; i += step) {
            snprintf(deeper, sizeof deeper, "%s/%zu", path, i);
            tamper_value(t, v, NULL, i, deeper);
        }
        return;
    }
    const char *key;
    json_t *member, *keys = json_array();
    json_object_foreach(v, key, member) json_array_append_new(keys, json_string(key));
    for (size_t i = 0; i < json_array_size(keys); i++) {
        key = json_string_value(json_array_get(keys, i));
        snprintf(deeper, sizeof deeper, "%s/%s", path, key);
        tamper_value(t, v, key, 0, deeper);
    }
    json_decref(keys);
}

static void tamper_value(tampering *t, json_t *parent, const char *key, size_t index, const char *path)
{
    json_t *v = json_incref(key ? json_object_get(parent, key) : json_array_get(parent, index));
    if (is_free(path) || (t->any_seed && !strcmp(path, "/seed"))) {
        json_decref(v);
        return;
    }
    if (key) {
        json_object_del(parent, key);
        judge(t, path, "removed");
        json_object_set(parent, key, v);
    }
    if (json_is_array(v) && json_array_size(v)) tamper_array(t, parent, key, index, v, path);
    if (json_is_array(v) || json_is_object(v)) {
        replace(t, parent, key, index, json_integer(0), path, "= 0");
        tamper_inside(t, v, path);
    } else {
        tamper_scalar(t, parent, key, index, v, path);
    }
    json_decref(v);
}

/* Everything in one honest document: the number of changes wrongly accepted. `kind` and `rule` (may be NULL)
 * say what its upper bound must rest on. */
static size_t tamper(const char *phrase, const char *weights, const char *kind, const char *rule)
{
    nalg_ctx *ctx = test_context();
    nalg_dim_options options;
    nalg_dim_options_init(&options);
    options.weights = weights;
    options.weights_length = weights ? strlen(weights) : 0;
    nalg_result *honest = test_dim(ctx, phrase, &options);
    tampering t = {.model = phrase, .document = json_deep_copy(honest->document)};
    const json_t *upper = json_object_get(json_object_get(t.document, "evidence"), "upper");
    assert_string_equal(json_string_value(json_object_get(upper, "kind")), kind);
    if (rule)
        assert_string_equal(json_string_value(json_object_get(json_object_get(upper, "proof"), "rule")),
                            rule);
    assert_true(accepted(t.document));
    tamper_inside(&t, t.document, "");
    assert_true(accepted(t.document));
    print_message("%-40s %5zu changes, %5zu rejected, %3zu other witnesses\n", phrase, t.tried, t.rejected,
                  t.witnesses);
    assert_true(t.rejected > 100 && t.false_witnesses > 20);
    json_decref(t.document);
    nalg_result_free(honest);
    nalg_ctx_free(ctx);
    return t.wrong;
}

static void test_symmetries(void **state)
{
    (void)state;
    size_t wrong = 0;
    wrong += tamper("mlp 2-1-1 x^2", NULL, "symmetries", NULL);
    wrong += tamper("attention d=2 a=1 t=2", NULL, "symmetries", NULL);
    wrong += tamper("gcnn group=Z3 layers=2 x^2", NULL, "symmetries", NULL);
    wrong += tamper("linear 2-3-1", NULL, "symmetries", NULL); /* many minors are singular */
    assert_int_equal(wrong, 0);
}

static void test_closed_formulas(void **state)
{
    (void)state;
    size_t wrong = 0;
    wrong += tamper("mlp 1-1-1 x^2+x", NULL, "parameters", NULL);
    wrong += tamper("mlp 2-2-1 x^2", NULL, "ambient", NULL);
    wrong += tamper("attention d=1 a=2 t=2 heads=2 dv=1", NULL, "coefficients", NULL);
    wrong +=
        tamper("input 1 | dense 1 | program(w(1);add(x,v1);w(1);mul(v2,v3)) | x^2+x", NULL, "wider", NULL);
    assert_int_equal(wrong, 0);
}

/* The larger documents, in a run of their own. */
static void test_large(void **state)
{
    (void)state;
    size_t wrong = 0;
    wrong += tamper("attention d=2,3,2 a=1,1 t=2", NULL, "narrower", NULL);
    wrong += tamper("attention d=3,3 a=3 t=2 heads=2 dv=3", NULL, "heads", NULL);
    wrong += tamper("mlp 3-5-1 x^4", NULL, "recursion", "theorem");
    wrong += tamper("mlp 5-3-2-4 x", NULL, "recursion", "rank");
    wrong += tamper("mlp 3-4-6-9-1 x^2", NULL, "recursion", "relations");
    assert_int_equal(wrong, 0);
}

static void test_recursion(void **state)
{
    (void)state;
    size_t wrong = 0;
    wrong += tamper("mlp 3-2-1 x^2", NULL, "recursion", "general_linear");
    wrong += tamper("mlp 2-1-2-1 x^2", NULL, "recursion", "split");
    wrong += tamper("mlp 3-2-1 x^2+x bias", NULL, "recursion", "affine");
    assert_int_equal(wrong, 0);
}

static void test_sketch(void **state)
{
    (void)state;
    size_t wrong = 0;
    wrong += tamper("mlp 1-7-8-1 x^2", NULL, "ambient", NULL);
    assert_int_equal(wrong, 0);
}

static void test_probable(void **state)
{
    (void)state;
    size_t wrong = 0;
    wrong += tamper("input 1 | residual(dense 2 | x^3 | dense 1)", NULL, "symmetries", NULL);
    assert_int_equal(wrong, 0);
}

static void test_weights(void **state)
{
    (void)state;
    size_t wrong = 0;
    wrong += tamper("mlp 2-1-1 x^2", "1.5 -2 0.25", "symmetries", NULL);
    wrong +=
        tamper("mlp 1-2-1 x^2+x", "1 1 0 2", "ambient", NULL); /* a local dimension below the dimension */
    assert_int_equal(wrong, 0);
}

/* A question with options of its own. */
typedef nalg_status question(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const void *options);

/* Every change of the honest answer: the number of changes wrongly accepted. */
static size_t tamper_answer(const char *phrase, question *ask, const void *options, bool any_seed)
{
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, phrase);
    nalg_result *honest = NULL;
    assert_int_equal(ask(ctx, &honest, model, options), NALG_OK);
    tampering t = {.model = phrase, .any_seed = any_seed, .document = json_deep_copy(honest->document)};
    assert_true(accepted(t.document));
    tamper_inside(&t, t.document, "");
    assert_true(accepted(t.document));
    print_message("%-40s %5zu changes, %5zu rejected\n", phrase, t.tried, t.rejected);
    assert_true(t.rejected > 100);
    json_decref(t.document);
    nalg_result_free(honest);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
    return t.wrong;
}

static nalg_status ask_equations(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                                 const void *options)
{
    return nalg_equations(ctx, out, model, options);
}

static nalg_status ask_singular(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                                const void *options)
{
    return nalg_singular(ctx, out, model, options);
}

static nalg_status ask_bias(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const void *options)
{
    return nalg_bias(ctx, out, model, options);
}

static size_t tamper_equations(const char *phrase, int degree, const char *member)
{
    nalg_equations_options options = {
        .degree = degree, .member = member, .member_length = member ? strlen(member) : 0};
    return tamper_answer(phrase, ask_equations, &options, false);
}

static size_t tamper_singular(const char *phrase, const char *weights)
{
    nalg_singular_options options;
    nalg_singular_options_init(&options);
    options.weights = weights;
    options.weights_length = weights ? strlen(weights) : 0;
    return tamper_answer(phrase, ask_singular, &options, true);
}

static size_t tamper_bias(const char *phrase, const nalg_data *around)
{
    nalg_bias_options options;
    nalg_bias_options_init(&options);
    options.targets = 4;
    options.starts = 2;
    options.around = around;
    options.train = nalg_flow_available();
    return tamper_answer(phrase, ask_bias, &options, false);
}

static void test_equations(void **state)
{
    (void)state;
    size_t wrong = tamper_equations("cnn k=2,2 x^2", 3, "x1^2 + x2^2");
    wrong += tamper_equations("linear 2-1-2", 2, NULL);
    wrong += tamper_equations("mlp 1-1-1 x^2 bias", 2, NULL);      /* no equations */
    wrong += tamper_equations("attention d=2,1 a=1 t=1", 2, NULL); /* linear relations */
    assert_int_equal(wrong, 0);
}

static void test_singular(void **state)
{
    (void)state;
    size_t wrong = tamper_singular("mlp 2-1-1 x^2", NULL); /* theorem and paths */
    wrong += tamper_singular("cnn k=2,2 x^2", NULL);       /* paths only */
    wrong += tamper_singular("linear 2-1-3", "1 2 3 5 7");
    assert_int_equal(wrong, 0);
}

static void test_bias(void **state)
{
    (void)state;
    const double x[] = {0.75, -1.25, 2}, y[] = {1, -2, 1};
    const nalg_data data = {.inputs = x, .targets = y, .samples = 3, .input_size = 1, .output_size = 1};
    size_t wrong = tamper_bias("mlp 2-1-1 x^2", NULL);
    wrong += tamper_bias("input 1 | dense 1 | x^2 | dense 1", &data);
    assert_int_equal(wrong, 0);
}

/* Data and the options of a question about it. */
typedef struct {
    nalg_data data;
    nalg_landscape_options landscape;
} data_question;

static nalg_status ask_landscape(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                                 const void *options)
{
    const data_question *q = options;
    return nalg_landscape(ctx, out, model, &q->data, &q->landscape);
}

/* whole: the list does not depend on the seed. */
static size_t tamper_landscape(const char *phrase, const nalg_data *data, const char *weights, bool whole)
{
    data_question q = {.data = *data};
    nalg_landscape_options_init(&q.landscape);
    q.landscape.weights = weights;
    q.landscape.weights_length = weights ? strlen(weights) : 0;
    return tamper_answer(phrase, ask_landscape, &q, whole);
}

static nalg_status ask_discriminant(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                                    const void *options)
{
    nalg_discriminant_options o;
    nalg_discriminant_options_init(&o);
    o.size = 9;
    return nalg_discriminant(ctx, out, model, &((const data_question *)options)->data, &o);
}

static void test_discriminant(void **state)
{
    (void)state;
    const double x[] = {0.75, -1.25, 2, 0.5, -1, 1.5, 0.25, 1, -0.5, -0.75, 1, 0.5}, y[] = {1, -2, 1, 0.5};
    const data_question q = {.data = {x, y, 4, 3, 1}};
    assert_int_equal(tamper_answer("cnn k=2,2 x^2", ask_discriminant, &q, true), 0);
}

static void test_landscape(void **state)
{
    (void)state;
    const double x[] = {0.75, -1.25, 2, 0.5, -1, 1.5, 0.25, 1, -0.5, -0.75}, y[] = {1, -2, 1, 0.5, 3},
                 z[] = {1, -2, 1, 0.5, 3, -1, 0.25, 2, -1, 1};
    const nalg_data one = {x, y, 5, 2, 1}, two = {x, z, 5, 2, 2}, few = {x, y, 2, 3, 1};
    size_t wrong = tamper_landscape("mlp 2-1-1 x^2", &one, NULL, true);
    wrong += tamper_landscape("linear 2-1-2", &two, "1 2 3 5", true);
    wrong += tamper_landscape("cnn k=2,2 x^2", &few, NULL, false); /* a continuum */
    wrong += tamper_landscape("mlp 2-1-1 x^2 bias", &one, NULL, true); /* a limit */
    assert_int_equal(wrong, 0);
}

static nalg_status ask_conserved(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                                 const void *options)
{
    return nalg_conserved(ctx, out, model, options);
}

static nalg_status ask_tangent(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const void *options)
{
    return nalg_tangent(ctx, out, model, options);
}

static nalg_status ask_rlct(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const void *options)
{
    return nalg_rlct(ctx, out, model, options);
}

static nalg_status ask_bounds(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const void *options)
{
    (void)options;
    return nalg_bounds(ctx, out, model);
}

/* Laws by symmetry, and one by a grid of points. */
static void test_conserved(void **state)
{
    (void)state;
    const nalg_conserved_options cubic = {.degree = 3};
    size_t wrong = tamper_answer("linear 1-2-1", ask_conserved, NULL, false);
    wrong += tamper_answer("mlp 1-1-1 x^2", ask_conserved, &cubic, false);
    assert_int_equal(wrong, 0);
}

static void test_tangent(void **state)
{
    (void)state;
    const double x[] = {0.75, -1.25, 2, 0.5}, y[] = {0, 0};
    const nalg_data data = {.inputs = x, .targets = y, .samples = 2, .input_size = 2, .output_size = 1};
    nalg_tangent_options options;
    nalg_tangent_options_init(&options);
    options.samples = 2; /* both eigenvalues are positive: at zero a change may be one of rounding */
    size_t wrong = tamper_answer("mlp 2-2-1 x^3", ask_tangent, &options, false);
    options.data = &data;
    options.weights = "1 -2 4.5";
    options.weights_length = 8;
    wrong += tamper_answer("mlp 2-1-1 x^2", ask_tangent, &options, true);
    assert_int_equal(wrong, 0);
}

static size_t tamper_rlct(const char *phrase, const char *truth)
{
    nalg_rlct_options options;
    nalg_rlct_options_init(&options);
    options.truth = truth;
    options.estimate = NALG_ESTIMATE_NEVER;
    return tamper_answer(phrase, ask_rlct, &options, true);
}

static void test_rlct(void **state)
{
    (void)state;
    size_t wrong = tamper_rlct("linear 2-2-2", "rank=1"); /* theorem */
    wrong += tamper_rlct("mlp 2-1-1 x^2", NULL);          /* regular */
    wrong += tamper_rlct("mlp 2-2-1 x^2", "zero");        /* bounds only */
    assert_int_equal(wrong, 0);
}

static void test_bounds(void **state)
{
    (void)state;
    assert_int_equal(tamper_answer("mlp 2-1-1 x^2", ask_bounds, NULL, true), 0);
}

/* A sampled estimate is refused, not confirmed. */
static void test_estimate(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_model *model = test_model(ctx, "mlp 1-1-1 x^2");
    nalg_rlct_options options;
    nalg_result *estimate = NULL, *checked = NULL;
    nalg_rlct_options_init(&options);
    options.truth = "zero";
    options.estimate = NALG_ESTIMATE_ALWAYS;
    assert_int_equal(nalg_rlct(ctx, &estimate, model, &options), NALG_OK);
    assert_int_equal(nalg_verify(ctx, &checked, estimate), NALG_E_UNSUPPORTED);
    assert_null(checked);
    nalg_result_free(estimate);
    nalg_model_free(model);
    nalg_ctx_free(ctx);
}

/* `large` or `landscape` as the only argument: the slow parts. */
int main(int argc, char **argv)
{
    const struct CMUnitTest large[] = {cmocka_unit_test(test_large)};
    const struct CMUnitTest landscape[] = {cmocka_unit_test(test_landscape),
                                           cmocka_unit_test(test_discriminant)};
    if (argc > 1 && !strcmp(argv[1], "landscape")) return cmocka_run_group_tests(landscape, NULL, NULL);
    if (argc > 1 && !strcmp(argv[1], "large")) return cmocka_run_group_tests(large, NULL, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_symmetries), cmocka_unit_test(test_closed_formulas),
        cmocka_unit_test(test_recursion),  cmocka_unit_test(test_sketch),
        cmocka_unit_test(test_probable),   cmocka_unit_test(test_weights),
        cmocka_unit_test(test_equations),  cmocka_unit_test(test_singular),
        cmocka_unit_test(test_bias),       cmocka_unit_test(test_conserved),
        cmocka_unit_test(test_tangent),    cmocka_unit_test(test_rlct),
        cmocka_unit_test(test_bounds),     cmocka_unit_test(test_estimate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
