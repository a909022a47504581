/* The command `verify`: the frame of all results, and who checks what.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "geometry/verify.h"
#include "learning/verify_discriminant.h"
#include "learning/verify_landscape.h"
#include "learning/verify_learning.h"
#include <string.h>
#include "core/result.h"
#include "model/document.h"
#include "neuroalg/dimension.h"

static const struct {
    const char *command;
    void (*check)(nalg_verification *);
} checkers[] = {
    {"dim", nalg_verify_dim},
    {"degree", nalg_verify_degree},
    {"fiber", nalg_verify_fiber},
    {"critical", nalg_verify_critical},
    {"equations", nalg_verify_equations},
    {"singular", nalg_verify_singular},
    {"bias", nalg_verify_bias},
    {"landscape", nalg_verify_landscape},
    {"conserved", nalg_verify_conserved},
    {"tangent", nalg_verify_tangent},
    {"rlct", nalg_verify_rlct},
    {"bounds", nalg_verify_bounds},
    {"flow", nalg_verify_flow},
    {"discriminant", nalg_verify_discriminant},
};

/* The keys every document has, and the model they speak of. */
static void check_frame(nalg_verification *v)
{
    const json_t *d = v->document, *model = json_object_get(d, "model");
    const char *pipeline = json_string_value(json_object_get(model, "pipeline"));
    uint64_t parameters = 0, seed = 0, threads = 0;
    bool same = pipeline && !strcmp(pipeline, v->model->pipeline) &&
                nalg_json_get_unsigned(model, "parameters", &parameters) &&
                parameters == v->model->parameters;
    nalg_verification_record(v, "the phrase describes this pipeline with these parameters", same,
                             "%s, %zu parameters", v->model->pipeline, v->model->parameters);
    const json_t *elapsed = json_object_get(d, "elapsed_s");
    bool frame = nalg_json_get_unsigned(d, "seed", &seed) && nalg_json_get_unsigned(d, "threads", &threads) &&
                 threads >= 1 && threads <= NALG_MAX_THREADS &&
                 (json_is_null(elapsed) || (json_is_number(elapsed) && json_number_value(elapsed) >= 0)) &&
                 json_is_string(json_object_get(d, "neuroalg"));
    nalg_verification_record(v, "the document is complete", frame, "seed, threads, time and version");
    nalg_ctx_set_seed(v->ctx, seed);
}

/* A confirmation is no stronger than what it confirms: a trace test, say, is read and not made again. */
static const char *strength_of(const nalg_verification *v)
{
    static const char *const weaker[] = {"numerical", "probable", "interval", "estimate"};
    const char *claimed = json_string_value(json_object_get(v->evidence, "status"));
    if (!v->valid) return "unknown";
    for (size_t i = 0; claimed && i < sizeof weaker / sizeof *weaker; i++)
        if (!strcmp(v->strength, "proved") && !strcmp(claimed, weaker[i])) return weaker[i];
    return v->strength;
}

static nalg_status run(nalg_verification *v, const char *command, void (*check)(nalg_verification *),
                       nalg_result **out, double started)
{
    uint64_t seed = nalg_ctx_seed(v->ctx); /* bounds are derived again under the seed of the document */
    check_frame(v);
    if (v->status == NALG_OK && v->valid) check(v);
    nalg_ctx_set_seed(v->ctx, seed);
    if (v->status != NALG_OK) return v->status;
    json_t *answer = json_pack("{s:b, s:O, s:s}", "valid", v->valid, "checks", v->checks, "command", command);
    return nalg_result_create(
        v->ctx, out, "verify", started, nalg_model_document(v->model), answer,
        json_pack("{s:s, s:s}", "status", strength_of(v), "reason",
                  v->valid ? "every claim was derived again" : "a claim is not confirmed"));
}

nalg_status nalg_verify(nalg_ctx *ctx, nalg_result **out, const nalg_result *result)
{
    const json_t *d = result->document;
    const char *command = json_string_value(json_object_get(d, "command"));
    const json_t *about = json_object_get(d, "model");
    /* A model from a file is the pipeline that was read from it: the file itself may be gone. */
    const char *spec =
        json_string_value(json_object_get(about, json_object_get(about, "source") ? "pipeline" : "spec"));
    double started = nalg_seconds();
    nalg_model *model = NULL;
    if (!command || !spec || !json_is_object(json_object_get(d, "result")) ||
        !json_is_object(json_object_get(d, "evidence")))
        return nalg_fail(ctx, NALG_E_PARSE, NULL, "give a file written with --json",
                         "this document is no result of neuroalg");
    for (size_t i = 0; i < sizeof checkers / sizeof *checkers; i++) {
        if (strcmp(command, checkers[i].command)) continue;
        nalg_status status = nalg_model_parse(ctx, &model, spec, strlen(spec));
        if (status != NALG_OK) return status;
        nalg_verification v = {.ctx = ctx,
                               .model = model,
                               .document = d,
                               .result = json_object_get(d, "result"),
                               .evidence = json_object_get(d, "evidence"),
                               .checks = json_array(),
                               .valid = true,
                               .strength = "proved"};
        status = v.checks ? run(&v, command, checkers[i].check, out, started) : nalg_fail_memory(ctx);
        json_decref(v.checks);
        nalg_model_free(model);
        return status;
    }
    return nalg_fail(
        ctx, NALG_E_UNSUPPORTED, NULL,
        "results of dim, degree, fiber, critical, equations, singular, bias, landscape, discriminant, "
        "conserved, tangent, rlct, bounds and flow can be checked",
        "a result of `%s` carries no certificate", command);
}
