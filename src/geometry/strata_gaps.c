/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/strata_gaps.h"
#include <string.h>
#include "model/convolution.h"

typedef struct {
    size_t nonlinear; /* activations so far */
    size_t channels;  /* convolutions whose hidden channels may be shortened in different ways */
    size_t attention; /* attention layers */
    bool between;     /* weights between two activations */
    bool three;       /* three units or more before an activation */
    bool padded, group, residual, tied, program, heads;
} traits;

static size_t units_of(const nalg_layer *layer)
{
    nalg_gauge gauge = {0};
    if (layer->type->emit) layer->type->emit(layer, &gauge);
    return gauge.order;
}

static void look(traits *t, const nalg_pipeline *p)
{
    size_t units = 0; /* made by weights since the last activation, when more than one */
    for (size_t i = 0; i < p->count; i++) {
        const nalg_layer *layer = &p->layer[i];
        const char *word = layer->type->keyword;
        if (layer->inner) {
            t->residual = true;
            look(t, layer->inner);
        }
        if (layer->type == &nalg_layer_activation && layer->type->class_of(layer) != NALG_CLASS_LINEAR) {
            t->between = t->between || (units && t->nonlinear);
            t->three = t->three || units >= 3;
            t->nonlinear++;
            units = 0;
        }
        if (layer->parameters) units = units_of(layer) > 1 ? units_of(layer) : 0;
        t->tied = t->tied || layer->tied;
        t->group = t->group || (word && !strcmp(word, "groupconv"));
        t->program = t->program || (word && !strcmp(word, "program"));
        const nalg_attention *h = nalg_attention_data(layer);
        t->attention += h != NULL;
        t->heads = t->heads || (h && (h->heads > 1 || h->value));
        if (layer->type == &nalg_layer_conv || layer->type == &nalg_layer_conv2d) {
            const nalg_convolution *c = layer->data;
            t->padded = t->padded || c->pad[0] || c->pad[1];
            t->channels += c->channels > 1 && i + 1 < p->count;
        }
    }
}

static void add(nalg_strata_gap *gap, size_t *count, bool present, const char *family, const char *reason)
{
    if (present && *count < NALG_STRATA_GAPS_MOST) gap[(*count)++] = (nalg_strata_gap){family, reason};
}

/* Limits of networks that are not listed. */
static void add_limit_gaps(nalg_strata_gap *gap, size_t *n, const nalg_model *model,
                           const nalg_limits *limits)
{
    if (limits->complete || nalg_image_of(model, limits).closed == NALG_TRUE) return; /* there are none */
    add(gap, n, limits->units,
        "limits of networks other than those of two units that merge and of units of whose activation one "
        "term is left",
        "only these families are tried");
    add(gap, n, !limits->units && limits->tried,
        "limits of networks other than those of layers of whose activation one term is left",
        "more families are tried only for one hidden layer of up to 6 units and a polynomial of degree up to "
        "8");
    add(gap, n, !limits->units && !limits->tried, "limits of networks",
        "functions that no weights realise though networks come near to them: none are tried for this model");
}

size_t nalg_strata_gaps(nalg_strata_gap gap[NALG_STRATA_GAPS_MOST], const nalg_model *model,
                        const nalg_strata *strata, const nalg_limits *limits, size_t depth)
{
    traits t = {0};
    size_t n = 0;
    look(&t, model->layers);
    add(gap, &n, strata->truncated, "subnetworks beyond the limit", "ask for more with --limit");
    add(gap, &n, strata->places > depth, "more places reduced at once", "ask for more with --depth");
    add(gap, &n, t.three,
        "three or more units whose functions are linearly dependent in another way than by equal or dead "
        "units",
        "a condition of high degree on their weights");
    add(gap, &n, t.between,
        "weights between two activations that have a lower rank in another way than by equal or dead units",
        "no linear condition on the weights; for monomials of high degree the parametrisation is critical at "
        "dead and equal units only (Kohn, Marchetti, Shabir, Shahverdi, Wang 2026)");
    add(gap, &n, t.channels > 0, "filters of several channels shortened by different lengths or shifts",
        "only all channels alike, and one channel of a layer alone");
    add(gap, &n, t.padded, "shortened filters of convolutions with padding",
        "shifts do not compensate at the border");
    add(gap, &n, t.group, "special weights of group convolutions",
        "zero weights leave no smaller group convolution; nothing else is known here");
    add(gap, &n, t.heads || t.attention > 1,
        "values exchanged with keys of rank one, or equal to them, in one of several heads or layers, or "
        "where values are a product of two matrices",
        "only in a single layer with one head and one value matrix");
    add(gap, &n,
        model->layers->count &&
            units_of(&model->layers->layer[model->layers->count - 1]) > NALG_STRATA_MIXED_LIMIT,
        "a last layer of lower rank", "the model has more than 32 outputs");
    add(gap, &n, t.residual, "lower ranks of the last layer inside a residual block",
        "linear maps of the outputs do not act on the model");
    add(gap, &n, t.tied, "special weights of layers that share them",
        "reductions at one layer would change the other");
    add(gap, &n, t.program, "special weights of tensor programs",
        "units and channels are not recognised in them");
    add_limit_gaps(gap, &n, model, limits);
    return n;
}
