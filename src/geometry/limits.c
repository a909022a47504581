/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/limits.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "core/text.h"
#include "exact/elimination.h"
#include "field/prime.h"
#include "geometry/chain.h"
#include "geometry/jacobian.h"
#include "geometry/strata_reductions.h"

#define MOST_DEGREE 8
#define MOST_UNITS 6
#define MOST_WEIGHTS 2000 /* limits of whole layers: a Jacobian of all weights */
#define ENTRIES_LIMIT 10000000
#define TRIAL_LIMITS 2300
#define TWO_PI 6.283185307179586476925
enum { STREAM_RANK = 7400, STREAM_POINT };

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    size_t inputs, units, outputs, degree, least, terms; /* of the network and its activation */
    bool bias;                                           /* as an input that is 1, and free constants */
    uint64_t exponent[MOST_DEGREE + 1];                  /* of the terms, decreasing */
    const nalg_rational_function *activation;
} network;

static bool read_network(network *n, const nalg_model *model)
{
    nalg_chain c;
    if (!nalg_chain_read(&c, model) || c.layers != 2 || !c.activation[1] || c.width[0] + c.bias < 2)
        return false;
    const nalg_polynomial *p = &c.activation[1]->numerator, *q = &c.activation[1]->denominator;
    if (!p->count || q->count != 1 || q->term[0].exponent || p->term[0].exponent > MOST_DEGREE ||
        p->term[0].exponent < 2)
        return false;
    *n = (network){.model = model,
                   .inputs = c.width[0],
                   .units = c.width[1],
                   .outputs = c.width[2],
                   .bias = c.bias,
                   .activation = c.activation[1]};
    for (size_t i = 0; i < p->count; i++) n->exponent[i] = p->term[i].exponent;
    n->terms = p->count;
    n->degree = p->term[0].exponent;
    n->least = p->term[p->count - 1].exponent;
    return n->least > 0 && n->units <= MOST_UNITS;
}

/* ---- combinations ---- */

/* beta with sum_k beta_k node_k^power_i = [i = wanted]; false when a number does not fit. */
static bool combination(long *numerator, long *denominator, const long *node, const uint64_t *power, size_t n,
                        size_t wanted)
{
    bool ok = true;
    fmpq_mat_t a, b;
    fmpq_mat_init(a, (slong)n, (slong)n);
    fmpq_mat_init(b, (slong)n, 1);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++) {
            fmpz *entry = fmpq_mat_entry_num(a, (slong)i, (slong)k);
            fmpz_set_si(entry, node[k]);
            fmpz_pow_ui(entry, entry, power[i]);
        }
    fmpq_set_si(fmpq_mat_entry(b, (slong)wanted, 0), 1, 1);
    ok = fmpq_mat_solve(b, a, b);
    for (size_t k = 0; ok && k < n; k++) {
        const fmpz *num = fmpq_mat_entry_num(b, (slong)k, 0), *den = fmpq_mat_entry_den(b, (slong)k, 0);
        ok = fmpz_fits_si(num) && fmpz_fits_si(den);
        numerator[k] = ok ? fmpz_get_si(num) : 0;
        denominator[k] = ok ? fmpz_get_si(den) : 1;
    }
    fmpq_mat_clear(a);
    fmpq_mat_clear(b);
    return ok;
}

/* ---- the wider network ---- */

typedef struct {
    const network *n;
    nalg_limit *limit;
    size_t width, unit; /* of the wider network; the next unit of it */
    int32_t next;       /* free parameter */
} builder;

static void set_weight(nalg_limit_weight *w, int part, int32_t index, long numerator, long denominator)
{
    w->index[part] = index;
    w->numerator[part] = numerator;
    w->denominator[part] = denominator;
}

/* Incoming weights of a unit, its bias last. */
static size_t incoming(const network *n)
{
    return n->inputs + n->bias;
}

/* A unit with incoming weights a + t b and outgoing weights beta v; b < 0: t a. */
static void add_unit(builder *q, int32_t a, int32_t b, long t, int32_t v, long numerator, long denominator)
{
    nalg_limit_weight *weight = q->limit->weight;
    size_t d = q->n->inputs, second = q->width * incoming(q->n);
    for (size_t i = 0; i < incoming(q->n); i++) {
        nalg_limit_weight *w = &weight[i < d ? q->unit * d + i : q->width * d + q->unit];
        set_weight(w, 0, a + (int32_t)i, b < 0 ? t : 1, 1);
        set_weight(w, 1, b < 0 || !t ? -1 : b + (int32_t)i, t, 1);
    }
    for (size_t o = 0; o < q->n->outputs; o++) {
        nalg_limit_weight *w = &weight[second + o * q->width + q->unit];
        set_weight(w, 0, v + (int32_t)o, numerator, denominator);
        set_weight(w, 1, -1, 0, 1);
    }
    q->unit++;
}

static int32_t take(builder *q, size_t count)
{
    int32_t first = q->next;
    q->next += (int32_t)count;
    return first;
}

static void add_constants(builder *q)
{
    size_t first = q->width * (incoming(q->n) + q->n->outputs);
    for (size_t o = 0; q->n->bias && o < q->n->outputs; o++) {
        set_weight(&q->limit->weight[first + o], 0, take(q, 1), 1, 1);
        set_weight(&q->limit->weight[first + o], 1, -1, 0, 1);
    }
}

static void add_whole(builder *q)
{
    int32_t a = take(q, incoming(q->n));
    add_unit(q, a, -1, 1, take(q, q->n->outputs), 1, 1);
}

/* Of the activation only term `wanted` is left. */
static bool add_term(builder *q, size_t wanted)
{
    long node[MOST_DEGREE + 1] = {0}, numerator[MOST_DEGREE + 1], denominator[MOST_DEGREE + 1];
    int32_t a = take(q, incoming(q->n)), v = take(q, q->n->outputs);
    for (size_t k = 0; k < q->n->terms; k++) node[k] = (long)k + 1;
    if (!combination(numerator, denominator, node, q->n->exponent, q->n->terms, wanted)) return false;
    for (size_t k = 0; k < q->n->terms; k++) add_unit(q, a, -1, node[k], v, numerator[k], denominator[k]);
    return true;
}

/* c s'(z) y, the coefficient of t in s(z + t y); a: z, or -1: a free constant. */
static bool add_derivative(builder *q, int32_t a)
{
    long node[MOST_DEGREE + 1] = {0}, numerator[MOST_DEGREE + 1], denominator[MOST_DEGREE + 1];
    uint64_t power[MOST_DEGREE + 1] = {0};
    size_t n = q->n->degree + 1, inputs = q->n->inputs;
    int32_t b = take(q, incoming(q->n)), c = take(q, q->n->outputs), constant = a < 0 ? take(q, 1) : -1;
    for (size_t k = 0; k < n; k++) {
        node[k] = k % 2 ? (long)(k + 1) / 2 : -(long)(k / 2);
        power[k] = k;
    }
    if (!combination(numerator, denominator, node, power, n, 1)) return false;
    for (size_t k = 0; k < n; k++) {
        if (!numerator[k]) continue;
        nalg_limit_weight *bias = &q->limit->weight[q->width * inputs + q->unit];
        if (a >= 0) {
            add_unit(q, a, b, node[k], c, numerator[k], denominator[k]);
            continue;
        }
        add_unit(q, b, -1, node[k], c, numerator[k], denominator[k]);
        set_weight(bias, 1, constant, 1, 1);
    }
    return true;
}

/* v s(z) + c s'(z) y. */
static bool add_merged(builder *q)
{
    int32_t a = take(q, incoming(q->n));
    add_unit(q, a, -1, 1, take(q, q->n->outputs), 1, 1);
    return add_derivative(q, a);
}

/* Units of the wider network that a derivative needs: without those of coefficient zero. */
static size_t derivative_width(const network *n)
{
    /* nodes 0, 1, -1, ...: with as many on both sides the middle one has coefficient zero */
    return n->degree + 1 - (n->degree % 2 == 0);
}

static nalg_status make_wider(const network *n, nalg_model **out, size_t width)
{
    nalg_text phrase = {0};
    const char *bias = n->bias ? " bias" : "";
    nalg_text_format(&phrase, "input %zu | dense %zu%s | ", n->inputs, width, bias);
    nalg_rational_function_print(n->activation, &phrase);
    nalg_text_format(&phrase, " | dense %zu%s", n->outputs, bias);
    nalg_status status =
        phrase.failed ? nalg_fail_memory(n->ctx) : nalg_model_parse(n->ctx, out, phrase.data, phrase.length);
    nalg_text_clear(&phrase);
    return status;
}

/* ---- dimension ---- */

static uint64_t residue(long numerator, long denominator, uint64_t p)
{
    uint64_t size = (uint64_t)labs(numerator) % p,
             value = nalg_multiply_mod(size, nalg_inverse_mod((uint64_t)labs(denominator) % p, p), p);
    return (numerator < 0) != (denominator < 0) ? nalg_subtract_mod(0, value, p) : value;
}

/* Rows of the limit's parameters, from those of the wider network's weights. */
static void combine_rows(uint64_t *rows, const nalg_limit *l, const uint64_t *matrix, size_t samples,
                         uint64_t p)
{
    memset(rows, 0, l->free_count * samples * sizeof *rows);
    for (size_t i = 0; i < l->wider->parameters; i++)
        for (int part = 0; part < 2; part++) {
            const nalg_limit_weight *w = &l->weight[i];
            if (w->index[part] < 0) continue;
            uint64_t factor = residue(w->numerator[part], w->denominator[part], p),
                     *row = rows + (size_t)w->index[part] * samples;
            for (size_t s = 0; s < samples; s++)
                row[s] = nalg_add_mod(row[s], nalg_multiply_mod(factor, matrix[i * samples + s], p), p);
        }
}

static void random_residues(uint64_t *w, const nalg_limit *l, uint64_t seed, uint64_t p)
{
    for (size_t i = 0; i < l->wider->parameters; i++) {
        w[i] = 0;
        for (int part = 0; part < 2; part++) {
            const nalg_limit_weight *c = &l->weight[i];
            if (c->index[part] < 0) continue;
            nalg_random r = nalg_random_stream(seed, STREAM_RANK);
            r.counter = (uint64_t)c->index[part];
            w[i] = nalg_add_mod(w[i],
                                nalg_multiply_mod(residue(c->numerator[part], c->denominator[part], p),
                                                  nalg_random_bits(&r) % p, p),
                                p);
        }
    }
}

static nalg_status find_dimension(nalg_ctx *ctx, nalg_limit *l)
{
    nalg_jacobian jacobian;
    nalg_field field;
    nalg_rank_profile profile = {0};
    size_t n = l->wider->parameters, samples = l->free_count + NALG_SPARE_SAMPLES;
    uint64_t p = nalg_prime_word(0, nalg_model_exponent(l->wider) + (1u << 20));
    if (n * samples > ENTRIES_LIMIT)
        return nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller model",
                         "a Jacobian of %zu weights at %zu samples is too large", n, samples);
    uint64_t *w = nalg_array(n, sizeof *w), *matrix = nalg_array(n * samples, sizeof *matrix),
             *rows = nalg_array(l->free_count * samples, sizeof *rows);
    nalg_status status =
        w && matrix && rows ? nalg_jacobian_gradient(ctx, &jacobian, l->wider) : nalg_fail_memory(ctx);
    if (status == NALG_OK) {
        nalg_point point = {.prime = p, .seed = nalg_ctx_seed(ctx), .trial = TRIAL_LIMITS, .weights = w};
        nalg_field_word(&field, p);
        random_residues(w, l, nalg_ctx_seed(ctx), p);
        status = nalg_jacobian_matrix(ctx, matrix, &jacobian, &field, &point, samples);
        nalg_jacobian_clear(&jacobian);
    }
    if (status == NALG_OK) {
        combine_rows(rows, l, matrix, samples, p);
        status = nalg_rank_word(ctx, &profile, rows, l->free_count, samples, samples, p);
    }
    l->dimension = profile.rank;
    nalg_rank_profile_clear(&profile);
    free(w);
    free(matrix);
    free(rows);
    return status;
}

/* ---- realised or not ---- */

/* The part of degree `exponent` of a generic limit is a sum of powers of q generic linear forms, and that of
 * a network one of n units. Powers of that exponent of n + q linear forms are independent when no two are
 * proportional and n + q <= exponent + 1. So the n units go in q groups of proportional ones with these
 * forms, and in groups of two or more that cancel in this degree: at most (n - q) / 2 of those. A group adds
 * inputs - 1 dimensions and one for each output and term; when that is less than the dimension of the limit,
 * its generic functions are no networks. (With biases, proportional forms may belong to different functions.)
 */
static bool counted_out(const network *n, size_t q, uint64_t exponent, size_t dimension)
{
    size_t cancelling = (n->units - q) / 2, d = n->inputs - 1, m = n->outputs;
    return !n->bias && n->units + q <= exponent + 1 &&
           q * (d + m * n->terms) + cancelling * (d + m * (n->terms - 1)) < dimension;
}

/* Are generic limits of two units that merge, and only those two, proved to be no networks? */
static const char *merged_out(const network *n)
{
    if (n->units > 2) return NULL;
    if (n->degree > 2 && n->inputs > 1)
        return "its part of largest degree r is a form x^(r-1) y, which is no sum of fewer than r powers";
    if (n->inputs > 1 && n->outputs > 1)
        return "its parts of degree 2 span a plane of forms x^2 and x y, which contains one square only";
    if (n->terms == 1 && n->degree > 3) /* one input and biases: two powers and a constant */
        return "made homogeneous it is a form x^(r-1) y and a power, and x^(r-1) y is no sum of fewer than r "
               "powers";
    return NULL;
}

/* ---- the list ---- */

/* Room for one more, with its name and the weights of `wider`, which is given away. */
static nalg_status new_limit(nalg_ctx *ctx, nalg_limits *out, const char *name, nalg_model *wider)
{
    if (!nalg_grow((void **)&out->item, &out->capacity, out->count, sizeof *out->item)) {
        nalg_model_free(wider);
        return nalg_fail_memory(ctx);
    }
    nalg_limit *l = &out->item[out->count++];
    *l = (nalg_limit){
        .name = strdup(name), .wider = wider, .weight = nalg_array(wider->parameters, sizeof *l->weight)};
    return l->name && l->weight ? NALG_OK : nalg_fail_memory(ctx);
}

/* How many units are left with the term of least degree, with that of largest, with a linear function (they
 * shrink beside their biases); how many pairs merge. */
typedef struct {
    size_t low, high, linear, merged;
} parts;

static nalg_status add_limit(const network *n, nalg_limits *out, const char *name, size_t width, parts part)
{
    nalg_model *wider = NULL;
    nalg_status status = make_wider(n, &wider, width);
    if (status == NALG_OK) status = new_limit(n->ctx, out, name, wider);
    if (status != NALG_OK) return status;
    nalg_limit *l = &out->item[out->count - 1];
    builder q = {.n = n, .limit = l, .width = width};
    bool ok = true;
    for (size_t i = part.low + part.high + part.linear + 2 * part.merged; i < n->units; i++) add_whole(&q);
    for (size_t i = 0; ok && i < part.low; i++) ok = add_term(&q, n->terms - 1);
    for (size_t i = 0; ok && i < part.high; i++) ok = add_term(&q, 0);
    for (size_t i = 0; ok && i < part.linear; i++) ok = add_derivative(&q, -1);
    for (size_t i = 0; ok && i < part.merged; i++) ok = add_merged(&q);
    add_constants(&q);
    if (!ok || q.unit != width)
        return nalg_fail(n->ctx, NALG_E_INTERNAL, NULL, NULL, "a limit needs %zu units instead of %zu",
                         q.unit, width);
    l->free_count = (size_t)q.next;
    return find_dimension(n->ctx, l);
}

static nalg_status add_merge(const network *n, nalg_limits *out)
{
    nalg_status status = add_limit(n, out, "limit of two units that merge",
                                   n->units - 1 + derivative_width(n), (parts){.merged = 1});
    if (status == NALG_OK) out->item[out->count - 1].not_realised = merged_out(n);
    return status;
}

static nalg_status add_terms(const network *n, nalg_limits *out, size_t low, size_t high)
{
    char name[176], first[80] = "", second[80] = "";
    if (low) snprintf(first, sizeof first, "%zu of %zu units with x^%zu only", low, n->units, n->least);
    if (high) snprintf(second, sizeof second, "%zu of %zu units with x^%zu only", high, n->units, n->degree);
    snprintf(name, sizeof name, "limit: %s%s%s", first, low && high ? ", " : "", second);
    nalg_status status = add_limit(n, out, name, n->units - low - high + (low + high) * n->terms,
                                   (parts){.low = low, .high = high});
    if (status != NALG_OK) return status;
    nalg_limit *l = &out->item[out->count - 1];
    bool top = counted_out(n, n->units - low, n->degree, l->dimension),
         bottom = counted_out(n, n->units - high, n->least, l->dimension);
    if (low ? top : bottom)
        l->not_realised =
            "networks with this part of extreme degree have too few dimensions: its powers are independent";
    return status;
}

/* With biases: s(b + t z) is s(b), a constant, and t s'(b) z in first order. */
static nalg_status add_linear(const network *n, nalg_limits *out, size_t linear)
{
    char name[80];
    snprintf(name, sizeof name, "limit: %zu of %zu units linear", linear, n->units);
    return add_limit(n, out, name, n->units - linear + linear * derivative_width(n),
                     (parts){.linear = linear});
}

/* Of one hidden layer: limits of single units. */
static nalg_status add_unit_limits(network *n, nalg_limits *l)
{
    nalg_status status = NALG_OK;
    if (n->units > 1 && (n->degree > 2 || n->terms > 1 || n->outputs > 1)) status = add_merge(n, l);
    for (size_t low = 0; low <= n->units && n->terms > 1; low++)
        for (size_t high = 0; low + high <= n->units && status == NALG_OK; high++)
            if ((low + high == 1 || low == n->units || high == n->units || (low == 1 && high == 1)))
                status = add_terms(n, l, low, high);
    for (size_t linear = 1; linear <= n->units && n->bias && n->least > 1 && status == NALG_OK; linear++)
        if (linear == 1 || linear == n->units) status = add_linear(n, l, linear);
    return status;
}

/* ---- whole layers ---- */

static bool homogeneous_in_weights(const nalg_layer *layer)
{
    return layer->type == &nalg_layer_dense || layer->type == &nalg_layer_conv ||
           layer->type == &nalg_layer_conv2d;
}

static bool flattens(const nalg_layer *layer)
{
    return layer->type->keyword && !strcmp(layer->type->keyword, "flatten");
}

/* Can activation i be scaled away: all weights of the layer before by t, those of the layer after (its biases
 * aside) by t^-e? */
static bool between_weights(const nalg_pipeline *p, size_t i)
{
    for (size_t k = 0; k < p->count; k++)
        if (p->layer[k].inner || p->layer[k].tied) return false;
    return i > 0 && i + 1 < p->count && homogeneous_in_weights(&p->layer[i - 1]) &&
           homogeneous_in_weights(&p->layer[i + 1 + (i + 2 < p->count && flattens(&p->layer[i + 1]))]);
}

/* Biases before the activation keep it at a point, those after it take its value there away. */
static bool biased_on_both_sides(const nalg_pipeline *p, size_t i)
{
    return nalg_layer_biases(&p->layer[i - 1]) &&
           nalg_layer_biases(&p->layer[i + 1 + flattens(&p->layer[i + 1])]);
}

/* The model with x^exponent in place of activation i. */
static nalg_status replace_activation(nalg_ctx *ctx, nalg_model **out, const nalg_model *model, size_t i,
                                      uint64_t exponent)
{
    nalg_text phrase = {0};
    const nalg_pipeline *p = model->layers;
    nalg_text_string(&phrase, "input ");
    nalg_shape_print(&p->in, &phrase);
    for (size_t k = 0; k < p->count; k++) {
        nalg_text_string(&phrase, " | ");
        if (k == i)
            nalg_text_format(&phrase, "x^%llu", (unsigned long long)exponent);
        else
            p->layer[k].type->print(&p->layer[k], &phrase);
    }
    nalg_status status =
        phrase.failed ? nalg_fail_memory(ctx) : nalg_model_parse(ctx, out, phrase.data, phrase.length);
    nalg_text_clear(&phrase);
    return status;
}

static nalg_status add_layer_limit(nalg_ctx *ctx, nalg_limits *out, const nalg_model *model, size_t i,
                                   size_t number, uint64_t exponent)
{
    char name[120];
    nalg_model *wider = NULL;
    snprintf(name, sizeof name, "limit: x^%llu only in place of activation %zu", (unsigned long long)exponent,
             number);
    nalg_status status = replace_activation(ctx, &wider, model, i, exponent);
    if (status == NALG_OK) status = new_limit(ctx, out, name, wider);
    if (status != NALG_OK) return status;
    nalg_limit *l = &out->item[out->count - 1];
    l->free_count = wider->parameters;
    for (size_t k = 0; k < l->free_count; k++) {
        set_weight(&l->weight[k], 0, (int32_t)k, 1, 1);
        set_weight(&l->weight[k], 1, -1, 0, 1);
    }
    return find_dimension(ctx, l);
}

/* Weights before an activation shrink and those after it grow, or the other way round: its term of least, or
 * largest, degree is left. Beside biases that do not shrink it becomes linear, up to constants. */
static nalg_status add_layer_limits(nalg_ctx *ctx, nalg_limits *out, const nalg_model *model)
{
    const nalg_pipeline *p = model->layers;
    size_t number = 0;
    if (model->parameters > MOST_WEIGHTS) return NALG_OK;
    for (size_t i = 0; i < p->count; i++) {
        if (p->layer[i].type != &nalg_layer_activation) continue;
        number++;
        const nalg_rational_function *s = nalg_activation_function(&p->layer[i]);
        const nalg_polynomial *terms = &s->numerator;
        if (!terms->count || s->denominator.count != 1 || s->denominator.term[0].exponent ||
            !between_weights(p, i))
            continue;
        uint64_t most = terms->term[0].exponent, least = terms->term[terms->count - 1].exponent;
        nalg_status status = NALG_OK;
        if (least < most) status = add_layer_limit(ctx, out, model, i, number, most);
        if (least && least < most && status == NALG_OK)
            status = add_layer_limit(ctx, out, model, i, number, least);
        if (least != 1 && most > 1 && biased_on_both_sides(p, i) && status == NALG_OK)
            status = add_layer_limit(ctx, out, model, i, number, 1);
        if (status != NALG_OK) return status;
    }
    return NALG_OK;
}

static void clear_limit(nalg_limit *l)
{
    free(l->name);
    free(l->weight);
    nalg_model_free(l->wider);
}

/* The functions of a model are dense in its closure, so that a limit of full dimension is a network in
 * general (over the reals too: what closes a semialgebraic set has fewer dimensions). */
static void leave_out(nalg_limits *l, size_t dimension)
{
    size_t kept = 0;
    l->tried = l->count > 0;
    for (size_t i = 0; i < l->count; i++) {
        if (l->item[i].dimension < dimension)
            l->item[kept++] = l->item[i];
        else
            clear_limit(&l->item[i]);
    }
    l->count = kept;
}

nalg_status nalg_limits_find(nalg_ctx *ctx, nalg_limits *out, const nalg_model *model, size_t dimension)
{
    network n;
    nalg_limits l = {.units = read_network(&n, model)};
    l.complete = l.units && n.terms == 1 && n.units <= 2 && !n.bias;
    n.ctx = ctx;
    nalg_status status = l.units ? add_unit_limits(&n, &l) : add_layer_limits(ctx, &l, model);
    if (status == NALG_OK) {
        leave_out(&l, dimension);
        *out = l;
    } else {
        nalg_limits_clear(&l);
    }
    return status;
}

void nalg_limits_clear(nalg_limits *l)
{
    for (size_t i = 0; i < l->count; i++) clear_limit(&l->item[i]);
    free(l->item);
    *l = (nalg_limits){0};
}

void nalg_limit_generic_point(double complex *w, const nalg_limit *l, uint64_t seed, size_t number)
{
    for (size_t i = 0; i < l->wider->parameters; i++) {
        w[i] = 0;
        for (int part = 0; part < 2; part++) {
            const nalg_limit_weight *c = &l->weight[i];
            if (c->index[part] < 0) continue;
            nalg_random r = nalg_random_stream(seed, STREAM_POINT + (number << 8));
            r.counter = (uint64_t)c->index[part] * 4;
            double radius = 0.5 + nalg_random_unit(&r), angle = TWO_PI * nalg_random_unit(&r);
            w[i] += (double)c->numerator[part] / (double)c->denominator[part] *
                    CMPLX(radius * cos(angle), radius * sin(angle));
        }
    }
}
