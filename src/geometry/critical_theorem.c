/* Which published number of critical points applies to a model and a metric.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "geometry/critical_theorem.h"
#include "geometry/ambient.h"
#include "geometry/chain.h"
#include "model/convolution.h"
#include "theory/ed_degree.h"

/* Widths and exponents up to these are looked at: the numbers grow fast. */
#define EXPONENT_LIMIT 1000
#define WIDTH_LIMIT 100

static bool linear_theorem(fmpz_t out, const char **source, const nalg_chain *chain, nalg_metric_kind kind)
{
    size_t n = chain->width[0], m = chain->width[chain->layers], rank = n < m ? n : m, r = rank;
    for (size_t l = 1; l < chain->layers; l++) {
        if (nalg_chain_exponent(chain, l) != 1) return false;
        r = chain->width[l] < r ? chain->width[l] : r;
    }
    if (kind != NALG_METRIC_GENERIC) {
        fmpz_bin_uiui(out, rank, r);
        *source = "Eckart-Young";
        return true;
    }
    if ((r != 1 && r + 1 != rank) || n > WIDTH_LIMIT || m > WIDTH_LIMIT) return false;
    nalg_ed_degree_segre_veronese(out, (size_t[]){n - 1, m - 1}, (fmpz[]){1, 1}, 2);
    *source = r == 1 ? "Segre variety, generic quadratic form (Draisma et al. 2016)"
                     : "dual to a Segre variety, generic quadratic form (Draisma et al. 2016)";
    return true;
}

/* c l^r with one hidden unit: a Segre-Veronese variety. */
static bool unit_theorem(fmpz_t out, const char **source, size_t n, size_t m, uint64_t r,
                         nalg_metric_kind kind)
{
    if (kind == NALG_METRIC_GENERIC) {
        nalg_ed_degree_segre_veronese(out, (size_t[]){n - 1, m - 1}, (fmpz[]){(fmpz)r, 1}, 2);
        *source = "Segre-Veronese variety, generic quadratic form (Draisma et al. 2016)";
    } else if (kind == NALG_METRIC_BOMBIERI) {
        nalg_ed_degree_rank_one(out, n, m, r);
        *source = m == 1 ? "eigenvectors of symmetric tensors (Cartwright-Sturmfels 2013)"
                         : "rank-one approximation of tensors (Friedland-Ottaviani 2014)";
    } else {
        return false;
    }
    return true;
}

/* Symmetric n x n matrices of rank at most k < n. */
static bool quadratic_theorem(fmpz_t out, const char **source, size_t n, size_t k, nalg_metric_kind kind)
{
    if (kind == NALG_METRIC_BOMBIERI || kind == NALG_METRIC_GAUSSIAN) {
        fmpz_bin_uiui(out, n, k < n ? k : n);
        *source = kind == NALG_METRIC_BOMBIERI ? "Eckart-Young"
                                               : "Eckart-Young for Gaussian inputs (docs/critical.md)";
        return true;
    }
    if (kind != NALG_METRIC_GENERIC || k + 1 != n) return false;
    nalg_ed_degree_segre_veronese(out, (size_t[]){n - 1}, (fmpz[]){2}, 1);
    *source = "dual to a Veronese variety, generic quadratic form (Draisma et al. 2016)";
    return true;
}

static bool shallow_theorem(fmpz_t out, const char **source, const nalg_chain *chain, nalg_metric_kind kind)
{
    if (chain->layers != 2) return false;
    size_t n = chain->width[0], k = chain->width[1], m = chain->width[2];
    uint64_t r = nalg_chain_exponent(chain, 1);
    if (r < 2 || r > EXPONENT_LIMIT || n > WIDTH_LIMIT || m > WIDTH_LIMIT) return false;
    if (m == 1 && r == 2 && quadratic_theorem(out, source, n, k, kind)) return true;
    return k == 1 && unit_theorem(out, source, n, m, r, kind);
}

/* Polynomial convolutions on generic large data, or a generic form: the Segre-Veronese variety they are. */
static bool convolution_theorem(fmpz_t out, const char **source, const nalg_model *model,
                                nalg_metric_kind kind, bool determined)
{
    const nalg_pipeline *p = model->layers;
    size_t n[8], count = 0;
    fmpz d[8];
    if (kind != NALG_METRIC_GENERIC && (kind != NALG_METRIC_DATA || !determined)) return false;
    bool linear = true, polynomial = true;
    uint64_t exponent[8];
    for (size_t i = 0; i < p->count; i++) {
        const nalg_layer *layer = &p->layer[i];
        int64_t r;
        if (layer->type == &nalg_layer_conv && !layer->tied) {
            const nalg_convolution *k = layer->data;
            bool last = i + 1 == p->count;
            if (count == 8 || k->bias || k->pad[1] || !nalg_convolution_has_one_channel(layer)) return false;
            linear = linear && (last || k->stride[1] > 1);
            exponent[count] = 1;
            n[count++] = k->filter[1] - 1;
        } else if (layer->type == &nalg_layer_activation && count && exponent[count - 1] == 1) {
            if (!nalg_rational_function_is_monomial(nalg_activation_function(layer), &r) || r < 1 || r > 1000)
                return false;
            exponent[count - 1] = (uint64_t)r;
        } else {
            return false;
        }
    }
    for (size_t j = 0; j < count; j++) {
        d[j] = 1;
        for (size_t k = j; k + 1 < count; k++) d[j] *= (fmpz)exponent[k];
        if (j + 1 < count) polynomial = polynomial && exponent[j] > 1;
        if (j + 1 < count) linear = linear && exponent[j] == 1;
    }
    if (!polynomial && !linear) return false;
    nalg_ed_degree_segre_veronese(out, n, d, count);
    *source = "convolutions are Segre-Veronese; generic data (arXiv 2410.00722, 2401.16613)";
    return true;
}

bool nalg_critical_published(fmpz_t out, const char **source, const nalg_model *model,
                             const nalg_metric *metric)
{
    nalg_chain chain;
    if (!nalg_chain_read(&chain, model))
        return convolution_theorem(out, source, model, metric->kind, metric->determined);
    if (chain.bias) return false;
    return linear_theorem(out, source, &chain, metric->kind) ||
           shallow_theorem(out, source, &chain, metric->kind);
}

nalg_status nalg_critical_theorem(nalg_ctx *ctx, bool *known, fmpz_t out, const char **source,
                                  const nalg_model *model, const nalg_metric *metric, size_t dimension,
                                  bool proved)
{
    *known = nalg_critical_published(out, source, model, metric);
    if (*known || !proved || !metric->determined) return NALG_OK;
    nalg_ambient ambient = {0};
    nalg_status status = nalg_ambient_find(ctx, &ambient, model, nalg_model_exponent(model));
    *known = status == NALG_OK && ambient.proved && fmpz_equal_ui(&ambient.size, dimension);
    nalg_ambient_clear(&ambient);
    if (!*known) return status;
    fmpz_one(out);
    *source = "the model fills its ambient space: only the target itself is critical";
    return NALG_OK;
}
