/* Reading `--truth` and `--weights`; a trained model brings its own. A subnetwork's name becomes random
 * weights of that stratum, as multiples of 1/64 so that decimal text and doubles are exact; what is asked
 * then is lambda near these weights. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/rlct_truth.h"
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "core/text.h"
#include "geometry/strata.h"
#include "learning/rlct_chain.h"

enum { STREAM_GENERIC = 7400, STREAM_STRATUM };

#define DIAGONAL 0.7 /* entries of the weights of a given rank, inside the box [-1, 1] */
#define GENERIC_SIZE 0.7
#define NAMES_SHOWN 6

static char *copy_text(const char *text)
{
    size_t length = strlen(text) + 1;
    char *copy = nalg_array(length, 1);
    if (copy) memcpy(copy, text, length);
    return copy;
}

static nalg_status check_rank(nalg_ctx *ctx, const nalg_rlct_truth *t, const nalg_chain *chain)
{
    if (!chain || !nalg_chain_is_linear(chain))
        return nalg_fail(ctx, NALG_E_ARGUMENT, "--truth", "write zero or generic",
                         "a rank describes the functions of linear networks only");
    for (size_t l = 0; l <= chain->layers; l++)
        if (t->rank > chain->width[l])
            return nalg_fail(ctx, NALG_E_ARGUMENT, "--truth", "write a smaller rank",
                             "a matrix of rank %llu does not pass a layer of width %zu",
                             (unsigned long long)t->rank, chain->width[l]);
    return NALG_OK;
}

static nalg_status unknown_stratum(nalg_ctx *ctx, const nalg_strata *strata, const char *name)
{
    nalg_text hint = {0};
    nalg_text_string(&hint, "write zero, generic, rank=2, or a subnetwork as `neuroalg singular` names it");
    for (size_t i = 0; i < strata->count && i < NAMES_SHOWN; i++)
        nalg_text_format(&hint, "%s'%s'", i ? ", " : ": ", strata->item[i].name);
    char *text = nalg_text_take(&hint);
    nalg_status status =
        nalg_fail(ctx, NALG_E_ARGUMENT, "--truth", text, "'%.80s' is no truth of this model", name);
    free(text);
    return status;
}

/* Random weights of a stratum as text: sixty-fourths of size 1/4 to 1 with either sign, ties and zeros kept.
 */
static char *stratum_text(nalg_ctx *ctx, const nalg_stratum *s, size_t parameters)
{
    nalg_random random = nalg_random_stream(nalg_ctx_seed(ctx), STREAM_STRATUM);
    nalg_text out = {0};
    long *value = nalg_array((size_t)s->free_count, sizeof *value);
    for (int32_t i = 0; value && i < s->free_count; i++) {
        value[i] = 16 + (long)nalg_random_below(&random, 49);
        if (nalg_random_below(&random, 2)) value[i] = -value[i];
    }
    for (size_t i = 0; value && i < parameters; i++)
        nalg_text_format(&out, "%.6f\n", s->map[i] < 0 ? 0.0 : (double)value[s->map[i]] / 64);
    free(value);
    return value ? nalg_text_take(&out) : NULL;
}

static nalg_status read_stratum(nalg_ctx *ctx, nalg_rlct_truth *t, const nalg_model *model, const char *name)
{
    nalg_strata strata = {0};
    const nalg_stratum *found = NULL;
    nalg_status status = nalg_strata_find(ctx, &strata, model, NULL);
    if (status != NALG_OK) return status;
    for (size_t i = 0; i < strata.count && !found; i++)
        if (!strcmp(strata.item[i].name, name)) found = &strata.item[i];
    for (size_t i = 0; i < strata.count && !found; i++) /* the first realisation of a function set */
        if (!strcmp(strata.set_name[strata.item[i].set], name)) found = &strata.item[i];
    if (!found) {
        status = unknown_stratum(ctx, &strata, name);
    } else {
        nalg_text shown = {0};
        nalg_text_format(&shown, "random weights of the subnetwork '%s', near them", found->name);
        t->kind = NALG_TRUTH_WEIGHTS;
        t->name = nalg_text_take(&shown);
        t->text = stratum_text(ctx, found, model->parameters);
        if (!t->name || !t->text)
            status = nalg_fail_memory(ctx);
        else
            t->length = strlen(t->text);
    }
    nalg_strata_clear(&strata);
    return status;
}

static nalg_status read_name(nalg_ctx *ctx, nalg_rlct_truth *t, const nalg_model *model,
                             const nalg_chain *chain, const char *name)
{
    t->kind = NALG_TRUTH_GENERIC;
    /* Sets of functions as `singular` names them are these truths, over all weights that give them. */
    const char *rank =
        !strncmp(name, "rank=", 5) || (chain && nalg_chain_is_linear(chain) && !strncmp(name, "rank ", 5))
            ? name + 5
            : NULL;
    if (!strcmp(name, "zero") || !strcmp(name, "zero function"))
        t->kind = NALG_TRUTH_ZERO;
    else if (rank && *rank && strspn(rank, "0123456789") == strlen(rank) && strlen(rank) < 10)
        t->kind = NALG_TRUTH_RANK;
    else if (strcmp(name, "generic"))
        return read_stratum(ctx, t, model, name);
    t->name = copy_text(name);
    if (!t->name) return nalg_fail_memory(ctx);
    if (t->kind != NALG_TRUTH_RANK) return NALG_OK;
    t->rank = (uint64_t)atoll(rank);
    return check_rank(ctx, t, chain);
}

nalg_status nalg_rlct_truth_read(nalg_ctx *ctx, nalg_rlct_truth *out, const nalg_model *model,
                                 const nalg_chain *chain, const nalg_rlct_options *options)
{
    nalg_status status = NALG_OK;
    if (options->weights || (!options->truth && nalg_model_has_point(model, NULL))) {
        out->kind = NALG_TRUTH_WEIGHTS;
        out->name = copy_text("the function at these weights, near them");
        if (options->weights) out->text = nalg_array(options->weights_length + 1, 1);
        if (!out->name || (options->weights && !out->text)) return nalg_fail_memory(ctx);
        if (options->weights) memcpy(out->text, options->weights, options->weights_length);
        out->length = options->weights ? options->weights_length : 0;
    } else {
        status = read_name(ctx, out, model, chain, options->truth ? options->truth : "generic");
    }
    if (status == NALG_OK && out->kind == NALG_TRUTH_WEIGHTS)
        status = nalg_model_point(ctx, &out->weights, model, out->text, out->length);
    return status;
}

void nalg_rlct_truth_clear(nalg_rlct_truth *t)
{
    free(t->name);
    free(t->text);
    nalg_weights_clear(&t->weights);
    *t = (nalg_rlct_truth){0};
}

/* Every layer the identity on the first `rank` coordinates, times a number. */
static void set_diagonal(double *w, const nalg_model *model, uint64_t rank)
{
    for (size_t l = 0; l < model->layers->count; l++) {
        const nalg_layer *layer = &model->layers->layer[l];
        for (uint64_t i = 0; layer->parameters && i < rank; i++)
            w[layer->offset + i * layer->in.dim[0] + i] = DIAGONAL;
    }
}

nalg_status nalg_rlct_truth_values(nalg_ctx *ctx, double **values, const nalg_rlct_truth *t,
                                   const nalg_model *model)
{
    nalg_random random = nalg_random_stream(nalg_ctx_seed(ctx), STREAM_GENERIC);
    *values = NULL;
    if (t->kind == NALG_TRUTH_ZERO) return NALG_OK;
    double *w = nalg_array_zero(model->parameters, sizeof *w);
    if (!w) return nalg_fail_memory(ctx);
    if (t->kind == NALG_TRUTH_RANK) set_diagonal(w, model, t->rank);
    for (size_t i = 0; i < model->parameters; i++) {
        if (t->kind == NALG_TRUTH_GENERIC) w[i] = GENERIC_SIZE * (2 * nalg_random_unit(&random) - 1);
        if (t->kind == NALG_TRUTH_WEIGHTS) {
            arb_t ball;
            arb_init(ball);
            arb_set_fmpq(ball, &t->weights.value[i], 64);
            w[i] = arf_get_d(arb_midref(ball), ARF_RND_NEAR);
            arb_clear(ball);
        }
    }
    *values = w;
    return NALG_OK;
}
