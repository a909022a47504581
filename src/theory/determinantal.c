/* Determinantal varieties.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "theory/determinantal.h"

static bool read_linear(nalg_determinantal *out, const nalg_pipeline *p)
{
    *out = (nalg_determinantal){.m = p->out.dim[0], .n = p->in.dim[0], .source = "matrices of bounded rank (Arbarello, Cornalba, Griffiths, Harris 1985, II.2)"};
    out->rank = out->m < out->n ? out->m : out->n;
    for (size_t i = 0; i < p->count; i++) {
        const nalg_layer *layer = &p->layer[i];
        if (layer->type == &nalg_layer_dense && !layer->tied && !nalg_dense_has_bias(layer)) {
            if (layer->out.dim[0] < out->rank) out->rank = layer->out.dim[0];
        } else if (layer->type != &nalg_layer_activation || layer->type->class_of(layer) != NALG_CLASS_LINEAR) {
            return false;
        }
    }
    return p->in.rank == 1 && nalg_pipeline_class(p) == NALG_CLASS_LINEAR;
}

/* A linear activation may still have a constant term. */
static bool pure(const nalg_pipeline *p, int64_t exponent)
{
    int64_t e;
    for (size_t i = 0; i < p->count; i++)
        if (p->layer[i].type == &nalg_layer_activation &&
            (!nalg_rational_function_is_monomial(nalg_activation_function(&p->layer[i]), &e) || e != exponent))
            return false;
    return true;
}

static bool read_quadratic(nalg_determinantal *out, const nalg_pipeline *p)
{
    if (p->count != 3 || p->layer[1].type != &nalg_layer_activation || p->in.rank != 1) return false;
    for (size_t i = 0; i < 3; i += 2)
        if (p->layer[i].type != &nalg_layer_dense || p->layer[i].tied || nalg_dense_has_bias(&p->layer[i])) return false;
    size_t n = p->in.dim[0], units = p->layer[0].out.dim[0];
    *out = (nalg_determinantal){.symmetric = true, .m = n, .n = n, .rank = units < n ? units : n,
                                .source = "symmetric matrices of bounded rank (Harris, Tu 1984)"};
    return p->layer[2].out.dim[0] == 1 && pure(p, 2);
}

bool nalg_theory_determinantal(nalg_determinantal *out, const nalg_model *model)
{
    nalg_determinantal d;
    bool known = (read_linear(&d, model->layers) && pure(model->layers, 1)) || read_quadratic(&d, model->layers);
    if (known) *out = d;
    return known;
}

size_t nalg_determinantal_dimension(const nalg_determinantal *d, size_t s)
{
    return d->symmetric ? s * d->n - s * (s - 1) / 2 : s * (d->m + d->n - s);
}

/* prod over i = 0 .. n-s-k-1, k = rank - s: binom(m-s+i, k) / binom(k+i, k); symmetric: binom(n-s+i, n-s-k-i) / binom(2i+1, i). */
void nalg_determinantal_multiplicity(fmpz_t out, const nalg_determinantal *d, size_t s)
{
    size_t m = (d->m > d->n ? d->m : d->n) - s, n = (d->m > d->n ? d->n : d->m) - s, k = d->rank - s;
    fmpz_t below, factor;
    fmpz_init(factor);
    fmpz_init_set_ui(below, 1);
    fmpz_one(out);
    for (size_t i = 0; i + k < n; i++) {
        if (d->symmetric) fmpz_bin_uiui(factor, n + i, n - k - i);
        else fmpz_bin_uiui(factor, m + i, k);
        fmpz_mul(out, out, factor);
        if (d->symmetric) fmpz_bin_uiui(factor, 2 * i + 1, i);
        else fmpz_bin_uiui(factor, k + i, k);
        fmpz_mul(below, below, factor);
    }
    fmpz_divexact(out, out, below);
    fmpz_clear(below);
    fmpz_clear(factor);
}
