/* A pilot run finds how fast the volume shrinks; from it the depth and the number of particles for about the
 * same relative error everywhere. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/rlct_estimate.h"
#include <math.h>
#include "core/json.h"
#include "core/memory.h"

enum { STREAM_PILOT = 7100, STREAM_SPLITTING = 7200, STREAM_TEMPERED = 7300 };

/* Relative standard error above which the runs have not sampled the same set. */
#define LARGEST_ERROR 0.15
#define REPLICATES 8
#define PILOT_PARTICLES 32
#define PILOT_DEPTH 8.0
#define DEEPEST 56.0 /* K = e^-56 is (7e-13)^2: rounding of weights of size 1 is still far below */
#define SHALLOWEST 20.0
#define NATS 700.0   /* depth is lowered when the volume shrinks by more than this ... */
#define WORK 12000.0 /* particles times nats */
#define FEWEST 48.0
#define FEWEST_CURVED                                                                                        \
    160.0 /* models whose moves are less free need more particles to hold all parts of the set */
#define MOST 512.0
#define TEMPERED_SAMPLES 1e6
#define TEMPERED_CHAINS 4
#define TEMPERED_DRAWS 1000
#define CURVE_POINTS 24

static nalg_status pilot(nalg_ctx *ctx, double *rate, const nalg_rlct_loss *loss)
{
    nalg_rlct_splitting_options options = {2, PILOT_PARTICLES, PILOT_DEPTH, NATS, STREAM_PILOT};
    nalg_rlct_curve *curves = NULL;
    nalg_status status = nalg_rlct_splitting(ctx, &curves, loss, &options);
    if (status != NALG_OK) return status;
    double nats = 0, depth = 0;
    for (size_t r = 0; r < options.replicates; r++)
        if (curves[r].count) {
            nats -= curves[r].log_volume[curves[r].count - 1];
            depth += fmax(curves[r].depth[curves[r].count - 1], 1);
        }
    *rate = depth > 0 ? fmax(nats / depth, 0.05) : 1;
    nalg_rlct_curves_free(curves, options.replicates);
    return NALG_OK;
}

nalg_status nalg_rlct_estimate_find(nalg_ctx *ctx, nalg_rlct_estimate *out, const nalg_model *model,
                                    const nalg_rlct_estimate_options *options)
{
    nalg_rlct_loss loss;
    double rate = 1;
    *out = (nalg_rlct_estimate){
        .radius = options->radius,
        .tempering = {TEMPERED_SAMPLES, TEMPERED_CHAINS, TEMPERED_DRAWS, STREAM_TEMPERED}};
    nalg_status status =
        nalg_rlct_loss_create(ctx, &loss, model, options->truth, options->center, options->radius);
    if (status == NALG_OK) status = pilot(ctx, &rate, &loss);
    double depth = fmin(fmax(NATS / rate, SHALLOWEST), DEEPEST),
           particles = fmin(fmax(WORK / (rate * depth), loss.curved ? FEWEST_CURVED : FEWEST), MOST);
    out->splitting = (nalg_rlct_splitting_options){options->replicates ? options->replicates : REPLICATES,
                                                   (size_t)particles, depth, INFINITY, STREAM_SPLITTING};
    if (status == NALG_OK) status = nalg_rlct_splitting(ctx, &out->curves, &loss, &out->splitting);
    if (status == NALG_OK &&
        !nalg_rlct_fit_curves(&out->fit, out->curves, out->splitting.replicates, model->parameters))
        status =
            nalg_fail(ctx, NALG_E_UNSUPPORTED, "--estimate", "give other weights, or leave the estimate out",
                      "the volume does not shrink as the loss does");
    if (status == NALG_OK && out->fit.standard_error > LARGEST_ERROR * out->fit.lambda)
        status = nalg_fail(ctx, NALG_E_UNSUPPORTED, "--estimate", "give a smaller --radius",
                           "independent runs of the sampler disagree (standard error %.2g of %.2g)",
                           out->fit.standard_error, out->fit.lambda);
    for (size_t r = 0; status == NALG_OK && r < out->splitting.replicates; r++)
        out->evaluations += out->curves[r].evaluations;
    if (status == NALG_OK) status = nalg_rlct_temper(ctx, &out->tempered, &loss, &out->tempering);
    nalg_rlct_loss_clear(&loss);
    return status;
}

void nalg_rlct_estimate_clear(nalg_rlct_estimate *e)
{
    nalg_rlct_curves_free(e->curves, e->splitting.replicates);
    e->curves = NULL;
}

static json_t *number_or_null(double x)
{
    return isfinite(x) ? json_real(x) : json_null();
}

/* log V and its local slope over the depth. */
static json_t *volume_json(const nalg_rlct_estimate *e)
{
    json_t *list = json_array();
    double end = e->fit.to, step = end / CURVE_POINTS;
    for (int i = 1; list && i <= CURVE_POINTS; i++) {
        double depth = step * i, sum = 0, slope, error;
        for (size_t r = 0; r < e->splitting.replicates; r++)
            sum += nalg_rlct_curve_at(&e->curves[r], depth) / (double)e->splitting.replicates;
        nalg_rlct_slope(e->curves, e->splitting.replicates, depth - step, depth, &slope, &error);
        json_t *row = json_pack("{s:f, s:f, s:f, s:f}", "log_inverse_epsilon", depth, "log_volume", sum,
                                "slope", slope, "standard_error", error);
        if (!json_array_append_new(list, row)) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

json_t *nalg_rlct_estimate_json(const nalg_rlct_estimate *e)
{
    const nalg_rlct_fit *f = &e->fit;
    return json_pack(
        "{s:f, s:f, s:f, s:f, s:f, s:o, s:f, s:s, s:o, s:o, s:o, s:f, s:f, s:s, s:o}", "lambda", f->lambda,
        "standard_error", f->standard_error, "systematic", f->systematic, "low", f->low, "high", f->high,
        "multiplicity", f->multiplicity ? json_integer(f->multiplicity) : json_null(), "confidence", 0.95,
        "method", "volume law by multilevel splitting", "replicates",
        nalg_json_unsigned(e->splitting.replicates), "particles", nalg_json_unsigned(e->splitting.particles),
        "evaluations", nalg_json_unsigned(e->evaluations), "from", f->from, "to", f->to, "prior",
        "uniform on a box around the true weights (around zero for a true function that is given otherwise)",
        "volume", volume_json(e));
}

json_t *nalg_rlct_tempered_json(const nalg_rlct_estimate *e)
{
    const nalg_rlct_tempered *t = &e->tempered;
    return json_pack("{s:f, s:f, s:o, s:f, s:f, s:f, s:o, s:o, s:s}", "lambda", t->lambda, "standard_error",
                     t->standard_error, "r_hat", number_or_null(t->r_hat), "effective_samples",
                     t->effective_samples, "samples", e->tempering.samples, "inverse_temperature",
                     1 / log(e->tempering.samples), "chains", nalg_json_unsigned(e->tempering.chains),
                     "draws", nalg_json_unsigned(e->tempering.draws), "method",
                     "n beta E[K] of the tempered posterior");
}
