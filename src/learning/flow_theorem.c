/* Matrices W of rank at most r, mean of |W x - y|^2. With S_xx, S_yx the second moments of the data and U the
 * eigenvectors of S_yx S_xx^-1 S_xy, the critical points of rank r are W_I = U_I U_I^T S_yx S_xx^-1 for the
 * sets I of r of the min(m, n) largest eigenvalues (Baldi and Hornik 1989, facts 2 to 4; Trager, Kohn, Bruna
 * 2020, for any depth). Against a direction that trades an eigenvalue in I for a larger one outside the loss
 * falls: the index is the number of such pairs. Without a bottleneck least squares is the only one.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/flow_theorem.h"
#include <math.h>
#include <string.h>
#include "core/context.h"
#include "core/memory.h"
#include "field/lapack.h"
#include "geometry/chain.h"

#define SET_LIMIT 1000
/* Products for the moments, and for the answers of all points: a fraction of a second. */
#define WORK_LIMIT 2e8
/* Relative gap of eigenvalues that are told apart, and smallest one of S_xx. */
#define GAP 1e-8

typedef struct {
    size_t n, m, r, k; /* inputs, outputs, rank, min(n, m) */
    size_t sets;
    double *value_x, *xx; /* eigenvalues and -vectors of S_xx */
    double *yx, *least;   /* m x n: S_yx; S_yx S_xx^-1, least squares */
    double *point;        /* m x n: the critical point at hand */
    double *value, *u;    /* of S_yx S_xx^-1 S_xy, increasing; row i of u is an eigenvector */
    double total;         /* mean square of the targets */
} setting;

static bool read_model(setting *s, const nalg_model *model, const nalg_data *data)
{
    nalg_chain chain;
    if (!nalg_chain_read(&chain, model) || chain.bias) return false;
    for (size_t l = 1; l < chain.layers; l++)
        if (chain.activation[l]) return false;
    s->n = data->input_size;
    s->m = data->output_size;
    s->r = s->k = s->n < s->m ? s->n : s->m;
    for (size_t l = 1; l < chain.layers; l++)
        if (chain.width[l] < s->r) s->r = chain.width[l];
    double sets = 1;
    for (size_t i = 1; i <= s->r; i++) sets *= (double)(s->k - s->r + i) / (double)i;
    s->sets = sets <= SET_LIMIT ? (size_t)(sets + 0.5) : 0;
    double samples = (double)data->samples, n = (double)s->n, m = (double)s->m;
    return s->sets > 0 && n <= 400 && m <= 400 && samples * n * (n + m) <= WORK_LIMIT &&
           (double)s->sets * m * n * (samples + 2 * (double)s->r) <= WORK_LIMIT;
}

static bool allocate(setting *s)
{
    s->value_x = nalg_array(s->n, sizeof *s->value_x);
    s->xx = nalg_array_zero(s->n * s->n, sizeof *s->xx);
    s->yx = nalg_array_zero(s->n * s->m, sizeof *s->yx);
    s->least = nalg_array_zero(s->n * s->m, sizeof *s->least);
    s->point = nalg_array(s->n * s->m, sizeof *s->point);
    s->value = nalg_array(s->m, sizeof *s->value);
    s->u = nalg_array_zero(s->m * s->m, sizeof *s->u);
    return s->value_x && s->xx && s->yx && s->least && s->point && s->value && s->u;
}

static void moments(setting *s, const nalg_data *data)
{
    double weight = 1 / (double)data->samples;
    for (size_t i = 0; i < data->samples; i++) {
        const double *x = data->inputs + i * s->n, *y = data->targets + i * s->m;
        for (size_t a = 0; a < s->n; a++)
            for (size_t b = 0; b < s->n; b++) s->xx[a * s->n + b] += weight * x[a] * x[b];
        for (size_t o = 0; o < s->m; o++) {
            for (size_t b = 0; b < s->n; b++) s->yx[o * s->n + b] += weight * y[o] * x[b];
            s->total += weight * y[o] * y[o];
        }
    }
}

/* Least squares by the eigenvectors of S_xx, then the spectrum. False when inputs or eigenvalues are
 * degenerate. */
static bool decompose(setting *s)
{
    size_t n = s->n, m = s->m;
    if (!nalg_symmetric_eigen(s->value_x, s->xx, n, true) || !(s->value_x[0] > GAP * s->value_x[n - 1]))
        return false;
    for (size_t e = 0; e < n; e++)
        for (size_t o = 0; o < m; o++) {
            double along = 0;
            for (size_t b = 0; b < n; b++) along += s->yx[o * n + b] * s->xx[e * n + b];
            for (size_t b = 0; b < n; b++) s->least[o * n + b] += along / s->value_x[e] * s->xx[e * n + b];
        }
    for (size_t o = 0; o < m; o++)
        for (size_t q = 0; q < m; q++)
            for (size_t b = 0; b < n; b++)
                s->u[o * m + q] +=
                    (s->least[o * n + b] * s->yx[q * n + b] + s->least[q * n + b] * s->yx[o * n + b]) / 2;
    if (!nalg_symmetric_eigen(s->value, s->u, m, true)) return false;
    for (size_t i = m - s->k; s->r < s->k && i < m; i++) {
        double below = i > m - s->k ? s->value[i - 1] : 0;
        if (!(s->value[i] - below > GAP * s->value[m - 1])) return false;
    }
    return true;
}

/* The next set in lexicographic order: I as increasing positions among the k largest. */
static void next_set(size_t *set, size_t r, size_t k)
{
    size_t i = r;
    while (i-- > 0)
        if (set[i] < k - r + i) {
            set[i]++;
            for (size_t j = i + 1; j < r; j++) set[j] = set[j - 1] + 1;
            return;
        }
}

/* W_I in s->point, and the sum of its eigenvalues. */
static double build_point(const setting *s, const size_t *set)
{
    size_t n = s->n, m = s->m;
    double sum = 0;
    memset(s->point, 0, n * m * sizeof *s->point);
    for (size_t i = 0; i < s->r; i++) {
        const double *u = s->u + (m - s->k + set[i]) * m;
        sum += s->value[m - s->k + set[i]];
        for (size_t b = 0; b < n; b++) {
            double along = 0;
            for (size_t o = 0; o < m; o++) along += u[o] * s->least[o * n + b];
            for (size_t o = 0; o < m; o++) s->point[o * n + b] += u[o] * along;
        }
    }
    return sum;
}

/* Pairs of an eigenvalue in the set and a larger one outside. */
static size_t index_of(const setting *s, const size_t *set)
{
    size_t index = 0, inside = 0;
    for (size_t e = 0; e < s->k; e++) {
        if (inside < s->r && set[inside] == e)
            inside++;
        else
            index += inside;
    }
    return index;
}

/* Row `at` of the list: the answers of W_I on the data, its loss and index. */
static void write_point(const setting *s, nalg_flow_points *p, size_t at, const size_t *set,
                        const nalg_data *data)
{
    size_t n = s->n, m = s->m;
    double *answer = p->answer + at * p->answers;
    size_t index = index_of(s, set);
    p->point[at] = (nalg_flow_point){.origin = NALG_POINT_OF_THEOREM,
                                     .loss = fmax(0, s->total - build_point(s, set)),
                                     .curvature = {.known = true, .negative = index, .flat = SIZE_MAX},
                                     .minimum = index ? NALG_FALSE : NALG_TRUE};
    for (size_t i = 0; i < data->samples; i++)
        for (size_t o = 0; o < m; o++) {
            double sum = 0;
            for (size_t b = 0; b < n; b++) sum += s->point[o * n + b] * data->inputs[i * n + b];
            answer[i * m + o] = sum;
        }
}

nalg_status nalg_flow_points_linear(nalg_ctx *ctx, nalg_flow_points *out, bool *known,
                                    const nalg_model *model, const nalg_data *data)
{
    setting s = {0};
    nalg_flow_points p = {0};
    nalg_status status = NALG_OK;
    size_t *set = NULL;
    *known = false;
    if (!read_model(&s, model, data)) return NALG_OK;
    if (!allocate(&s)) status = nalg_fail_memory(ctx);
    if (status == NALG_OK) moments(&s, data);
    if (status == NALG_OK && decompose(&s)) {
        set = nalg_array(s.r, sizeof *set);
        status = set ? nalg_flow_points_create(ctx, &p, s.sets, data->samples * s.m) : nalg_fail_memory(ctx);
        for (size_t i = 0; status == NALG_OK && i < s.r; i++) set[i] = i;
        for (size_t at = 0; status == NALG_OK && at < s.sets; at++) {
            write_point(&s, &p, at, set, data);
            p.count++;
            next_set(set, s.r, s.k);
        }
        *known = status == NALG_OK;
    }
    if (*known) {
        nalg_flow_points_sort(&p);
        *out = p;
    }
    free(set);
    free(s.value_x);
    free(s.xx);
    free(s.yx);
    free(s.least);
    free(s.point);
    free(s.value);
    free(s.u);
    return status;
}
