/* Building interpolation systems.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "geometry/interpolation.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "core/result.h"
#include "field/prime.h"
#include "geometry/jacobian.h"
#include "neuroalg/dimension.h"
#include "track/tracker.h"

/* Streams of the random data, apart from those of the points mod p. */
enum {
    STREAM_WEIGHTS = 1001,
    STREAM_INPUTS,
    STREAM_FUNCTIONALS,
    STREAM_CHECK_INPUTS,
    STREAM_CHECK_FUNCTIONALS,
    STREAM_FREE_WEIGHTS
};
/* Slots of the graph: 0 is the path parameter. */
enum { SLOT_FROZEN = 1, SLOT_INPUTS, SLOT_FUNCTIONALS, SLOT_COUNT };
#define EXTRA_SAMPLES 2
/* Start pairs to choose from: they fill the lanes of one group twice. */
#define CANDIDATES 16
#define TWO_PI 6.283185307179586476925

nalg_status nalg_dimension_of(nalg_ctx *ctx, size_t *dimension, bool *proved, const nalg_model *model)
{
    nalg_result *result;
    long long value = 0;
    nalg_status status = nalg_dim(ctx, &result, model, NULL);
    if (status != NALG_OK) return status;
    nalg_result_integer(result, "dimension", &value);
    *dimension = (size_t)value;
    *proved = nalg_result_evidence(result) == NALG_PROVED;
    nalg_result_free(result);
    return NALG_OK;
}

/* Scanning from the last weight to the first, those whose derivative is independent of the later ones. */
nalg_status nalg_interpolation_free_weights(nalg_ctx *ctx, size_t *free_weight, const nalg_model *model,
                                            size_t dimension)
{
    nalg_jacobian j;
    nalg_field field;
    nalg_rank_profile profile = {0};
    size_t samples = dimension + EXTRA_SAMPLES, rows = model->parameters;
    uint64_t prime = nalg_prime_word(0, nalg_model_exponent(model));
    nalg_point point = {.prime = prime, .seed = nalg_ctx_seed(ctx), .trial = 300};
    nalg_field_word(&field, prime);
    nalg_status status = nalg_jacobian_gradient(ctx, &j, model);
    if (status != NALG_OK) return status;
    uint64_t *matrix = nalg_array(rows * samples, sizeof *matrix),
             *turned = nalg_array(rows * samples, sizeof *turned);
    if (!matrix || !turned) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) status = nalg_jacobian_matrix(ctx, matrix, &j, &field, &point, samples);
    for (size_t r = 0; status == NALG_OK && r < rows; r++)
        for (size_t c = 0; c < samples; c++) turned[c * rows + (rows - 1 - r)] = matrix[r * samples + c];
    if (status == NALG_OK) status = nalg_rank_word(ctx, &profile, turned, samples, rows, rows, prime);
    if (status == NALG_OK && profile.rank != dimension)
        status = nalg_fail(ctx, NALG_E_INTERNAL, NULL, "try another --seed",
                           "the rank at a second point differs from the dimension");
    for (size_t i = 0; status == NALG_OK && i < profile.rank; i++)
        free_weight[dimension - 1 - i] = rows - 1 - profile.pivot_cols[i];
    nalg_rank_profile_clear(&profile);
    free(matrix);
    free(turned);
    nalg_jacobian_clear(&j);
    return status;
}

/* `entries` x `samples` real numbers: directions at random, lengths sqrt(entries) times a random number from
 * 0.6 to 1.4, so that deep models stay in range. (Not all of one length: functions of different degrees may
 * agree on a sphere.) */
static double complex *draw_samples(uint64_t seed, uint64_t stream, size_t entries, size_t samples)
{
    double complex *x = nalg_array(entries * samples, sizeof *x);
    for (size_t s = 0; x && s < samples; s++) {
        nalg_random r = nalg_random_stream(seed, stream);
        r.counter = s << 32;
        double norm = 0;
        for (size_t i = 0; i < entries; i++) {
            double value = nalg_random_normal(&r);
            x[i * samples + s] = value;
            norm += value * value;
        }
        double length = (0.6 + 0.8 * nalg_random_unit(&r)) * sqrt((double)entries / norm);
        for (size_t i = 0; i < entries; i++) x[i * samples + s] *= length;
    }
    return x;
}

/* Of a size between 0.5 and 1.5: no weight is negligible. */
static double complex draw_weight(nalg_random *r)
{
    double radius = 0.5 + nalg_random_unit(r), angle = TWO_PI * nalg_random_unit(r);
    return CMPLX(radius * cos(angle), radius * sin(angle));
}

/* All but the start, which is chosen last. */
static nalg_status draw(nalg_ctx *ctx, nalg_interpolation *s)
{
    uint64_t seed = nalg_ctx_seed(ctx);
    nalg_random r = nalg_random_stream(seed, STREAM_WEIGHTS);
    s->weights = nalg_array(s->parameters, sizeof *s->weights);
    s->frozen = nalg_array(s->parameters, sizeof *s->frozen);
    s->c = draw_samples(seed, STREAM_FUNCTIONALS, s->outputs, s->dimension);
    s->check_x = draw_samples(seed, STREAM_CHECK_INPUTS, s->inputs, NALG_FINGERPRINT_SAMPLES);
    s->check_c = draw_samples(seed, STREAM_CHECK_FUNCTIONALS, s->outputs, NALG_FINGERPRINT_SAMPLES);
    s->z = nalg_array(s->dimension, sizeof *s->z);
    s->p_fixed = s->moving ? s->parameters : s->dimension;
    s->p_count = s->p_fixed + s->inputs * s->dimension;
    s->p = nalg_array_zero(s->p_count, sizeof *s->p);
    s->frozen_weight = nalg_array(s->parameters, sizeof *s->frozen_weight);
    if (!s->weights || !s->frozen || !s->c || !s->check_x || !s->check_c || !s->z || !s->p ||
        !s->frozen_weight)
        return nalg_fail_memory(ctx);
    for (size_t i = 0; i < s->parameters; i++) s->weights[i] = s->frozen[i] = draw_weight(&r);
    size_t next = 0, g = 0;
    for (size_t i = 0; i < s->parameters; i++) {
        bool is_free = next < s->dimension && s->free_weight[next] == i;
        if (is_free) {
            next++;
            s->frozen[i] = 0;
        } else {
            s->frozen_weight[g++] = i;
        }
    }
    return NALG_OK;
}

/* Weight vector as a node: the unknowns at their places, and the frozen weights as constants or as parameters
 * after y. */
int nalg_interpolation_weights(nalg_graph *g, const nalg_interpolation *s)
{
    int map, moving_map;
    int32_t *place = nalg_graph_map_new(g, s->dimension, &map);
    int unknowns = nalg_graph_parameter(g, 0, s->dimension);
    for (size_t i = 0; place && i < s->dimension; i++) place[i] = (int32_t)s->free_weight[i];
    int w = nalg_graph_scatter(g, unknowns, map, s->parameters);
    if (!s->moving) return nalg_graph_add(g, w, nalg_graph_input(g, SLOT_FROZEN, s->parameters, false));
    int p = nalg_graph_input(g, 0, s->parameters,
                             false); /* y, then the frozen weights: dimension + (parameters - dimension) */
    int32_t *source = nalg_graph_map_new(g, s->parameters, &moving_map);
    for (size_t i = 0; source && i < s->parameters; i++) source[i] = -1;
    for (size_t i = 0; source && i < s->parameters - s->dimension; i++)
        source[s->frozen_weight[i]] = (int32_t)(s->dimension + i);
    return nalg_graph_add(g, w, nalg_graph_gather(g, p, moving_map));
}

static nalg_status build(nalg_ctx *ctx, const nalg_interpolation *s, nalg_graph *g, int *output)
{
    nalg_graph_init(g);
    int w = nalg_interpolation_weights(g, s);
    int x = nalg_graph_input(g, SLOT_INPUTS, s->inputs, true),
        c = nalg_graph_input(g, SLOT_FUNCTIONALS, s->outputs, true);
    g->substitute = w;
    int f = nalg_pipeline_lower(s->model->layers, g, x);
    *output = nalg_graph_product(g, c, true, f, false, 1, s->outputs, 1);
    return g->failed ? nalg_fail_memory(ctx) : NALG_OK;
}

static nalg_status compile(nalg_ctx *ctx, nalg_interpolation *s)
{
    const double complex *input[SLOT_COUNT] = {NULL, s->frozen, s->x, s->c},
                         *check[SLOT_COUNT] = {NULL, s->frozen, s->check_x, s->check_c};
    nalg_status status = build(ctx, s, &s->graph, &s->output);
    if (status == NALG_OK) status = build(ctx, s, &s->check_graph, &s->check_output);
    const bool moves[SLOT_COUNT] = {[SLOT_INPUTS] = true};
    nalg_system_source source = {.graph = &s->graph,
                                 .output = s->output,
                                 .batch = s->dimension,
                                 .subtract_parameter = true,
                                 .input = input,
                                 .input_count = SLOT_COUNT,
                                 .moving = moves};
    nalg_system_source values = {.graph = &s->check_graph,
                                 .output = s->check_output,
                                 .batch = NALG_FINGERPRINT_SAMPLES,
                                 .input = check,
                                 .input_count = SLOT_COUNT};
    if (status == NALG_OK) status = nalg_system_create(ctx, &s->system, &source);
    return status == NALG_OK ? nalg_system_create(ctx, &s->fingerprint, &values) : status;
}

/* Start pairs to choose from. */
typedef struct {
    double complex *x[CANDIDATES], *z, *p; /* inputs; CANDIDATES x D, CANDIDATES x p_count */
} candidates;

/* Pair k: free weights and inputs at random, y = the values there, so that these solve the system. */
static nalg_status draw_pair(nalg_ctx *ctx, const nalg_interpolation *s, const candidates *c, size_t k)
{
    double complex *p = c->p + k * s->p_count, *z = c->z + k * s->dimension, *x = c->x[k];
    nalg_random r = nalg_random_stream(nalg_ctx_seed(ctx), STREAM_FREE_WEIGHTS + ((uint64_t)k << 32));
    double complex *y = x ? nalg_array(s->dimension, sizeof *y) : NULL;
    if (!y) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < s->dimension; i++) z[i] = draw_weight(&r);
    memset(p, 0, s->p_fixed * sizeof *p);
    for (size_t i = 0; s->moving && i < s->parameters - s->dimension; i++)
        p[s->dimension + i] = s->weights[s->frozen_weight[i]];
    memcpy(p + s->p_fixed, x, s->inputs * s->dimension * sizeof *p);
    nalg_status status = nalg_system_evaluate(ctx, y, NULL, s->system, z, 1, p);
    if (status == NALG_OK) memcpy(p, y, s->dimension * sizeof *y);
    free(y);
    return status;
}

/* Which pair has the best condition? */
static nalg_status best_pair(nalg_ctx *ctx, size_t *best, const nalg_interpolation *s, const candidates *c)
{
    double complex *z = nalg_array(CANDIDATES * s->dimension, sizeof *z);
    nalg_segment still[CANDIDATES];
    uint32_t which[CANDIDATES];
    nalg_path_result result[CANDIDATES];
    for (size_t k = 0; k < CANDIDATES; k++) {
        still[k] = (nalg_segment){c->p + k * s->p_count, c->p + k * s->p_count, NULL};
        which[k] = (uint32_t)k;
    }
    nalg_track_job job = {.system = s->system,
                          .segment = still,
                          .which = which,
                          .z_start = c->z,
                          .count = CANDIDATES,
                          .options = {.brief = true}};
    nalg_status status = z ? nalg_track(ctx, z, result, &job) : nalg_fail_memory(ctx);
    *best = 0;
    for (size_t k = 1; status == NALG_OK && k < CANDIDATES; k++) {
        bool regular = result[k].outcome == NALG_PATH_CONVERGED,
             before = result[*best].outcome == NALG_PATH_CONVERGED;
        if (regular && (!before || result[k].condition < result[*best].condition)) *best = k;
    }
    free(z);
    return status;
}

/* Of several random start pairs the one with the best condition. Where values at the inputs determine the
 * function badly (two inputs almost parallel, a function close to a singular one), rounding blurs which of
 * the points found later have the same function. */
static nalg_status start(nalg_ctx *ctx, nalg_interpolation *s)
{
    candidates c = {.z = nalg_array(CANDIDATES * s->dimension, sizeof *c.z),
                    .p = nalg_array(CANDIDATES * s->p_count, sizeof *c.p)};
    nalg_status status = c.z && c.p ? NALG_OK : nalg_fail_memory(ctx);
    size_t best = 0;
    for (size_t k = 0; status == NALG_OK && k < CANDIDATES; k++) {
        c.x[k] =
            draw_samples(nalg_ctx_seed(ctx), STREAM_INPUTS + ((uint64_t)k << 32), s->inputs, s->dimension);
        status = draw_pair(ctx, s, &c, k);
    }
    if (status == NALG_OK) status = best_pair(ctx, &best, s, &c);
    if (status == NALG_OK) {
        memcpy(s->p, c.p + best * s->p_count, s->p_count * sizeof *c.p);
        memcpy(s->z, c.z + best * s->dimension, s->dimension * sizeof *c.z);
        for (size_t i = 0; i < s->dimension; i++) s->weights[s->free_weight[i]] = s->z[i];
        s->x = c.x[best];
        c.x[best] = NULL;
    }
    for (size_t k = 0; k < CANDIDATES; k++) free(c.x[k]);
    free(c.z);
    free(c.p);
    return status;
}

nalg_status nalg_interpolation_create(nalg_ctx *ctx, nalg_interpolation *out, const nalg_model *model,
                                      size_t dimension, bool moving)
{
    nalg_interpolation s = {.model = model,
                            .dimension = dimension,
                            .parameters = model->parameters,
                            .inputs = nalg_shape_size(&model->layers->in),
                            .outputs = nalg_shape_size(&model->layers->out),
                            .moving = moving};
    nalg_graph_init(&s.graph);
    nalg_graph_init(&s.check_graph);
    s.free_weight = nalg_array(dimension, sizeof *s.free_weight);
    nalg_status status = s.free_weight ? nalg_interpolation_free_weights(ctx, s.free_weight, model, dimension)
                                       : nalg_fail_memory(ctx);
    if (status == NALG_OK) status = draw(ctx, &s);
    if (status == NALG_OK) status = compile(ctx, &s);
    if (status == NALG_OK) status = start(ctx, &s);
    if (status == NALG_OK)
        *out = s;
    else
        nalg_interpolation_clear(&s);
    return status;
}

void nalg_interpolation_clear(nalg_interpolation *s)
{
    nalg_graph_clear(&s->graph);
    nalg_graph_clear(&s->check_graph);
    nalg_system_free(s->system);
    nalg_system_free(s->fingerprint);
    free(s->free_weight);
    free(s->frozen_weight);
    free(s->weights);
    free(s->frozen);
    free(s->x);
    free(s->c);
    free(s->check_x);
    free(s->check_c);
    free(s->z);
    free(s->p);
}
