/* Strata of subnetworks: reductions at single places, constants and the zero function, and products of
 * reductions at different places. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/strata.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"
#include "geometry/strata_reductions.h"

#define DEPTH_LIMIT 8

/* ---- reductions ---- */

static void clear_realisation(nalg_realisation *w)
{
    nalg_text_clear(&w->name);
    free(w->tag);
    free(w->less);
}

static void clear_reduction(nalg_reduction *d)
{
    for (size_t i = 0; i < d->count; i++) clear_realisation(&d->item[i]);
    free(d->item);
    nalg_text_clear(&d->name);
}

void nalg_reductions_clear(nalg_reductions *r)
{
    for (size_t i = 0; i < r->count; i++) clear_reduction(&r->item[i]);
    for (size_t i = 0; i < r->exchangeables; i++) free(r->exchangeable[i].weight);
    free(r->exchangeable);
    free(r->item);
}

int32_t *nalg_reductions_exchangeable(nalg_reductions *r, size_t units, size_t length)
{
    size_t all;
    int32_t *weight = nalg_size_multiply(&all, units, length) ? nalg_array(all, sizeof *weight) : NULL;
    if (weight && nalg_grow((void **)&r->exchangeable, &r->exchangeable_capacity, r->exchangeables,
                            sizeof *r->exchangeable)) {
        r->exchangeable[r->exchangeables++] = (nalg_exchangeable){units, length, weight};
        return weight;
    }
    free(weight);
    r->failed = true;
    return NULL;
}

static void append_formatted(nalg_text *out, const char *format, va_list args)
{
    char text[240];
    vsnprintf(text, sizeof text, format, args);
    nalg_text_string(out, text);
}

nalg_reduction *nalg_reduction_new(nalg_reductions *r, const char *format, ...)
{
    if (r->failed) return NULL;
    if (r->count >= r->limit) {
        r->truncated = true;
        return NULL;
    }
    if (!nalg_grow((void **)&r->item, &r->capacity, r->count, sizeof *r->item)) {
        r->failed = true;
        return NULL;
    }
    nalg_reduction *d = &r->item[r->count++];
    *d = (nalg_reduction){.site = r->sites};
    va_list args;
    va_start(args, format);
    append_formatted(&d->name, format, args);
    va_end(args);
    r->failed = d->name.failed;
    return r->failed ? NULL : d;
}

nalg_realisation *nalg_realisation_new(nalg_reductions *r, nalg_reduction *d, const char *kind,
                                       const char *format, ...)
{
    if (!d || r->failed || !nalg_grow((void **)&d->item, &d->capacity, d->count, sizeof *d->item)) {
        r->failed = r->failed || d;
        return NULL;
    }
    nalg_realisation *w = &d->item[d->count++];
    *w = (nalg_realisation){.kind = kind, .tag = nalg_array(r->model->parameters, sizeof *w->tag)};
    va_list args;
    va_start(args, format);
    append_formatted(&w->name, format, args);
    va_end(args);
    r->failed = !w->tag || w->name.failed;
    for (size_t i = 0; w->tag && i < r->model->parameters; i++) w->tag[i] = (int32_t)i;
    return r->failed ? NULL : w;
}

void nalg_realisation_less(nalg_reductions *r, nalg_realisation *w, size_t target, size_t source)
{
    if (!nalg_grow((void **)&w->less, &w->less_capacity, w->less_count, sizeof *w->less)) {
        r->failed = true;
        return;
    }
    w->less[w->less_count][0] = (int32_t)target;
    w->less[w->less_count++][1] = (int32_t)source;
}

static size_t number_in(const nalg_pipeline *p, const nalg_layer *wanted, size_t *counter)
{
    for (size_t i = 0; i < p->count; i++) {
        *counter += p->layer[i].parameters > 0;
        if (&p->layer[i] == wanted) return *counter;
        size_t inside = p->layer[i].inner ? number_in(p->layer[i].inner, wanted, counter) : 0;
        if (inside) return inside;
    }
    return 0;
}

size_t nalg_reductions_layer(const nalg_reductions *r, const nalg_layer *layer)
{
    size_t counter = 0;
    return number_in(r->model->layers, layer, &counter);
}

/* ---- the zero function ---- */

static const nalg_layer *last_with_parameters(const nalg_pipeline *p)
{
    const nalg_layer *last = NULL;
    for (size_t i = 0; i < p->count; i++) {
        if (p->layer[i].inner || p->layer[i].tied) return NULL;
        if (p->layer[i].parameters) last = &p->layer[i];
    }
    return last;
}

/* All weights zero; where layers follow each other plainly the last layer alone kills the function, or the
 * one before it. */
static void add_zero(nalg_reductions *r)
{
    size_t parameters = r->model->parameters;
    const nalg_layer *last = last_with_parameters(r->model->layers);
    nalg_reduction *d = nalg_reduction_new(r, "%s", last ? "zero function" : "all weights zero");
    nalg_realisation *w = nalg_realisation_new(r, d, "zero", "all weights zero");
    for (size_t i = 0; w && i < parameters; i++) w->tag[i] = NALG_TAG_ZERO;
    const nalg_attention *h = last ? nalg_attention_data(last) : NULL;
    if (w && h && h->heads == 1) { /* values zero, whatever the scores are */
        size_t scores = last->offset + 2 * h->score * last->in.dim[0];
        w = nalg_realisation_new(r, d, "zero", "values of the last layer zero");
        for (size_t i = 0; w && i < parameters; i++) w->tag[i] = i < scores ? NALG_TAG_SILENT : NALG_TAG_ZERO;
    }
    if (!w || !last || last->parameters == parameters) return;
    w = nalg_realisation_new(r, d, "zero", "last layer zero");
    for (size_t i = 0; w && i < parameters; i++)
        w->tag[i] =
            i >= last->offset && i - last->offset < last->parameters ? NALG_TAG_ZERO : NALG_TAG_SILENT;
    nalg_reduction_add_silent_units(r, d, last, "zero", NALG_TAG_ZERO);
}

/* ---- constants ---- */

/* Only the biases of the last layer are left. Such functions can be added to any function of the model. */
static void add_constants(nalg_reductions *r)
{
    const nalg_pipeline *p = r->model->layers;
    const nalg_layer *last = last_with_parameters(p);
    size_t parameters = r->model->parameters, biases = last ? nalg_layer_biases(last) : 0;
    if (!biases || last != &p->layer[p->count - 1]) return;
    size_t end = last->offset + last->parameters, first = end - biases;
    nalg_reduction *d = nalg_reduction_new(r, "constant functions");
    nalg_realisation *w =
        nalg_realisation_new(r, d, NALG_KIND_CONSTANT, "all weights zero but the biases of the last layer");
    for (size_t i = 0; w && i < parameters; i++)
        if (i < first || i >= end) w->tag[i] = NALG_TAG_ZERO;
    if (!w || last->parameters == parameters) return;
    w = nalg_realisation_new(r, d, NALG_KIND_CONSTANT, "last layer zero but its biases");
    for (size_t i = 0; w && i < parameters; i++)
        if (i < first || i >= end) w->tag[i] = i >= last->offset && i < end ? NALG_TAG_ZERO : NALG_TAG_SILENT;
    nalg_reduction_add_silent_units(r, d, last, NALG_KIND_CONSTANT, NALG_TAG_SILENT);
}

bool nalg_stratum_is_vertex(const nalg_stratum *s)
{
    return s->free_count == 0 || !strcmp(s->kind, "zero") || !strcmp(s->kind, NALG_KIND_CONSTANT);
}

/* ---- from tags to strata ---- */

static bool grow_sets(nalg_strata *s)
{
    char **names = realloc(s->set_name, (s->sets + 1) * sizeof *names);
    if (!names) return false;
    s->set_name = names;
    s->set_name[s->sets] = NULL;
    return true;
}

/* Number the free parameters: first those the function depends on, in the order of the first realisation,
 * then the silent ones. */
static bool number_weights(nalg_stratum *out, const int32_t *tag, const int32_t *first, size_t parameters,
                           int32_t *number)
{
    int32_t next = 0;
    for (size_t i = 0; i < parameters; i++) number[i] = first[i] == (int32_t)i ? next++ : -1;
    out->core_count = next;
    for (size_t i = 0; i < parameters; i++)
        out->map[i] = tag[i] == NALG_TAG_SILENT ? next++ : tag[i] == NALG_TAG_ZERO ? -1 : number[tag[i]];
    out->free_count = next;
    return true;
}

static bool add_stratum(nalg_strata *s, const nalg_realisation *w, const int32_t *first, size_t mixed,
                        int32_t *number)
{
    if (!nalg_grow((void **)&s->item, &s->capacity, s->count, sizeof *s->item)) return false;
    nalg_stratum *t = &s->item[s->count];
    *t = (nalg_stratum){.kind = w->kind, .set = s->sets, .mixed = mixed};
    t->name = strdup(w->name.data ? w->name.data : "");
    t->map = nalg_array(s->parameters, sizeof *t->map);
    t->less = nalg_array(w->less_count, sizeof *t->less);
    s->count++;
    if (!t->name || !t->map || !t->less) return false;
    if (w->less_count) memcpy(t->less, w->less, w->less_count * sizeof *t->less);
    t->less_count = w->less_count;
    return number_weights(t, w->tag, first, s->parameters, number);
}

static bool add_set(nalg_strata *s, const nalg_reduction *d)
{
    int32_t *number = nalg_array(s->parameters, sizeof *number);
    bool grown = number && grow_sets(s), ok = grown && (s->set_name[s->sets] = strdup(d->name.data)) != NULL;
    for (size_t i = 0; ok && i < d->count; i++)
        ok = add_stratum(s, &d->item[i], d->item[0].tag, d->mixed ? s->mixing.units : 0, number);
    if (grown && !ok) free(s->set_name[s->sets]); /* beyond the last set: nobody else would */
    free(number);
    s->sets += ok;
    return ok;
}

/* ---- products ---- */

/* Both at once: a weight is zero if one says so, silent if one says so, and otherwise stands where the one
 * that moves it says. */
static int32_t both(int32_t a, int32_t b, int32_t self)
{
    if (a == NALG_TAG_ZERO || b == NALG_TAG_ZERO) return NALG_TAG_ZERO;
    if (a == NALG_TAG_SILENT || b == NALG_TAG_SILENT) return NALG_TAG_SILENT;
    return a == self ? b : a;
}

/* Realisation `mode` of every factor (its first where it has fewer, or ties weights). */
static const nalg_realisation *factor(const nalg_reduction *d, size_t mode)
{
    return mode < d->count && !d->item[mode].less_count ? &d->item[mode] : &d->item[0];
}

static void multiply(nalg_reductions *out, const nalg_reductions *r, const size_t *chosen, size_t depth)
{
    size_t modes = 1, parameters = r->model->parameters;
    nalg_reduction *d = nalg_reduction_new(out, "%s", "");
    for (size_t k = 0; d && k < depth; k++) {
        const nalg_reduction *f = &r->item[chosen[k]];
        nalg_text_format(&d->name, "%s%s", k ? "; " : "", f->name.data);
        if (f->count > modes) modes = f->count;
        d->mixed = d->mixed || f->mixed;
    }
    if (d && d->name.failed) out->failed = true;
    for (size_t m = 0; d && m < modes; m++) {
        bool repeats = m > 0;
        for (size_t k = 0; k < depth; k++)
            repeats = repeats && factor(&r->item[chosen[k]], m) == &r->item[chosen[k]].item[0];
        if (repeats) continue;
        nalg_realisation *w = nalg_realisation_new(out, d, "product", "%s", "");
        for (size_t k = 0; w && k < depth; k++) {
            const nalg_realisation *f = factor(&r->item[chosen[k]], m);
            nalg_text_format(&w->name, "%s%s", k ? "; " : "", f->name.data);
            for (size_t i = 0; i < parameters; i++) w->tag[i] = both(w->tag[i], f->tag[i], (int32_t)i);
        }
        for (size_t i = 0; w && i < parameters; i++) /* the value of a weight that is zero in the product */
            if (w->tag[i] >= 0 && d->item[0].tag[w->tag[i]] == NALG_TAG_ZERO) w->tag[i] = NALG_TAG_ZERO;
        if (w && w->name.failed) out->failed = true;
    }
}

/* All choices of `depth` reductions at different sites. */
static void products(nalg_reductions *out, const nalg_reductions *r, size_t *chosen, size_t used,
                     size_t depth, size_t from)
{
    if (used == depth) {
        multiply(out, r, chosen, depth);
        return;
    }
    for (size_t i = from; i < r->count && !out->failed && !out->truncated; i++) {
        if (used && r->item[chosen[used - 1]].site == r->item[i].site) continue;
        chosen[used] = i;
        products(out, r, chosen, used + 1, depth, i + 1);
    }
}

/* ---- all of it ---- */

/* The weights of the last layer by units. */
static bool note_mixing(nalg_strata *s, const nalg_layer *layer)
{
    nalg_vector_field v = {0};
    nalg_gauge gauge;
    if (!layer) return true;
    layer->type->emit(layer, &gauge);
    for (size_t u = 0; u < gauge.order; u++) layer->type->emit_field(layer, u, u, &v);
    size_t length = v.count / gauge.order;
    s->mixing = (nalg_exchangeable){gauge.order, length, nalg_array(v.count, sizeof *s->mixing.weight)};
    bool ok = !v.failed && s->mixing.weight;
    for (size_t k = 0; ok && k < v.count; k++) s->mixing.weight[k] = (int32_t)v.term[k].target;
    free(v.term);
    return ok;
}

/* Does a mixed reduction ask for a rank that is no lower than the number of slots? */
static bool asks_nothing(const nalg_strata *s, const nalg_reduction *d)
{
    const nalg_exchangeable *m = &s->mixing;
    const int32_t *tag = d->count ? d->item[0].tag : NULL;
    size_t slots = 0, rank = 0;
    for (size_t k = 0; tag && d->mixed && k < m->length; k++) {
        if (tag[m->weight[k]] == NALG_TAG_ZERO ||
            tag[m->weight[(m->units - 1) * m->length + k]] != NALG_TAG_ZERO)
            continue;
        size_t left = 0;
        while (tag[m->weight[left * m->length + k]] != NALG_TAG_ZERO) left++;
        if (left > rank) rank = left;
        slots++;
    }
    return d->mixed && slots <= rank;
}

static bool keep_all(nalg_strata *s, const nalg_reductions *r)
{
    bool ok = !r->failed;
    for (size_t i = 0; ok && i < r->count; i++)
        ok = r->item[i].count == 0 || asks_nothing(s, &r->item[i]) || add_set(s, &r->item[i]);
    s->truncated = s->truncated || r->truncated;
    return ok;
}

static nalg_status enumerate(nalg_ctx *ctx, nalg_strata *s, const nalg_model *model, size_t depth,
                             size_t limit)
{
    nalg_reductions single = {.model = model, .limit = limit}, vertex = {.model = model, .limit = 2};
    size_t chosen[DEPTH_LIMIT];
    nalg_reductions_find_mixing(&single);
    if (!note_mixing(s, single.mixing)) single.failed = true;
    nalg_reductions_units(&single, model->layers);
    nalg_reductions_outputs(&single);
    nalg_reductions_filters(&single, model->layers);
    nalg_reductions_attention(&single, model->layers);
    add_constants(&vertex);
    add_zero(&vertex);
    bool ok = keep_all(s, &single) && keep_all(s, &vertex);
    s->exchangeable = single.exchangeable;
    s->exchangeables = single.exchangeables;
    s->places = single.sites;
    single.exchangeable = NULL;
    single.exchangeables = 0;
    for (size_t d = 2; ok && d <= depth && s->sets < limit; d++) {
        nalg_reductions product = {.model = model, .limit = limit - s->sets};
        products(&product, &single, chosen, 0, d, 0);
        ok = keep_all(s, &product);
        nalg_reductions_clear(&product);
    }
    nalg_reductions_clear(&single);
    nalg_reductions_clear(&vertex);
    return ok ? NALG_OK : nalg_fail_memory(ctx);
}

nalg_status nalg_strata_find(nalg_ctx *ctx, nalg_strata *out, const nalg_model *model,
                             const nalg_strata_options *options)
{
    size_t depth = options && options->depth ? options->depth : NALG_STRATA_DEFAULT_DEPTH,
           limit = options && options->limit ? options->limit : NALG_STRATA_DEFAULT_LIMIT;
    if (depth > DEPTH_LIMIT)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "depth", "write 1 to 8",
                         "%zu reductions at once cannot be enumerated", depth);
    if (limit > NALG_STRATA_MOST)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "limit", "write at most 2000", "%zu subnetworks are too many",
                         limit);
    if (model->parameters > NALG_STRATA_WEIGHTS_LIMIT)
        return nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller model",
                         "subnetworks are listed for models of at most %d weights; this one has %zu",
                         NALG_STRATA_WEIGHTS_LIMIT, model->parameters);
    nalg_strata s = {.parameters = model->parameters};
    nalg_status status = enumerate(ctx, &s, model, depth, limit);
    if (status == NALG_OK)
        *out = s;
    else
        nalg_strata_clear(&s);
    return status;
}

void nalg_strata_clear(nalg_strata *s)
{
    for (size_t i = 0; i < s->count; i++) {
        free(s->item[i].name);
        free(s->item[i].map);
        free(s->item[i].less);
    }
    for (size_t i = 0; s->set_name && i < s->sets; i++) free(s->set_name[i]);
    for (size_t i = 0; i < s->exchangeables; i++) free(s->exchangeable[i].weight);
    free(s->exchangeable);
    free(s->mixing.weight);
    free(s->set_name);
    free(s->item);
    *s = (nalg_strata){0};
}

int nalg_stratum_weights(nalg_graph *g, const nalg_strata *strata, const nalg_stratum *s)
{
    int map;
    int32_t *entry = nalg_graph_map_new(g, strata->parameters, &map);
    if (!entry) return NALG_NO_NODE;
    memcpy(entry, s->map, strata->parameters * sizeof *entry);
    /* Without free parameters there is still a vector to gather from. */
    return nalg_graph_gather(g, nalg_graph_parameter(g, 0, s->free_count ? (size_t)s->free_count : 1), map);
}
