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
#include "model/convolution.h"

#define MOST_DEGREE 8
#define MOST_UNITS 6
#define SPARE_SAMPLES 2
#define ENTRIES_LIMIT 10000000
#define TRIAL_LIMITS 2300
#define TWO_PI 6.283185307179586476925
enum { STREAM_RANK = 7400, STREAM_POINT };

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    size_t inputs, units, outputs, degree, least, terms; /* of the network and its activation */
    uint64_t exponent[MOST_DEGREE + 1];                  /* of the terms, decreasing */
    const nalg_rational_function *activation;
} network;

static bool read_network(network *n, const nalg_model *model)
{
    nalg_chain c;
    if (!nalg_chain_read(&c, model) || c.layers != 2 || c.bias || !c.activation[1] || c.width[0] < 2)
        return false;
    const nalg_polynomial *p = &c.activation[1]->numerator, *q = &c.activation[1]->denominator;
    if (!p->count || q->count != 1 || q->term[0].exponent || p->term[0].exponent > MOST_DEGREE ||
        p->term[0].exponent < 2)
        return false;
    *n = (network){.model = model,
                   .inputs = c.width[0],
                   .units = c.width[1],
                   .outputs = c.width[2],
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

/* A unit with incoming weights a + t b and outgoing weights beta v; b < 0: t a. */
static void add_unit(builder *q, int32_t a, int32_t b, long t, int32_t v, long numerator, long denominator)
{
    nalg_limit_weight *weight = q->limit->weight;
    size_t d = q->n->inputs, second = q->width * d;
    for (size_t i = 0; i < d; i++) {
        nalg_limit_weight *w = &weight[q->unit * d + i];
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

static void add_whole(builder *q)
{
    int32_t a = take(q, q->n->inputs);
    add_unit(q, a, -1, 1, take(q, q->n->outputs), 1, 1);
}

/* Of the activation only term `wanted` is left. */
static bool add_term(builder *q, size_t wanted)
{
    long node[MOST_DEGREE + 1] = {0}, numerator[MOST_DEGREE + 1], denominator[MOST_DEGREE + 1];
    int32_t a = take(q, q->n->inputs), v = take(q, q->n->outputs);
    for (size_t k = 0; k < q->n->terms; k++) node[k] = (long)k + 1;
    if (!combination(numerator, denominator, node, q->n->exponent, q->n->terms, wanted)) return false;
    for (size_t k = 0; k < q->n->terms; k++) add_unit(q, a, -1, node[k], v, numerator[k], denominator[k]);
    return true;
}

/* v s(z) + c s'(z) y: the coefficient of t in s(z + t y). */
static bool add_merged(builder *q)
{
    long node[MOST_DEGREE + 1] = {0}, numerator[MOST_DEGREE + 1], denominator[MOST_DEGREE + 1];
    uint64_t power[MOST_DEGREE + 1] = {0};
    size_t n = q->n->degree + 1;
    int32_t a = take(q, q->n->inputs), v = take(q, q->n->outputs), b = take(q, q->n->inputs),
            c = take(q, q->n->outputs);
    for (size_t k = 0; k < n; k++) {
        node[k] = k % 2 ? (long)(k + 1) / 2 : -(long)(k / 2);
        power[k] = k;
    }
    if (!combination(numerator, denominator, node, power, n, 1)) return false;
    add_unit(q, a, -1, 1, v, 1, 1);
    for (size_t k = 0; k < n; k++)
        if (numerator[k]) add_unit(q, a, b, node[k], c, numerator[k], denominator[k]);
    return true;
}

/* Units of the wider network that the merged pair needs: without those of coefficient zero. */
static size_t merged_width(const network *n)
{
    return 1 + (n->degree + 1) -
           (n->degree % 2 ==
            0); /* nodes 0, 1, -1, ...: with as many on both sides the middle one has coefficient zero */
}

static nalg_status make_wider(const network *n, nalg_model **out, size_t width)
{
    nalg_text phrase = {0};
    nalg_text_format(&phrase, "input %zu | dense %zu | ", n->inputs, width);
    nalg_rational_function_print(n->activation, &phrase);
    nalg_text_format(&phrase, " | dense %zu", n->outputs);
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
    size_t n = l->wider->parameters, samples = l->free_count + SPARE_SAMPLES;
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
 * its generic functions are no networks. */
static bool counted_out(const network *n, size_t q, uint64_t exponent, size_t dimension)
{
    size_t cancelling = (n->units - q) / 2, d = n->inputs - 1, m = n->outputs;
    return n->units + q <= exponent + 1 &&
           q * (d + m * n->terms) + cancelling * (d + m * (n->terms - 1)) < dimension;
}

/* ---- the list ---- */

static nalg_status add_limit(const network *n, nalg_limits *out, const char *name, size_t width, size_t low,
                             size_t high, bool merged)
{
    if (!nalg_grow((void **)&out->item, &out->capacity, out->count, sizeof *out->item))
        return nalg_fail_memory(n->ctx);
    nalg_limit *l = &out->item[out->count++];
    *l = (nalg_limit){.name = strdup(name)};
    nalg_status status = l->name ? make_wider(n, &l->wider, width) : nalg_fail_memory(n->ctx);
    if (status != NALG_OK) return status;
    l->weight = nalg_array(l->wider->parameters, sizeof *l->weight);
    if (!l->weight) return nalg_fail_memory(n->ctx);
    builder q = {.n = n, .limit = l, .width = width};
    bool ok = true;
    for (size_t i = low + high + 2 * merged; i < n->units; i++) add_whole(&q);
    for (size_t i = 0; ok && i < low; i++) ok = add_term(&q, n->terms - 1);
    for (size_t i = 0; ok && i < high; i++) ok = add_term(&q, 0);
    if (ok && merged) ok = add_merged(&q);
    if (!ok || q.unit != width)
        return nalg_fail(n->ctx, NALG_E_INTERNAL, NULL, NULL, "a limit needs %zu units instead of %zu",
                         q.unit, width);
    l->free_count = (size_t)q.next;
    return find_dimension(n->ctx, l);
}

static nalg_status add_merge(const network *n, nalg_limits *out)
{
    nalg_status status =
        add_limit(n, out, "limit of two units that merge", n->units - 2 + merged_width(n), 0, 0, true);
    if (status != NALG_OK || n->units > 2) return status;
    if (n->degree > 2)
        out->item[out->count - 1].not_realised =
            "its part of largest degree r is a form x^(r-1) y, which is no sum of fewer than r powers";
    else if (n->outputs > 1)
        out->item[out->count - 1].not_realised =
            "its parts of degree 2 span a plane of forms x^2 and x y, which contains one square only";
    return status;
}

static nalg_status add_terms(const network *n, nalg_limits *out, size_t low, size_t high)
{
    char name[176], first[80] = "", second[80] = "";
    if (low) snprintf(first, sizeof first, "%zu of %zu units with x^%zu only", low, n->units, n->least);
    if (high) snprintf(second, sizeof second, "%zu of %zu units with x^%zu only", high, n->units, n->degree);
    snprintf(name, sizeof name, "limit: %s%s%s", first, low && high ? ", " : "", second);
    nalg_status status =
        add_limit(n, out, name, n->units - low - high + (low + high) * n->terms, low, high, false);
    if (status != NALG_OK) return status;
    nalg_limit *l = &out->item[out->count - 1];
    bool top = counted_out(n, n->units - low, n->degree, l->dimension),
         bottom = counted_out(n, n->units - high, n->least, l->dimension);
    if (low ? top : bottom)
        l->not_realised =
            "networks with this part of extreme degree have too few dimensions: its powers are independent";
    return status;
}

nalg_status nalg_limits_find(nalg_ctx *ctx, nalg_limits *out, const nalg_model *model)
{
    network n;
    nalg_limits l = {0};
    nalg_status status = NALG_OK;
    if (!read_network(&n, model)) {
        *out = l;
        return NALG_OK;
    }
    n.ctx = ctx;
    if (n.units > 1 && (n.degree > 2 || n.terms > 1 || n.outputs > 1)) status = add_merge(&n, &l);
    for (size_t low = 0; low <= n.units && n.terms > 1; low++)
        for (size_t high = 0; low + high <= n.units && status == NALG_OK; high++)
            if ((low + high == 1 || low == n.units || high == n.units || (low == 1 && high == 1)))
                status = add_terms(&n, &l, low, high);
    if (status == NALG_OK)
        *out = l;
    else
        nalg_limits_clear(&l);
    return status;
}

void nalg_limits_clear(nalg_limits *l)
{
    for (size_t i = 0; i < l->count; i++) {
        free(l->item[i].name);
        free(l->item[i].weight);
        nalg_model_free(l->item[i].wider);
    }
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

/* ---- is the image closed? ---- */

static bool all_linear(const nalg_pipeline *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->layer[i].type != &nalg_layer_dense && p->layer[i].type != &nalg_layer_activation) return false;
    return nalg_pipeline_class(p) == NALG_CLASS_LINEAR;
}

/* Filters of one channel without biases, and one monomial (linear or not) between any two. */
static bool monomial_filters(const nalg_pipeline *p)
{
    for (size_t i = 0; i < p->count; i++) {
        const nalg_layer *layer = &p->layer[i];
        bool filter = layer->type == &nalg_layer_conv || layer->type == &nalg_layer_conv2d;
        if (layer->type == &nalg_layer_activation) {
            const nalg_rational_function *f = nalg_activation_function(layer);
            if (f->numerator.count != 1 || f->denominator.count != 1 || f->denominator.term[0].exponent ||
                i == 0 || i + 1 == p->count)
                return false;
        } else if (!filter || layer->tied) {
            return false;
        } else {
            const nalg_convolution *c = layer->data;
            if (c->channels != 1 || c->bias || c->pad[0] || c->pad[1] ||
                layer->parameters != c->filter[0] * c->filter[1])
                return false;
        }
    }
    return p->count > 0;
}

nalg_image nalg_image_of(const nalg_model *model, const nalg_limits *limits)
{
    const nalg_pipeline *p = model->layers;
    const nalg_attention *h = p->count == 1 ? nalg_attention_data(&p->layer[0]) : NULL;
    for (size_t i = 0; i < limits->count; i++)
        if (limits->item[i].not_realised)
            return (nalg_image){NALG_FALSE, "some limits of networks are no networks"};
    if (all_linear(p))
        return (nalg_image){NALG_TRUE,
                            "matrices of bounded rank are a closed set, and every one is a network"};
    if (monomial_filters(p))
        return (nalg_image){NALG_TRUE, "filters that are not zero give a function that is not zero, so the "
                                       "image is the cone over that of a product of projective spaces"};
    if (h && h->heads == 1 && !h->normalised)
        return (nalg_image){NALG_TRUE, "one layer of lightning attention: closed in the Euclidean topology "
                                       "(Henry, Marchetti, Kohn, arXiv 2408.17221)"};
    return (nalg_image){NALG_UNKNOWN, "not known"};
}
