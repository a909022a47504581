/* Symmetries: every field of every family annihilates the gradients at random points (by the checker's scalar sweep), the number of
 * independent fields is the one counted by hand, and models that break a symmetry do not claim it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "certify/gradient.h"
#include "core/flint.h"
#include "core/memory.h"
#include "field/prime.h"
#include "model/symmetry.h"
#include "support/support.h"

#define POINTS 4

static uint64_t below(nalg_random *r, uint64_t p)
{
    return nalg_random_below(r, p);
}

/* Value of one term at w. */
static uint64_t term_value(const nalg_field_term *t, const uint64_t *w, uint64_t p)
{
    uint64_t c = t->coefficient < 0 ? p - (uint64_t)-t->coefficient % p : (uint64_t)t->coefficient % p;
    return t->source < 0 ? c % p : nalg_multiply_mod(c % p, w[t->source], p);
}

/* Do all fields vanish on the gradients at POINTS samples of one random weight vector? *rank: of the fields there. */
static bool annihilates(nalg_ctx *ctx, const nalg_model *model, const nalg_symmetries *s, uint64_t seed, size_t *rank)
{
    const uint64_t p = nalg_prime_word(3, 0);
    nalg_random r = nalg_random_stream(seed, 31);
    nalg_graph g;
    nalg_sweep sweep;
    int output;
    nalg_graph_init(&g);
    assert_int_equal(nalg_model_lower(ctx, model, &g, &output), NALG_OK);
    assert_int_equal(nalg_sweep_create(ctx, &sweep, &g, output, p), NALG_OK);
    size_t inputs = nalg_shape_size(&model->layers->in), outputs = nalg_shape_size(&model->layers->out), n = model->parameters;
    uint64_t *w = calloc(n, sizeof *w), *x = calloc(inputs, sizeof *x), *c = calloc(outputs, sizeof *c), *gradient = calloc(n, sizeof *gradient);
    nalg_vector_field v = {0};
    nmod_mat_t matrix;
    nmod_mat_init(matrix, (slong)nalg_symmetries_fields(s), (slong)n, p);
    bool all = true;
    for (size_t i = 0; i < n; i++) w[i] = below(&r, p);
    for (size_t sample = 0; sample < POINTS; sample++) {
        for (size_t i = 0; i < inputs; i++) x[i] = below(&r, p);
        for (size_t i = 0; i < outputs; i++) c[i] = below(&r, p);
        assert_true(nalg_sweep_run(&sweep, NULL, gradient, w, x, c));
        for (size_t i = 0, row = 0; i < s->count; i++)
            for (size_t f = 0; f < s->item[i].fields; f++, row++) {
                uint64_t sum = 0;
                assert_true(nalg_symmetry_field(&s->item[i], f, &v));
                for (size_t k = 0; k < v.count; k++) {
                    uint64_t value = term_value(&v.term[k], w, p);
                    assert_true(v.term[k].target < n && (v.term[k].source < 0 || (size_t)v.term[k].source < n));
                    sum = nalg_add_mod(sum, nalg_multiply_mod(value, gradient[v.term[k].target], p), p);
                    mp_limb_t *entry = &nmod_mat_entry(matrix, (slong)row, (slong)v.term[k].target);
                    if (sample == 0) *entry = nalg_add_mod(*entry, value, p);
                }
                if (sum) print_error("%s: field %zu of %s\n", model->spec, f, s->item[i].name);
                all = all && sum == 0;
            }
    }
    *rank = (size_t)nmod_mat_rank(matrix);
    nmod_mat_clear(matrix);
    free(v.term);
    free(w), free(x), free(c), free(gradient);
    nalg_sweep_clear(&sweep);
    nalg_graph_clear(&g);
    return all;
}

/* Independent dimensions of the known symmetries, by hand; the reason beside each. */
static const struct {
    const char *phrase;
    size_t dimension;
} cases[] = {
    {"mlp 2-3-1 x^2", 3},                  /* one scaling for each hidden unit */
    {"mlp 2-3-4-1 x^2,x^3", 7},            /* scalings travel through no more than one activation */
    {"mlp 2-3-1 x^2 bias", 3},
    {"mlp 2-3-1 1/x", 3},                  /* x^-1 carries scalings too */
    {"mlp 2-3-1 x^2+x", 0},                /* no monomial */
    {"mlp 2-3-1 x^2+x bias", 0},
    {"linear 3-2-3", 4},                   /* GL(2) */
    {"linear 3-2-3 bias", 6},              /* GL(2) and translations of the hidden units */
    {"linear 2-3-2-1", 12},                /* GL(3) and GL(2): 14 parameters, 2 functions */
    {"mlp 2-3-1 x bias", 10},              /* 13 parameters, 3 affine functions */
    {"mlp 2-3-1 2*x", 7},                  /* 2x commutes with GL(3): 9 parameters, 2 functions */
    {"cnn k=3,3,3 x^2", 2},                /* one scaling between filters, twice */
    {"cnn k=2,2 linear", 1},
    {"gcnn group=S3 layers=3 x^2", 2},
    {"input 2x5 | conv 2 out=3 | x^2 | conv 2 out=2", 3},
    {"input 2x5 | conv 2 out=3 bias | x^2 | flatten | dense 2", 3},
    {"input 2x5 | conv 2 out=3 | flatten | dense 1", 9}, /* GL(3) on channels */
    {"input 1x4x4 | conv2d 2x2 out=3 | x^2 | flatten | dense 2", 3},
    {"input 2x5 | conv 2 out=3 | x^2 | sumpool | dense 2", 3},
    {"input 5 | conv 2 | x^2 | sumpool | dense 2", 1},
    {"attention d=3 a=2 t=4", 4 + 1},      /* GL(2) between Q and K, scaling of scores against values */
    {"attention d=3 a=2 t=4 heads=2", 10},
    {"attention d=3 a=2 t=4 dv=2", 4 + 4 + 1},
    {"attention d=3,3,3 a=2,2 t=3", 2 * 5 + 9}, /* GL(3) between the layers */
    {"attention d=3 a=2 t=1", 2 * 3 + 1},  /* one token: SO(2,2) on (K; Q), and the scaling */
    {"attention d=3 a=1 t=1", 1 + 1},      /* SO(1,1) */
    {"attention d=2 a=1 t=2 norm=1+x", 1}, /* GL(1) between Q and K */
    {"attention d=2 a=2 t=3 norm=x^2", 4 + 1},
    {"attention d=2 a=1 t=1 norm=1+x", 4}, /* all of Q and K */
    {"input 3 | dense 2 | residual(dense 2 | x^2 | dense 2) | dense 1", 2 + 4}, /* scalings inside, and GL(2) around the block */
    {"input 3 | residual(dense 4 | x^2 | dense 3) | dense 1", 4},
    {"input 2 | dense 2 share=a | x^2 | dense 2 share=a", 0},
    {"input 2 | dense 3 | x^2 | dense 3 share=a | x^2 | dense 3 share=a | x^2 | dense 1", 0},
    {"input 2 | dense 3 | x^2 | dense 2 | x^2 | dense 2 share=a | x^2 | dense 2 share=a", 3},
    {"input 4 | dense 3 | sumpool | dense 1", 0}, /* acting on entries does not commute with their sum */
    {"input 3 | dense 2 | x^2", 0},        /* the action reaches the output */
    {"input 3 | program(w(6);mm(v1,x,2,3,1);w(4);mm(v3,v2,2,2,1))", 4},  /* B A x: GL(2) */
    {"input 3 | program(c(1,2,3,4,5,6,7,8,9);mm(v1,x,3,3,1);w(3);mm(v3,x,1,3,1);w(3);mm(v5,v4,3,1,1);add(v2,v6))", 1}, /* fixed W beside B A */
    {"input 3 | program(w(6);w(6);mm(v2,v1,3,2,3);c(1,2,3,4,5,6,7,8,9);add(v3,v4);mm(v5,x,3,3,1))", 4}, /* (W + B A) x */
    {"input 3 | program(w(6);view(v1,0,2:1,3:2);mm(v2,x,2,3,1);w(4);view(v4,0,2:1,2:2);c(3);mul(v6,v5);mm(v7,v3,2,2,1))", 4}, /* A^T, 3 B^T */
    {"input 2 | program(w(4);mm(v1,x,2,2,1);w(4);mm(v3,v2,2,2,1);w(4);mm(v5,v4,2,2,1))", 8}, /* GL(2) twice */
    {"input 2 | program(w(4);mm(v1,x,2,2,1);mm(v1,v2,2,2,1))", 0},       /* A A x: A is used twice */
    {"input 2 | program(w(4);mm(v1,x,2,2,1);mul(v2,v2);w(4);mm(v4,v3,2,2,1))", 0}, /* a square between them */
    {"input 2 | program(w(4);view(v1,0,2:1,2:0);mm(v2,x,2,2,1);w(2);mm(v4,v3,1,2,1))", 0}, /* a view that repeats entries is no matrix */
    {"input 3 | program(w(6);mm(v1,x,2,3,1);w(2);add(v2,v3);w(4);mm(v5,v4,2,2,1))", 4}, /* B (A x + a) */
    {"input 3 | dense 3 | x^2 | program(w(6);mm(v1,x,2,3,1);w(4);mm(v3,v2,2,2,1)) | x^2 | dense 1", 7}, /* GL(2), and 3 units that A undoes */
    {"input 3 | dense 2 | x^2 | program(w(2);w(3);mm(v2,v1,3,1,2);w(6);add(v3,v4);mm(v5,x,3,2,1))", 3}, /* (B A + W) x: GL(1), 2 units */
    {"input 3 | dense 2 | program(w(6);mm(x,v1,1,2,3))", 4}, /* rows times a matrix: GL(2) */
    {"input 3 | dense 2 | program(w(6);view(v1,0,2:1,3:2);mm(x,v2,1,2,3))", 4}, /* torch's transposed matrices */
    {"input 3 | dense 2 | x^2 | program(w(2);mm(v1,x,1,2,1);w(4);mm(v3,x,2,2,1);w(2);mm(v5,v4,1,2,1);add(v2,v6))", 6}, /* W x + B A x */
    {"input 3 | dense 2 | program(w(4);mm(v1,x,2,2,1);add(x,v2))", 0}, /* the input is added too */
    {"input 3 | dense 2 | program(w(4);mm(v1,x,2,2,1);mm(v1,v2,2,2,1))", 0}, /* A A x */
    {"input 3 | dense 2 | x^2 | program(c(1,2,3,4);mm(v1,x,2,2,1);w(4);mm(v3,v2,2,2,1))", 0}, /* a fixed matrix first */
    {"input 2x3 | conv 2 out=2 | x^2 | flatten | program(w(8);mm(v1,x,2,4,1))", 2}, /* channels of two entries */
    {"input 2 | program(w(4);mm(v1,x,2,2,1);w(4);mm(v3,v2,2,2,1)) share=a | x^2 | program(w(4);mm(v1,x,2,2,1);w(4);mm(v3,v2,2,2,1)) share=a", 0},
};

static void test_all_families(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nalg_model *model = test_model(ctx, cases[i].phrase);
        nalg_symmetries s;
        size_t rank, again;
        assert_int_equal(nalg_symmetries_find(ctx, &s, model), NALG_OK);
        bool ok = annihilates(ctx, model, &s, i, &rank);
        ok = annihilates(ctx, model, &s, i + 1000, &again) && ok && rank == again;
        if (!ok || rank != cases[i].dimension) print_error("%s: %zu dimensions, %zu expected\n", cases[i].phrase, rank, cases[i].dimension);
        wrong += !ok || rank != cases[i].dimension;
        nalg_symmetries_clear(&s);
        nalg_model_free(model);
    }
    assert_int_equal(wrong, 0);
    nalg_ctx_free(ctx);
}

static void append_block(char *text, size_t size, nalg_random *r, size_t *width, int depth)
{
    static const char *const activations[] = {"x^2", "x^3", "x^2+x", "1/x", "x", "3*x", "1/x^2", "x^2+1"};
    if (depth < 2 && below(r, 4) == 0) {
        size_t inner = 1 + below(r, 3);
        test_append(text, size, " | residual(dense %zu%s | %s | dense %zu%s)", inner, below(r, 2) ? " bias" : "", activations[below(r, 8)], *width,
                    below(r, 2) ? " bias" : "");
        return;
    }
    if (below(r, 5) == 0) { /* the width stays: the layer can be shared */
        test_append(text, size, " | dense %zu share=a", *width = 2);
    } else {
        test_append(text, size, " | dense %zu%s", *width = 1 + below(r, 3), below(r, 3) ? "" : " bias");
    }
    if (below(r, 3)) test_append(text, size, " | %s", activations[below(r, 8)]);
}

/* Random pipelines of dense layers, residual blocks, shared weights, biases and activations; convolutions and attention. */
static void random_phrase(char *text, size_t size, nalg_random *r)
{
    size_t width = 1 + below(r, 3);
    static const char *const activations[] = {"x^2", "x^3", "x^2+x", "1/x", "x"};
    switch (below(r, 4)) {
    case 0:
        snprintf(text, size, "input %zux%d", 1 + below(r, 2), 5);
        for (uint64_t n = 1 + below(r, 2); n > 0; n--)
            test_append(text, size, " | conv 2 out=%d%s | %s", (int)below(r, 3) + 1, below(r, 2) ? " bias" : "", activations[below(r, 5)]);
        test_append(text, size, "%s", below(r, 2) ? " | flatten | dense 2" : " | sumpool | dense 2");
        return;
    case 1:
        snprintf(text, size, "attention d=%d a=%d t=%d layers=%d heads=%d", (int)below(r, 3) + 1, (int)below(r, 2) + 1, (int)below(r, 3) + 1, (int)below(r, 2) + 1,
                 (int)below(r, 2) + 1);
        if (below(r, 3) == 0) test_append(text, size, " dv=%d", (int)below(r, 2) + 1);
        if (below(r, 3) == 0) test_append(text, size, " norm=%s", below(r, 2) ? "x^2" : "1+x");
        if (below(r, 3) == 0) test_append(text, size, " residual");
        return;
    default:
        snprintf(text, size, "input %zu", width);
        for (uint64_t n = 2 + below(r, 3); n > 0; n--) append_block(text, size, r, &width, 0);
    }
}

static void test_random_pipelines(void **state)
{
    (void)state;
    nalg_ctx *ctx = test_context();
    nalg_random r = nalg_random_stream(8, 15);
    size_t tried = 0, fields = 0;
    for (int trial = 0; trial < 600; trial++) {
        char text[512];
        nalg_model *model;
        nalg_symmetries s;
        size_t rank;
        random_phrase(text, sizeof text, &r);
        if (nalg_model_parse(ctx, &model, text, strlen(text)) != NALG_OK) continue; /* shared layers of different shapes */
        assert_int_equal(nalg_symmetries_find(ctx, &s, model), NALG_OK);
        assert_true(annihilates(ctx, model, &s, (uint64_t)trial, &rank));
        tried++;
        fields += nalg_symmetries_fields(&s);
        nalg_symmetries_clear(&s);
        nalg_model_free(model);
    }
    assert_true(tried > 400 && fields > 1000);
    nalg_ctx_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all_families), cmocka_unit_test(test_random_pipelines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
