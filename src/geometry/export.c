/* `export`: a system of a model as a file for another program.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/export.h"
#include <stdio.h>
#include <string.h>
#include "core/result.h"
#include "model/document.h"
#include "neuroalg/export.h"

#define LEAST_MODULUS 101

void nalg_export_options_init(nalg_export_options *options)
{
    *options = (nalg_export_options){.to = "m2", .what = "interpolation", .metric = "generic", .modulus = -1};
}

static const char *const kinds[] = {"param", "interpolation", "critical"};

static bool what_from_name(nalg_export_what *out, const char *name)
{
    for (int k = NALG_EXPORT_PARAM; k <= NALG_EXPORT_CRITICAL; k++)
        if (name && !strcmp(kinds[k], name)) {
            *out = (nalg_export_what)k;
            return true;
        }
    return false;
}

static nalg_status read_modulus(nalg_ctx *ctx, nalg_export_system *s, const nalg_export_target *target, int modulus)
{
    unsigned usual = nalg_export_target_prime(target), largest = nalg_export_target_largest_prime(target), wanted = modulus > 0 ? (unsigned)modulus : 0;
    char hint[80];
    s->whole = usual != 0;
    s->modulus = modulus < 0 ? usual : wanted;
    if (!s->whole && wanted)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "modulus", "leave it out, or choose m2, singular, msolve or sage", "this system computes with floating-point numbers");
    snprintf(hint, sizeof hint, "write 0, or a prime from %d to %u, such as %u", LEAST_MODULUS, largest, usual);
    if (wanted && (wanted < LEAST_MODULUS || wanted > largest || !n_is_prime(wanted)))
        return nalg_fail(ctx, NALG_E_ARGUMENT, "modulus", hint, "%d is no such prime", modulus);
    return NALG_OK;
}

static nalg_status read_options(nalg_ctx *ctx, nalg_export_system *s, const nalg_export_target **target, const nalg_export_options *o)
{
    *target = nalg_export_target_find(o->to);
    if (!*target) return nalg_fail(ctx, NALG_E_ARGUMENT, "to", "write m2, singular, msolve, hc, sage, bertini or phc", "unknown system '%.40s'", o->to ? o->to : "");
    if (!what_from_name(&s->what, o->what))
        return nalg_fail(ctx, NALG_E_ARGUMENT, "what", "write param, interpolation or critical", "unknown kind of system '%.40s'", o->what ? o->what : "");
    if (!nalg_metric_from_name(&s->metric, o->metric ? o->metric : "generic"))
        return nalg_fail(ctx, NALG_E_ARGUMENT, "metric", "write unit, bombieri, gaussian, generic or data", "unknown metric '%.40s'", o->metric);
    return read_modulus(ctx, s, *target, o->modulus);
}

static json_t *describe(const nalg_export_system *s, const nalg_export_target *target, const nalg_export_options *o, const char *text)
{
    size_t terms = 0;
    for (size_t i = 0; i < s->count; i++) terms += (size_t)fmpq_mpoly_length(s->polynomial + i, s->ring);
    json_t *answer = json_pack("{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o}", "to", o->to, "what", o->what, "run", nalg_export_run(target, s->what), "compare",
                               nalg_export_expectation(s->what), "dimension", nalg_json_unsigned(s->dimension), "unknowns", nalg_json_unsigned(s->unknowns),
                               "polynomials", nalg_json_unsigned(s->count), "terms", nalg_json_unsigned(terms), "modulus",
                               s->modulus ? json_integer((json_int_t)s->modulus) : json_null());
    if (answer && json_object_set_new(answer, "metric", s->what == NALG_EXPORT_CRITICAL ? json_string(nalg_metric_name(s->metric)) : json_null())) return NULL;
    if (answer && json_object_set_new(answer, "text", o->keep_text ? json_string(text) : json_null())) return NULL;
    return answer;
}

static nalg_status finish(nalg_ctx *ctx, nalg_result **out, char **text, const nalg_export_system *s, const nalg_export_target *target,
                          const nalg_export_options *o, double started)
{
    nalg_text file = {0};
    nalg_export_write(&file, target, s, nalg_ctx_seed(ctx));
    char *whole = nalg_text_take(&file);
    nalg_status status = whole ? nalg_checkpoint(ctx) : nalg_fail_memory(ctx);
    if (status != NALG_OK) {
        free(whole);
        return status;
    }
    bool exact = s->dimension_proved || s->what == NALG_EXPORT_PARAM;
    json_t *evidence = json_pack("{s:s, s:s, s:s}", "status", exact ? "proved" : "probable", "reason",
                                 "the polynomials are expanded in exact arithmetic; that the random numbers are generic is likely, not proved", "dimension", s->dimension_proved ? "proved" : "probable");
    status = nalg_result_create(ctx, out, "export", started, nalg_model_document(s->model), describe(s, target, o, whole), evidence);
    if (status == NALG_OK) *text = whole;
    else free(whole);
    return status;
}

nalg_status nalg_export(nalg_ctx *ctx, nalg_result **out, char **text, const nalg_model *model, const nalg_export_options *options)
{
    nalg_export_options defaults;
    const nalg_export_target *target;
    double started = nalg_seconds();
    nalg_export_options_init(&defaults);
    const nalg_export_options *o = options ? options : &defaults;
    nalg_export_system s = {.ctx = ctx, .model = model};
    nalg_status status = read_options(ctx, &s, &target, o);
    if (status != NALG_OK) return status;
    status = nalg_export_build(&s);
    if (status == NALG_OK) status = finish(ctx, out, text, &s, target, o, started);
    nalg_export_clear(&s);
    return status;
}
