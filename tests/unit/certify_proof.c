/* The checker of proof trees: each rule with a value worked out by hand is accepted, and with any other number rejected.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>
#include "certify/proof.h"
#include "support/support.h"

static const uint64_t two = 2, three = 3, four = 4, quadratic[] = {2, 1};

/* Every head has independent outputs. */
static size_t full_rank(void *user, size_t from, size_t to, bool with_constant)
{
    (void)from;
    return ((const nalg_proof_chain *)user)->width[to] + with_constant;
}

/* A chain with the same activation everywhere; exponents NULL: none. */
static nalg_proof_chain chain(const size_t *width, size_t layers, const uint64_t *exponents, size_t count, bool bias)
{
    nalg_proof_chain c = {.layers = layers, .bias = bias, .head_rank = full_rank};
    for (size_t l = 0; l <= layers; l++) c.width[l] = width[l];
    for (size_t l = 1; l < layers; l++)
        c.activation[l] = (nalg_proof_activation){.exponent = exponents, .count = count, .scales = !exponents || count == 1, .identity = !exponents};
    return c;
}

static bool check(nalg_proof_chain c, const char *proof, uint64_t value)
{
    json_t *tree = json_loads(proof, 0, NULL);
    assert_non_null(tree);
    c.user = &c;
    bool ok = nalg_proof_check(&c, tree, value);
    json_decref(tree);
    return ok;
}

/* {"rule": rule, "from": 0, "to": layers, "value": value} and `more`: right with `value`, wrong with its neighbours. */
static void expect(nalg_proof_chain c, const char *rule, const char *more, uint64_t value)
{
    char text[1024];
    for (int change = -1; change <= 1; change++) {
        uint64_t claimed = value + (uint64_t)change;
        snprintf(text, sizeof text, "{\"rule\":\"%s\",\"from\":0,\"to\":%zu,\"value\":%llu%s}", rule, c.layers, (unsigned long long)claimed, more);
        if (check(c, text, claimed) != (change == 0)) print_error("%s with %llu\n", rule, (unsigned long long)claimed);
        assert_int_equal(check(c, text, claimed), change == 0);
        if (change == 0) assert_false(check(c, text, value + 1)); /* the tree proves another bound than asked */
    }
    snprintf(text, sizeof text, "{\"rule\":\"%s\",\"from\":1,\"to\":%zu,\"value\":%llu%s}", rule, c.layers, (unsigned long long)value, more);
    assert_false(check(c, text, value));
    snprintf(text, sizeof text, "{\"rule\":\"%sx\",\"from\":0,\"to\":%zu,\"value\":%llu%s}", rule, c.layers, (unsigned long long)value, more);
    assert_false(check(c, text, value));
    snprintf(text, sizeof text, "{\"rule\":\"%s\",\"from\":0,\"to\":%zu%s}", rule, c.layers, more);
    assert_false(check(c, text, value));
}

static void test_closed_rules(void **state)
{
    (void)state;
    /* weights 6 + 3, minus 3 scalings of hidden units */
    expect(chain((size_t[]){2, 3, 1}, 2, &two, 1, false), "parameters", "", 6);
    /* with biases 9 + 4; the translations of an identity count too: 13 - 3 - 3 */
    expect(chain((size_t[]){2, 3, 1}, 2, &two, 1, true), "parameters", "", 10);
    expect(chain((size_t[]){2, 3, 1}, 2, NULL, 0, true), "parameters", "", 7);
    expect(chain((size_t[]){2, 3, 1}, 2, quadratic, 2, false), "parameters", "", 9);
    /* binary forms of degree 4, for 2 outputs */
    expect(chain((size_t[]){2, 3, 3, 2}, 3, &two, 1, false), "ambient", "", 10);
    /* degrees 1 and 2 in 2 variables: 2 + 3; with biases 1 too */
    expect(chain((size_t[]){2, 3, 1}, 2, quadratic, 2, false), "ambient", "", 5);
    expect(chain((size_t[]){2, 3, 1}, 2, quadratic, 2, true), "ambient", "", 6);
    /* a 4 x 10 matrix (quadrics in 4 variables) of rank at most 2 */
    expect(chain((size_t[]){4, 2, 4}, 2, &two, 1, false), "rank", "", 2 * (4 + 10 - 2));
    /* Alexander-Hirschowitz: ternary quartics with 5 squares, 14 in place of 15 */
    expect(chain((size_t[]){3, 5, 1}, 2, &four, 1, false), "theorem", "", 14);
    expect(chain((size_t[]){5, 7, 1}, 2, &three, 1, false), "theorem", "", 34);
    assert_false(check(chain((size_t[]){3, 6, 1}, 2, &four, 1, false), "{\"rule\":\"theorem\",\"from\":0,\"to\":2,\"value\":14}", 14));
    assert_false(check(chain((size_t[]){3, 5, 1}, 2, &four, 1, true), "{\"rule\":\"theorem\",\"from\":0,\"to\":2,\"value\":14}", 14));
}

static void test_composed_rules(void **state)
{
    (void)state;
    /* 2-2-2-1 with squares: (8 - 2 = 6, but binary quadrics) split at 2: 6 + 2 - 2 */
    expect(chain((size_t[]){2, 2, 2, 1}, 3, &two, 1, false), "split",
           ",\"at\":2,\"orbit\":2,\"head\":{\"rule\":\"parameters\",\"from\":0,\"to\":2,\"value\":6},\"tail\":{\"rule\":\"parameters\",\"from\":2,\"to\":3,\"value\":2}", 6);
    /* 3-2-1: linear forms 6, quadrics in 2 variables 3, minus GL(2) */
    expect(chain((size_t[]){3, 2, 1}, 2, &two, 1, false), "general_linear", ",\"at\":1,\"orbit\":4,\"head\":{\"rule\":\"parameters\",\"from\":0,\"to\":1,\"value\":6}", 5);
    /* with biases: 8 + 6 - 2 * 3, the affine group of the plane */
    expect(chain((size_t[]){3, 2, 1}, 2, quadratic, 2, true), "affine", ",\"at\":1,\"orbit\":6,\"head\":{\"rule\":\"parameters\",\"from\":0,\"to\":1,\"value\":8}", 8);
    /* 3-4-6-9-1: four squares in three variables satisfy an equation of degree 4: 12 + 35 - 1 - 4 */
    expect(chain((size_t[]){3, 4, 6, 9, 1}, 4, &two, 1, false), "relations", ",\"at\":1,\"orbit\":4,\"head\":{\"rule\":\"parameters\",\"from\":0,\"to\":1,\"value\":12}", 42);
    nalg_proof_chain c = chain((size_t[]){3, 2, 1}, 2, &two, 1, false);
    /* an orbit larger than the group's, an interface outside, a head of another block, no head, a head with a false value */
    assert_false(check(c, "{\"rule\":\"general_linear\",\"from\":0,\"to\":2,\"value\":4,\"at\":1,\"orbit\":5,\"head\":{\"rule\":\"parameters\",\"from\":0,\"to\":1,\"value\":6}}", 4));
    assert_false(check(c, "{\"rule\":\"general_linear\",\"from\":0,\"to\":2,\"value\":5,\"at\":2,\"orbit\":4,\"head\":{\"rule\":\"parameters\",\"from\":0,\"to\":2,\"value\":6}}", 5));
    assert_false(check(c, "{\"rule\":\"general_linear\",\"from\":0,\"to\":2,\"value\":5,\"at\":0,\"orbit\":4,\"head\":{\"rule\":\"parameters\",\"from\":0,\"to\":0,\"value\":6}}", 5));
    assert_false(check(c, "{\"rule\":\"general_linear\",\"from\":0,\"to\":2,\"value\":5,\"at\":1,\"orbit\":4}", 5));
    assert_false(check(c, "{\"rule\":\"general_linear\",\"from\":0,\"to\":2,\"value\":4,\"at\":1,\"orbit\":4,\"head\":{\"rule\":\"parameters\",\"from\":0,\"to\":1,\"value\":5}}", 4));
    /* an affine step without biases; a split that counts scalings which x^2+x does not carry */
    assert_false(check(c, "{\"rule\":\"affine\",\"from\":0,\"to\":2,\"value\":8,\"at\":1,\"orbit\":4,\"head\":{\"rule\":\"parameters\",\"from\":0,\"to\":1,\"value\":6}}", 8));
    assert_false(check(chain((size_t[]){3, 2, 1}, 2, quadratic, 2, false),
                       "{\"rule\":\"split\",\"from\":0,\"to\":2,\"value\":6,\"at\":1,\"orbit\":2,\"head\":{\"rule\":\"parameters\",\"from\":0,\"to\":1,\"value\":6},"
                       "\"tail\":{\"rule\":\"parameters\",\"from\":1,\"to\":2,\"value\":2}}", 6));
}

/* Documents made to hurt: no tree, no object, endless nesting, negative and huge numbers. */
static void test_hostile_trees(void **state)
{
    (void)state;
    nalg_proof_chain c = chain((size_t[]){2, 3, 1}, 2, &two, 1, false);
    static const char *const trees[] = {"[]", "{}", "[1]", "{\"rule\":5}", "{\"rule\":\"parameters\",\"from\":-1,\"to\":2,\"value\":6}",
                                        "{\"rule\":\"parameters\",\"from\":0,\"to\":9223372036854775807,\"value\":6}", "{\"rule\":\"parameters\",\"from\":0,\"to\":2,\"value\":\"6\"}"};
    for (size_t i = 0; i < sizeof trees / sizeof *trees; i++) assert_false(check(c, trees[i], 6));
    c.user = &c;
    assert_false(nalg_proof_check(&c, NULL, 6));
    json_t *deep = json_pack("{s:s, s:i, s:i, s:i}", "rule", "parameters", "from", 0, "to", 1, "value", 6);
    for (int i = 0; i < 5000; i++) deep = json_pack("{s:s, s:i, s:i, s:i, s:i, s:i, s:o}", "rule", "split", "from", 0, "to", 2, "value", 6, "at", 1, "orbit", 3, "head", deep);
    assert_false(nalg_proof_check(&c, deep, 6));
    json_decref(deep);
    /* degrees beyond every table: composed x^(2^40) */
    const uint64_t large = UINT64_C(1) << 40;
    nalg_proof_chain steep = chain((size_t[]){2, 2, 2, 2, 1}, 4, &large, 1, false);
    assert_false(check(steep, "{\"rule\":\"ambient\",\"from\":0,\"to\":4,\"value\":1}", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_closed_rules), cmocka_unit_test(test_composed_rules), cmocka_unit_test(test_hostile_trees)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
