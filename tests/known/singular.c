/* The table of Jacobian ranks at subnetworks, by both ways: `singular --weights` at random integer weights with the first unit changed, and the strata of `singular`.
 * Usage: known_singular TABLE.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/result.h"
#include "geometry/chain.h"
#include "model/model.h"
#include "neuroalg/neuroalg.h"

enum { GENERIC, IN, OUT, BOTH, EQUAL, PROPORTIONAL, COLUMNS };
static const char *const reductions[COLUMNS] = {NULL, "incoming zero", "outgoing zero", "subnetwork", "redundant", NULL};

static long draw(unsigned long *state)
{
    *state = *state * 6364136223846793005UL + 1442695040888963407UL;
    long value = (long)(*state >> 33) % 97 - 48;
    return value ? value : 7;
}

/* Weights as text, the first unit changed. */
static char *weights_text(const nalg_chain *c, size_t parameters, int column, unsigned long seed)
{
    long *w = calloc(parameters, sizeof *w);
    char *text = malloc(parameters * 24 + 1);
    size_t in = c->width[0], units = c->width[1], second = units * in;
    if (!w || !text) return free(w), free(text), NULL;
    for (size_t i = 0; i < parameters; i++) w[i] = draw(&seed);
    for (size_t i = 0; i < in; i++) {
        if (column == IN || column == BOTH) w[i] = 0;
        if (column == EQUAL) w[i] = w[in + i];
        if (column == PROPORTIONAL) w[i] = 3 * w[in + i];
    }
    for (size_t o = 0; (column == OUT || column == BOTH) && o < c->width[2]; o++) w[second + o * units] = 0;
    char *at = text;
    for (size_t i = 0; i < parameters; i++) at += sprintf(at, "%ld ", w[i]);
    free(w);
    return text;
}

static long long rank_at(nalg_ctx *ctx, const nalg_model *model, int column)
{
    nalg_chain chain;
    nalg_singular_options options;
    nalg_result *result;
    long long rank = -1;
    if (!nalg_chain_read(&chain, model)) return -1;
    nalg_singular_options_init(&options);
    options.multiplicity = false;
    options.limit = 1; /* only the rank at the weights is wanted */
    char *text = weights_text(&chain, model->parameters, column, 12345);
    options.weights = text;
    options.weights_length = text ? strlen(text) : 0;
    if (text && nalg_singular(ctx, &result, model, &options) == NALG_OK) {
        nalg_result_integer(result, "jacobian_rank", &rank);
        nalg_result_free(result);
    }
    free(text);
    return rank;
}

/* The rank in the list of strata, one unit of the first layer removed. */
static long long rank_in_list(nalg_ctx *ctx, const nalg_model *model, int column)
{
    nalg_singular_options options;
    nalg_result *result;
    long long rank = -1;
    size_t i;
    json_t *row;
    nalg_singular_options_init(&options);
    options.multiplicity = false;
    options.depth = 1;
    if (nalg_singular(ctx, &result, model, &options) != NALG_OK) return -1;
    json_array_foreach(json_object_get(json_object_get(result->document, "result"), "strata"), i, row) {
        if (rank >= 0 || strcmp(json_string_value(json_object_get(row, "reduction")), reductions[column])) continue;
        rank = json_integer_value(json_object_get(row, "jacobian_rank"));
    }
    nalg_result_free(result);
    return rank;
}

static int check(nalg_ctx *ctx, const char *phrase, const long long *expected)
{
    nalg_model *model;
    int wrong = 0;
    if (nalg_model_parse(ctx, &model, phrase, strlen(phrase)) != NALG_OK) return fprintf(stderr, "%s: %s\n", phrase, nalg_ctx_last_error(ctx).what), 1;
    for (int k = 0; k < COLUMNS; k++) {
        long long rank = rank_at(ctx, model, k), listed = reductions[k] ? rank_in_list(ctx, model, k) : expected[k];
        if (rank == expected[k] && listed == expected[k]) continue;
        fprintf(stderr, "%s, column %d: at weights %lld, in the list %lld, known %lld\n", phrase, k, rank, listed, expected[k]);
        wrong++;
    }
    nalg_model_free(model);
    return wrong;
}

int main(int argc, char **argv)
{
    char line[512], phrase[256];
    long long v[COLUMNS];
    int wrong = 0, rows = 0;
    nalg_ctx *ctx;
    FILE *f = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!f || nalg_ctx_create(&ctx) != NALG_OK) return 2;
    while (fgets(line, sizeof line, f)) {
        if (line[0] == '#') continue;
        if (sscanf(line, "%255[^\t]\t%lld\t%lld\t%lld\t%lld\t%lld\t%lld", phrase, v, v + 1, v + 2, v + 3, v + 4, v + 5) != 7) return fprintf(stderr, "bad row %s", line), 2;
        wrong += check(ctx, phrase, v);
        rows++;
    }
    fclose(f);
    nalg_ctx_free(ctx);
    flint_cleanup();
    printf("%d rows: %d wrong\n", rows, wrong);
    return !rows || wrong;
}
