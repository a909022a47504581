/* Degree formulas.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "theory/degree.h"
#include "model/convolution.h"

#define STAGE_LIMIT 64

/* A model as an alternation of linear stages and activations: dense or conv layers, each followed by at most one monomial x^r. */
typedef struct {
    const nalg_layer *layer[STAGE_LIMIT];
    uint64_t exponent[STAGE_LIMIT]; /* of the activation after stage i; 1 for none */
    size_t count;
} stages;

static bool read_stages(stages *s, const nalg_model *model, const nalg_layer_type *type)
{
    const nalg_pipeline *p = model->layers;
    s->count = 0;
    for (size_t i = 0; i < p->count; i++) {
        const nalg_layer *layer = &p->layer[i];
        int64_t exponent;
        if (layer->tied) return false;
        if (layer->type == type) {
            if (s->count == STAGE_LIMIT) return false;
            s->layer[s->count] = layer;
            s->exponent[s->count++] = 1;
        } else if (layer->type == &nalg_layer_activation && s->count && s->exponent[s->count - 1] == 1) {
            if (!nalg_rational_function_is_monomial(nalg_activation_function(layer), &exponent) || exponent < 1) return false;
            s->exponent[s->count - 1] = (uint64_t)exponent;
        } else {
            return false;
        }
    }
    return s->count > 0 && p->layer[p->count - 1].type == type;
}

/* prod_{i=0}^{n-r-1} binom(m+i, r) / binom(r+i, r): matrices m x n of rank at most r, m >= n. */
static void determinantal(fmpz_t degree, size_t m, size_t n, size_t r)
{
    fmpz_t below, factor;
    fmpz_init(factor);
    fmpz_init_set_ui(below, 1);
    fmpz_one(degree);
    for (size_t i = 0; i + r < n; i++) {
        fmpz_bin_uiui(factor, m + i, r);
        fmpz_mul(degree, degree, factor);
        fmpz_bin_uiui(factor, r + i, r);
        fmpz_mul(below, below, factor);
    }
    fmpz_divexact(degree, degree, below);
    fmpz_clear(below);
    fmpz_clear(factor);
}

/* prod_{a=0}^{n-r-1} binom(n+a, n-r-a) / binom(2a+1, a): symmetric n x n matrices of rank at most r. */
static void symmetric_determinantal(fmpz_t degree, size_t n, size_t r)
{
    fmpz_t below, factor;
    fmpz_init(factor);
    fmpz_init_set_ui(below, 1);
    fmpz_one(degree);
    for (size_t a = 0; a + r < n; a++) {
        fmpz_bin_uiui(factor, n + a, n - r - a);
        fmpz_mul(degree, degree, factor);
        fmpz_bin_uiui(factor, 2 * a + 1, a);
        fmpz_mul(below, below, factor);
    }
    fmpz_divexact(degree, degree, below);
    fmpz_clear(below);
    fmpz_clear(factor);
}

/* (sum n_i)! prod d_i^{n_i} / n_i!: the product of projective spaces P^{n_i} embedded by O(d_1, ..., d_k). */
static void segre_veronese(fmpz_t degree, const size_t *n, const fmpz *d, size_t count)
{
    size_t total = 0;
    fmpz_t power;
    fmpz_init(power);
    fmpz_one(degree);
    for (size_t i = 0; i < count; i++) { /* multinomial as a product of binomials */
        total += n[i];
        fmpz_bin_uiui(power, total, n[i]);
        fmpz_mul(degree, degree, power);
        fmpz_pow_ui(power, &d[i], n[i]);
        fmpz_mul(degree, degree, power);
    }
    fmpz_clear(power);
}

static bool linear_network(fmpz_t degree, const stages *s)
{
    size_t n = s->layer[0]->in.dim[0], m = s->layer[s->count - 1]->out.dim[0], r = n < m ? n : m;
    for (size_t i = 0; i < s->count; i++) {
        if (s->exponent[i] != 1) return false;
        r = s->layer[i]->out.dim[0] < r ? s->layer[i]->out.dim[0] : r;
    }
    if (n * m > 1000000) return false;
    determinantal(degree, n > m ? n : m, n > m ? m : n, r);
    return true;
}

/* One hidden unit: c l^r with l in n variables and c in m outputs. */
static void one_unit(fmpz_t degree, size_t n, size_t m, uint64_t r)
{
    fmpz d[2];
    fmpz_init_set_ui(&d[0], r);
    fmpz_init_set_ui(&d[1], 1);
    segre_veronese(degree, (size_t[]){n - 1, m - 1}, d, 2);
    fmpz_clear(&d[0]);
    fmpz_clear(&d[1]);
}

static bool shallow_network(fmpz_t degree, const char **source, const stages *s)
{
    if (s->count != 2) return false;
    size_t n = s->layer[0]->in.dim[0], k = s->layer[0]->out.dim[0], m = s->layer[1]->out.dim[0];
    uint64_t r = s->exponent[0];
    if (r > 10000 || n > 1000 || m > 1000) return false;
    if (k == 1) {
        *source = "Segre-Veronese variety";
        one_unit(degree, n, m, r);
        return true;
    }
    if (m != 1) return false;
    if (r == 2) {
        *source = "symmetric matrices of bounded rank (Harris-Tu 1984)";
        symmetric_determinantal(degree, n, k < n ? k : n);
        return true;
    }
    if (n == 2 && 2 * k < r + 1) {
        *source = "secant variety of the rational normal curve";
        fmpz_bin_uiui(degree, r - k + 1, k);
        return true;
    }
    if (n == 3 && k == 2 && r >= 3) {
        *source = "secant line variety of the Veronese surface";
        fmpz_set_ui(degree, (r * r * r * r + 15 * r - 10 * r * r - 6) / 2);
        return true;
    }
    return false;
}

/* One channel, no bias, no padding: filters w_0, ..., w_{L-1} with degrees D_j = product of the later activations' exponents. All
 * exponents above 1 (polynomial), or all 1 with every stride but the last above 1 (linear). */
static bool convolutions(fmpz_t degree, const char **source, const stages *s)
{
    size_t n[STAGE_LIMIT] = {0};
    fmpz d[STAGE_LIMIT];
    bool polynomial = true, linear = true;
    for (size_t i = 0; i < s->count; i++) {
        const nalg_convolution *c = s->layer[i]->data;
        if (!nalg_convolution_has_one_channel(s->layer[i]) || c->bias || c->pad[1]) return false;
        if (i + 1 < s->count) {
            polynomial = polynomial && s->exponent[i] > 1;
            linear = linear && s->exponent[i] == 1 && c->stride[1] > 1;
        }
        n[i] = c->filter[1] - 1;
    }
    if (!polynomial && !linear) return false;
    for (size_t i = 0; i < s->count; i++) {
        fmpz_init_set_ui(&d[i], 1);
        for (size_t j = i; j + 1 < s->count; j++) fmpz_mul_ui(&d[i], &d[i], s->exponent[j]);
    }
    *source = polynomial ? "polynomial convolutions are Segre-Veronese (arXiv 2410.00722)" : "linear convolutions with strides are Segre (arXiv 2401.16613)";
    segre_veronese(degree, n, d, s->count);
    for (size_t i = 0; i < s->count; i++) fmpz_clear(&d[i]);
    return true;
}

/* One head, a >= d, at least two tokens: V (x) A with A arbitrary, projected without loss of degree. */
static bool attention(fmpz_t degree, const char **source, const nalg_model *model)
{
    const nalg_pipeline *p = model->layers;
    const nalg_attention *a = p->count == 1 ? nalg_attention_data(&p->layer[0]) : NULL;
    if (!a || a->normalised || a->heads > 1 || p->in.dim[1] < 2 || a->score < p->in.dim[0]) return false;
    size_t d = p->in.dim[0], values = d * p->out.dim[0];
    if (a->value && a->value < d && a->value < p->out.dim[0]) return false;
    if (d > 100 || values > 10000) return false;
    *source = "lightning attention with full scores: projected Segre variety (arXiv 2408.17221)";
    fmpz_bin_uiui(degree, values + d * d - 2, values - 1);
    return true;
}

static bool has_bias(const stages *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (nalg_dense_has_bias(s->layer[i])) return true;
    return false;
}

bool nalg_theory_degree(fmpz_t degree, const char **source, const nalg_model *model)
{
    stages s;
    if (read_stages(&s, model, &nalg_layer_dense) && !has_bias(&s)) {
        *source = "matrices of bounded rank (Harris-Tu 1984)";
        return linear_network(degree, &s) || shallow_network(degree, source, &s);
    }
    if (read_stages(&s, model, &nalg_layer_conv)) return convolutions(degree, source, &s);
    return attention(degree, source, model);
}
