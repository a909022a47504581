/* Conservation laws of gradient flow: counted, printed, and counted against the Lie algebra of the gradient fields (METHODS 8).
 *
 * Three numbers hold each other: the rank mod p bounds the number of laws from above, symmetries prove laws from below; the gradients
 * of the laws are orthogonal to the Lie algebra, so (rank of their gradients) + (rank of the algebra) <= P, and when lower bounds mod p
 * of both add up to P, both are proved.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/result.h"
#include "exact/elimination.h"
#include "field/prime.h"
#include "geometry/ambient.h"
#include "geometry/jacobian.h"
#include "learning/conserved_lie.h"
#include "learning/conserved_search.h"
#include "learning/conserved_symmetry.h"
#include "model/document.h"
#include "neuroalg/learning.h"

#define DEFAULT_DEGREE 2
/* Laws of higher degree that are products of quadratic ones: how many are written down. */
#define PRODUCT_LIMIT 2000
/* Entries of the matrix of gradients. */
#define GRADIENT_ENTRIES ((size_t)1 << 26)
#define INDEPENDENT_TRIAL 70

void nalg_conserved_options_init(nalg_conserved_options *options)
{
    *options = (nalg_conserved_options){.degree = DEFAULT_DEGREE};
}

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    size_t degree;
    nalg_weight_names names;
    nalg_law_search found;
    size_t independent; /* rank of the gradients at one point mod p */
    uint64_t independent_prime, gradient_degree;
    nalg_lie_rank lie;
    bool one_field; /* all gradient fields are multiples of one by constants: then all brackets vanish */
} computation;

static nalg_status find_laws(computation *c)
{
    nalg_laws known = {0};
    nalg_status status = nalg_weight_names_find(c->ctx, &c->names, c->model);
    if (status == NALG_OK && c->degree >= 2) status = nalg_laws_from_symmetries(c->ctx, &known, c->model, &c->names);
    if (status == NALG_OK && c->degree > 2) status = nalg_laws_products(c->ctx, &known, c->degree, PRODUCT_LIMIT, &c->names);
    if (status == NALG_OK) status = nalg_law_search_run(c->ctx, &c->found, c->model, &c->names, &known, c->degree);
    nalg_laws_clear(&known);
    return status;
}

/* Rank of the laws' gradients at one random point: at most the generic rank over Q. */
static nalg_status find_independent(computation *c)
{
    size_t laws = c->found.laws.count, parameters = c->model->parameters, entries;
    nalg_point point = {.prime = nalg_prime_word(0, 0), .seed = nalg_ctx_seed(c->ctx), .trial = INDEPENDENT_TRIAL};
    nalg_rank_profile profile = {0};
    if (!nalg_size_multiply(&entries, laws, parameters) || entries > GRADIENT_ENTRIES)
        return nalg_fail(c->ctx, NALG_E_LIMIT, NULL, "use a smaller --degree", "the gradients of %zu laws are too many to compare", laws);
    uint64_t *matrix = nalg_array(entries, sizeof *matrix), *w = nalg_array(parameters, sizeof *w);
    nalg_status status = matrix && w ? NALG_OK : nalg_fail_memory(c->ctx);
    for (size_t i = 0; status == NALG_OK && i < parameters; i++) w[i] = nalg_point_value(&point, NALG_STREAM_WEIGHTS, i);
    for (size_t k = 0; status == NALG_OK && k < laws; k++)
        nalg_law_gradient(matrix + k * parameters, &c->found.laws.item[k], w, parameters, point.prime);
    if (status == NALG_OK) status = nalg_rank_word(c->ctx, &profile, matrix, laws, parameters, parameters, point.prime);
    c->independent = profile.rank;
    c->independent_prime = point.prime;
    nalg_rank_profile_clear(&profile);
    free(matrix);
    free(w);
    return status;
}

/* A model whose functions span a line is f_w(x) = phi(w) e(x), and its gradient fields are multiples of grad phi by constants c . e(x):
 * their Lie algebra has dimension one. Asked only where the laws do not prove it. */
static nalg_status find_one_field(computation *c)
{
    nalg_ambient ambient = {0};
    if (!c->lie.closed || c->lie.rank != 1 || c->independent + 1 == c->model->parameters) return NALG_OK;
    nalg_status status = nalg_ambient_find(c->ctx, &ambient, c->model, nalg_model_exponent(c->model));
    if (status != NALG_OK) return status;
    c->one_field = ambient.proved && fmpz_is_one(&ambient.size);
    nalg_ambient_clear(&ambient);
    return NALG_OK;
}

/* ---- what is known how ---- */

/* As many identities as the kernel allows. */
static bool count_proved(const computation *c)
{
    return c->found.proved == c->found.upper;
}

/* The laws are identities and their rank meets the bound by the Lie algebra, or there are only as many laws as the rank. */
static bool independent_proved(const computation *c)
{
    size_t rest = c->model->parameters - (c->lie.rank < c->model->parameters ? c->lie.rank : c->model->parameters);
    return count_proved(c) && (c->independent == c->found.laws.count || c->independent == rest);
}

static bool lie_meets_laws(const computation *c)
{
    return count_proved(c) && c->lie.rank + c->independent == c->model->parameters;
}

static bool lie_proved(const computation *c)
{
    return lie_meets_laws(c) || (c->one_field && c->lie.rank == 1);
}

/* Sum of the chances of the answers that are not proved. */
static double epsilon(const computation *c)
{
    double e = 0, p = (double)c->found.check_prime, degree = (double)c->gradient_degree + (double)c->degree;
    if (!count_proved(c)) e += (double)(c->found.laws.count - c->found.proved) * pow(degree / p, (double)c->found.check_points);
    if (!independent_proved(c)) e += ((double)c->independent + 1) * (double)(c->degree - 1) / (double)c->independent_prime;
    if (c->lie.closed && !lie_proved(c)) e += pow(10, c->lie.log10_epsilon);
    return e;
}

static const char *status_name(bool proved)
{
    return proved ? "proved" : "probable";
}

/* ---- the document ---- */

static json_t *strings(const computation *c, void (*print)(const nalg_law *, const nalg_weight_names *, nalg_text *), bool only_short)
{
    json_t *array = json_array();
    for (size_t k = 0; array && k < c->found.laws.count; k++) {
        nalg_text text = {0};
        print(&c->found.laws.item[k], &c->names, &text);
        json_t *entry = text.failed ? NULL : text.data ? json_string(text.data) : only_short ? json_string("") : NULL;
        nalg_text_clear(&text);
        if (entry && !json_array_append_new(array, entry)) continue;
        json_decref(array);
        return NULL;
    }
    return array;
}

static json_t *answer_json(const computation *c)
{
    size_t parameters = c->model->parameters;
    json_t *lie = c->lie.closed ? nalg_json_unsigned(c->lie.rank) : json_null();
    json_t *total = c->lie.closed ? nalg_json_unsigned(parameters - c->lie.rank) : json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "degree", nalg_json_unsigned(c->degree), "count",
                     nalg_json_unsigned(c->found.laws.count), "independent", nalg_json_unsigned(c->independent), "lie_rank", lie,
                     "independent_of_any_kind", total, "parameters", nalg_json_unsigned(parameters), "short_forms",
                     strings(c, nalg_law_print_short, true), "laws", strings(c, nalg_law_print, false));
}

static json_t *evidence_json(const computation *c)
{
    const nalg_law_search *f = &c->found;
    bool proved = count_proved(c) && independent_proved(c) && (!c->lie.closed || lie_proved(c));
    json_t *primes = json_array();
    if (primes) json_array_append_new(primes, nalg_json_unsigned(f->prime));
    if (primes && f->fast_prime) json_array_append_new(primes, nalg_json_unsigned(f->fast_prime));
    json_t *upper = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "value", nalg_json_unsigned(f->upper), "unknowns", nalg_json_unsigned(f->unknowns),
                              "rank", nalg_json_unsigned(f->unknowns - f->upper), "classes", nalg_json_unsigned(f->blocks), "primes",
                              primes, "seed", nalg_json_unsigned(f->seed));
    json_t *count = json_pack("{s:s, s:o, s:o, s:o, s:o, s:o}", "status", status_name(count_proved(c)), "upper_bound", upper, "laws_by_symmetry",
                              nalg_json_unsigned(f->proved - f->on_grid), "laws_by_grid", nalg_json_unsigned(f->on_grid), "test_prime", f->check_prime ? nalg_json_unsigned(f->check_prime) : json_null(),
                              "test_points", nalg_json_unsigned(f->check_points));
    json_t *independent = json_pack("{s:s, s:o}", "status", status_name(independent_proved(c)), "prime", nalg_json_unsigned(c->independent_prime));
    const char *by = lie_meets_laws(c) ? "laws" : lie_proved(c) ? "one field" : NULL;
    json_t *lie = json_pack("{s:s, s:s?, s:o, s:o, s:o, s:o}", "status", c->lie.closed ? status_name(lie_proved(c)) : "proved_lower", "upper_bound_by", by, "lower_bound",
                            nalg_json_unsigned(c->lie.rank), "brackets_of", nalg_json_unsigned(c->lie.depth), "prime", nalg_json_unsigned(c->lie.prime),
                            "seed", nalg_json_unsigned(c->lie.seed));
    return json_pack("{s:s, s:f, s:o, s:o, s:o}", "status", status_name(proved), "epsilon", proved ? 0.0 : epsilon(c), "count", count, "independent",
                     independent, "lie_rank", lie);
}

static nalg_status compute(computation *c, nalg_result **out, double started)
{
    nalg_status status = nalg_jacobian_degree(c->ctx, &c->gradient_degree, c->model);
    if (status == NALG_OK) status = find_laws(c);
    if (status == NALG_OK) status = find_independent(c);
    if (status == NALG_OK) status = nalg_lie_rank_find(c->ctx, &c->lie, c->model, c->model->parameters - c->independent, c->gradient_degree);
    if (status == NALG_OK) status = find_one_field(c);
    if (status == NALG_OK)
        status = nalg_result_create(c->ctx, out, "conserved", started, nalg_model_document(c->model), answer_json(c), evidence_json(c));
    return status;
}

nalg_status nalg_conserved(nalg_ctx *ctx, nalg_result **out, const nalg_model *model, const nalg_conserved_options *options)
{
    nalg_conserved_options defaults;
    nalg_conserved_options_init(&defaults);
    if (!options) options = &defaults;
    if (options->degree < 1 || options->degree > NALG_LAW_DEGREE)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "--degree", "write 1 to 8", "laws of degree %d cannot be searched", options->degree);
    computation c = {.ctx = ctx, .model = model, .degree = (size_t)options->degree};
    nalg_status status = compute(&c, out, nalg_seconds());
    nalg_law_search_clear(&c.found);
    nalg_weight_names_clear(&c.names);
    return status;
}
