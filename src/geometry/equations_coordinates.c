/* Coefficients as coordinates.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "geometry/equations_coordinates.h"
#include <string.h>
#include "core/memory.h"
#include "core/threads.h"
#include "exact/elimination.h"
#include "exact/lift.h"
#include "field/prime.h"
#include "geometry/jacobian.h"
#include "graph/evaluate.h"

/* Monomials of one output, of all outputs, and of the part that does not vanish. */
#define NODE_LIMIT 50000.0
#define CANDIDATE_LIMIT 200000.0
#define PRESENT_LIMIT 6000
/* Elements of node values for one evaluation (1 GB). */
#define ELEMENT_LIMIT ((size_t)1 << 27)
/* Below this many elements to evaluate, threads cost more than they save. */
#define SERIAL_ELEMENTS 200000
/* Weight vectors at which a coordinate must vanish to be dropped, and points beyond the unknowns of a linear
 * system. */
#define VANISHING_POINTS 3
#define SPARE_POINTS 4
#define FIRST_SPAN 32
#define PRIMES_FOR_RELATIONS 20
/* Streams of random points, apart from those of other questions. */
#define TRIAL_VANISHING 1000
#define TRIAL_SPAN 1001

/* ---- the lattice ---- */

static bool advance(uint16_t *a, size_t n, unsigned degree, unsigned *sum)
{
    if (n == 0) return false;
    if (*sum < degree) {
        a[n - 1]++;
        ++*sum;
        return true;
    }
    size_t i = n;
    while (i > 0 && a[i - 1] == 0) i--;
    if (i <= 1) return false;
    *sum -= a[i - 1] - 1u;
    a[i - 1] = 0;
    a[i - 2]++;
    return true;
}

static int compare_exponents(const uint16_t *a, const uint16_t *b, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
    return 0;
}

/* Position in the lexicographic list, or -1. */
static int32_t find_node(const nalg_coordinates *c, const uint16_t *a)
{
    size_t low = 0, high = c->nodes;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_exponents(c->exponent + middle * c->variables, a, c->variables);
        if (order == 0) return (int32_t)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

static nalg_status make_lattice(nalg_ctx *ctx, nalg_coordinates *c)
{
    double size = 1;
    for (size_t i = 1; i <= c->variables && size <= NODE_LIMIT; i++)
        size = size * (double)(c->degree + i) / (double)i;
    if (size > NODE_LIMIT || size * (double)c->outputs > CANDIDATE_LIMIT)
        return nalg_fail(
            ctx, NALG_E_LIMIT, NULL, "use fewer inputs or a smaller degree",
            "the functions of this model have too many coefficients (%zu inputs, degree %u, %zu outputs)",
            c->inputs, c->degree, c->outputs);
    c->nodes = (size_t)(size + 0.5);
    size_t n = c->variables;
    c->exponent = nalg_array_zero(c->nodes * n, sizeof *c->exponent);
    c->next = nalg_array(c->nodes * n, sizeof *c->next);
    uint16_t *a = nalg_array_zero(n, sizeof *a);
    if (!c->exponent || !c->next || !a) {
        free(a);
        return nalg_fail_memory(ctx);
    }
    unsigned sum = 0;
    size_t at = 0;
    do {
        if (n) memcpy(c->exponent + at * n, a, n * sizeof *a);
    } while (++at < c->nodes && advance(a, n, c->degree, &sum));
    for (size_t k = 0; k < c->nodes * n; k++) {
        memcpy(a, c->exponent + k / n * n, n * sizeof *a);
        a[k % n]++;
        c->next[k] = find_node(c, a);
    }
    free(a);
    return NALG_OK;
}

/* ---- from values on the lattice to coefficients ---- */

typedef struct {
    nmod_t mod;
    uint64_t *inverse; /* of 1 .. degree */
} arithmetic;

static void differences(uint64_t *v, size_t last, const arithmetic *f)
{
    for (size_t j = 1; j <= last; j++)
        for (size_t t = last; t >= j; t--) v[t] = nmod_sub(v[t], v[t - 1], f->mod);
}

/* sum v[k] binom(x, k) as a polynomial in x, by Horner's scheme; work has room for last + 1. */
static void powers(uint64_t *v, size_t last, uint64_t *work, const arithmetic *f)
{
    memset(work, 0, (last + 1) * sizeof *work);
    work[0] = v[last];
    for (size_t k = last; k-- > 0;) {
        for (size_t j = last - k + 1; j-- > 0;) {
            uint64_t shifted = j ? work[j - 1] : 0, product = nmod_mul(k % f->mod.n, work[j], f->mod);
            work[j] = nmod_mul(nmod_sub(shifted, product, f->mod), f->inverse[k + 1], f->mod);
        }
        work[0] = nmod_add(work[0], v[k], f->mod);
    }
    memcpy(v, work, (last + 1) * sizeof *v);
}

/* All lines of the lattice along one input. line has room for 2 (degree + 1). */
static void along(const nalg_coordinates *c, uint64_t *values, size_t input, bool convert, uint64_t *line,
                  const arithmetic *f)
{
    size_t n = c->variables;
    for (size_t a = 0; a < c->nodes; a++) {
        if (c->exponent[a * n + input]) continue;
        size_t length = 0;
        for (int32_t at = (int32_t)a; at >= 0; at = c->next[(size_t)at * n + input])
            line[length++] = values[at];
        if (convert)
            powers(line, length - 1, line + c->degree + 1, f);
        else
            differences(line, length - 1, f);
        length = 0;
        for (int32_t at = (int32_t)a; at >= 0; at = c->next[(size_t)at * n + input])
            values[at] = line[length++];
    }
}

static void coefficients(const nalg_coordinates *c, uint64_t *values, uint64_t *line, const arithmetic *f)
{
    for (size_t i = 0; i < c->variables; i++) along(c, values, i, false, line, f);
    for (size_t i = 0; i < c->variables; i++) along(c, values, i, true, line, f);
}

static nalg_status make_arithmetic(nalg_ctx *ctx, arithmetic *f, unsigned degree, uint64_t prime)
{
    nmod_init(&f->mod, prime);
    f->inverse = nalg_array_zero((size_t)degree + 1, sizeof *f->inverse);
    if (!f->inverse) return nalg_fail_memory(ctx);
    for (unsigned k = 1; k <= degree; k++) f->inverse[k] = nalg_inverse_mod(k, prime);
    return NALG_OK;
}

/* ---- evaluation ---- */

/* What one thread works with. */
typedef struct {
    nalg_evaluation *evaluation;
    uint64_t *element; /* one element of the field per entry: parameters, or inputs on the lattice */
    uint64_t *value;   /* coefficients of one output */
    uint64_t *line;
} workspace;

static void put(const nalg_field *f, uint64_t *array, size_t i, uint64_t residue)
{
    if (f->p > 0)
        ((double *)(void *)array)[i] = (double)residue;
    else
        array[i] = residue;
}

static uint64_t get(const nalg_field *f, const void *array, size_t i)
{
    return f->p > 0 ? (uint64_t)((const double *)array)[i] : ((const uint64_t *)array)[i];
}

static void clear_workspace(workspace *w)
{
    nalg_evaluation_free(w->evaluation);
    free(w->element);
    free(w->value);
    free(w->line);
}

static nalg_status make_workspace(nalg_ctx *ctx, workspace *w, const nalg_coordinates *c,
                                  const nalg_graph *graph, const nalg_field *field)
{
    size_t elements = c->nodes * c->inputs;
    if (nalg_evaluation_elements(graph, c->nodes) > ELEMENT_LIMIT)
        return nalg_fail(ctx, NALG_E_LIMIT, NULL, "use fewer inputs or a smaller degree",
                         "the model is too large to evaluate on %zu points at once", c->nodes);
    if (elements < c->model->parameters) elements = c->model->parameters;
    if (elements < c->nodes * c->outputs) elements = c->nodes * c->outputs;
    nalg_status status = nalg_evaluation_create(ctx, &w->evaluation, graph, field, c->nodes);
    if (status != NALG_OK) return status;
    w->element = nalg_array(elements, sizeof *w->element);
    w->value = nalg_array(c->nodes, sizeof *w->value);
    w->line = nalg_array(2 * ((size_t)c->degree + 1), sizeof *w->line);
    if (!w->element || !w->value || !w->line) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < c->inputs; i++)
        for (size_t a = 0; a < c->nodes; a++)
            put(field, w->element, i * c->nodes + a,
                i < c->variables ? c->exponent[a * c->variables + i] : 1);
    nalg_evaluation_set_input(w->evaluation, 0, w->element);
    return NALG_OK;
}

static void load_weights(const nalg_coordinates *c, workspace *w, const nalg_field *field,
                         const nalg_point *point, size_t number)
{
    size_t parameters = c->model->parameters;
    for (size_t i = 0; i < parameters; i++)
        put(field, w->element, i, nalg_point_value(point, NALG_STREAM_WEIGHTS, number * parameters + i));
    nalg_evaluation_set_parameters(w->evaluation, w->element);
}

/* Coefficients from the values of one entry of a node. */
static void read_coefficients(const nalg_coordinates *c, workspace *w, const nalg_graph *graph,
                              const nalg_field *field, int node, size_t entry, const arithmetic *f)
{
    const void *values = nalg_evaluation_value(w->evaluation, node);
    bool batched = graph->node[node].batched;
    for (size_t a = 0; a < c->nodes; a++)
        w->value[a] = get(field, values, batched ? entry * c->nodes + a : entry);
    coefficients(c, w->value, w->line, f);
}

typedef struct {
    const nalg_coordinates *c;
    nalg_field field;
    const nalg_point *point;
    size_t first; /* number of the first point */
    arithmetic f;
    workspace *work;
    const size_t *which; /* increasing in the output */
    size_t count;
    uint64_t *values;
} sampling;

static nalg_status sample_point(void *user, size_t row, int worker)
{
    const sampling *s = user;
    const nalg_coordinates *c = s->c;
    workspace *w = &s->work[worker];
    load_weights(c, w, &s->field, s->point, s->first + row);
    if (!nalg_evaluation_run(w->evaluation, 0, c->graph.count)) return NALG_E_UNSUPPORTED;
    size_t current = SIZE_MAX;
    for (size_t k = 0; k < s->count; k++) {
        size_t output = s->which[k] / c->nodes;
        if (output != current) read_coefficients(c, w, &c->graph, &s->field, c->output, output, &s->f);
        current = output;
        s->values[row * s->count + k] = w->value[s->which[k] % c->nodes];
    }
    return NALG_OK;
}

static void set_field(nalg_field *field, uint64_t prime)
{
    if (prime < NALG_PRIME_FAST_LIMIT)
        nalg_field_fast(field, (uint32_t)prime);
    else
        nalg_field_word(field, prime);
}

static nalg_status sample_all(nalg_ctx *ctx, sampling *s, size_t points, int workers)
{
    nalg_status status = NALG_OK;
    if (workers > 1) return nalg_parallel(ctx, points, sample_point, s);
    for (size_t i = 0; i < points && status == NALG_OK; i++) {
        status = sample_point(s, i, 0);
        if (status == NALG_OK) status = nalg_checkpoint(ctx);
    }
    return status;
}

/* points x count values of the candidates in `which`. */
static nalg_status sample(nalg_ctx *ctx, uint64_t *values, const nalg_coordinates *c, const nalg_point *point,
                          size_t first, size_t points, const size_t *which, size_t count)
{
    sampling s = {.c = c, .point = point, .first = first, .which = which, .count = count, .values = values};
    size_t elements = nalg_evaluation_elements(&c->graph, c->nodes);
    int workers = elements < SERIAL_ELEMENTS / (points + 1) ? 1 : nalg_ctx_threads(ctx);
    set_field(&s.field, point->prime);
    s.work = nalg_array_zero((size_t)workers, sizeof *s.work);
    nalg_status status = s.work ? make_arithmetic(ctx, &s.f, c->degree, point->prime) : nalg_fail_memory(ctx);
    for (int i = 0; i < workers && status == NALG_OK; i++)
        status = make_workspace(ctx, &s.work[i], c, &c->graph, &s.field);
    if (status == NALG_OK) {
        status = sample_all(ctx, &s, points, workers);
        if (status == NALG_E_UNSUPPORTED)
            status = nalg_fail(ctx, status, NULL, "use a polynomial model", "the model has poles");
    }
    for (int i = 0; s.work && i < workers; i++) clear_workspace(&s.work[i]);
    free(s.work);
    free(s.f.inverse);
    return status;
}

/* ---- which coordinates ---- */

unsigned nalg_coordinates_exponent(const nalg_coordinates *c, size_t coordinate, size_t input)
{
    const uint16_t *a = c->exponent + coordinate % c->nodes * c->variables;
    if (input < c->variables) return a[input];
    unsigned sum = 0;
    for (size_t i = 0; i < c->variables; i++) sum += a[i];
    return c->degree - sum;
}

size_t nalg_coordinates_lookup(const nalg_coordinates *c, size_t output, const uint16_t *exponent)
{
    for (size_t k = 0; k < c->present_count; k++) {
        bool same = c->present[k] / c->nodes == output;
        for (size_t i = 0; same && i < c->inputs; i++)
            same = nalg_coordinates_exponent(c, c->present[k], i) == exponent[i];
        if (same) return k;
    }
    return SIZE_MAX;
}

void nalg_coordinates_monomial(const nalg_coordinates *c, size_t coordinate, nalg_text *out)
{
    bool any = false;
    for (size_t i = 0; i < c->inputs; i++) {
        unsigned e = nalg_coordinates_exponent(c, coordinate, i);
        if (!e) continue;
        nalg_text_format(out, any ? "*x%zu" : "x%zu", i + 1);
        if (e > 1) nalg_text_format(out, "^%u", e);
        any = true;
    }
    if (!any) nalg_text_string(out, "1");
}

static unsigned node_degree(const nalg_coordinates *c, size_t node)
{
    unsigned sum = 0;
    for (size_t i = 0; i < c->variables; i++) sum += c->exponent[node * c->variables + i];
    return sum;
}

/* Candidates in the order of their names: by output, larger degrees first, then lexicographic with x1 first.
 */
static size_t *ordered_candidates(const nalg_coordinates *c)
{
    size_t *which = nalg_array(c->nodes * c->outputs, sizeof *which), at = 0;
    for (size_t o = 0; which && o < c->outputs; o++)
        for (unsigned d = c->degree + 1; d-- > 0;)
            for (size_t a = c->nodes; a-- > 0;)
                if (c->homogeneous ? d == c->degree : node_degree(c, a) == d) which[at++] = o * c->nodes + a;
    return which;
}

static nalg_status find_present(nalg_ctx *ctx, nalg_coordinates *c, const nalg_point *point)
{
    size_t candidates = c->nodes * c->outputs;
    c->present = ordered_candidates(c);
    uint64_t *values = nalg_array(VANISHING_POINTS * candidates, sizeof *values);
    nalg_status status = c->present && values
                             ? sample(ctx, values, c, point, 0, VANISHING_POINTS, c->present, candidates)
                             : nalg_fail_memory(ctx);
    for (size_t k = 0; status == NALG_OK && k < candidates; k++) {
        bool nonzero = false;
        for (size_t r = 0; r < VANISHING_POINTS; r++) nonzero |= values[r * candidates + k] != 0;
        if (nonzero) c->present[c->present_count++] = c->present[k];
    }
    free(values);
    if (status == NALG_OK && c->present_count > PRESENT_LIMIT)
        status = nalg_fail(ctx, NALG_E_LIMIT, NULL, "use fewer inputs or a smaller degree",
                           "the functions of this model have %zu coefficients, more than %d",
                           c->present_count, PRESENT_LIMIT);
    return status;
}

/* Kernel of enough rows of values: the linear relations modulo one prime. The number of rows needed, once
 * known, is kept in *rows. */
static nalg_status relations_modulo(nalg_ctx *ctx, nalg_kernel *kernel, const nalg_coordinates *c,
                                    const nalg_point *point, size_t *rows)
{
    size_t m = c->present_count;
    for (;; *rows *= 2) {
        if (*rows > m + SPARE_POINTS) *rows = m + SPARE_POINTS;
        uint64_t *values = nalg_array(*rows * m, sizeof *values);
        nalg_status status =
            values ? sample(ctx, values, c, point, 0, *rows, c->present, m) : nalg_fail_memory(ctx);
        if (status == NALG_OK) status = nalg_kernel_word(ctx, kernel, values, *rows, m, m, point->prime);
        free(values);
        if (status != NALG_OK) return status;
        size_t rank = m - kernel->dimension;
        if (rank + SPARE_POINTS <= *rows || *rows >= m + SPARE_POINTS) return NALG_OK;
        nalg_kernel_clear(kernel);
    }
}

static nalg_status split(nalg_ctx *ctx, nalg_coordinates *c, const nalg_kernel *kernel)
{
    c->independent = nalg_array(c->present_count, sizeof *c->independent);
    c->dependent = nalg_array(c->present_count, sizeof *c->dependent);
    if (!c->independent || !c->dependent) return nalg_fail_memory(ctx);
    for (size_t k = 0; k < c->present_count; k++)
        if (c->dependent_count < kernel->dimension && kernel->free_cols[c->dependent_count] == k)
            c->dependent[c->dependent_count++] = k;
        else
            c->independent[c->count++] = k;
    size_t entries = c->dependent_count * c->count;
    c->relation = nalg_array_zero(entries, sizeof *c->relation);
    if (!c->relation) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < entries; i++) fmpq_init(c->relation + i);
    return NALG_OK;
}

/* Minus the kernel's entries at the independent coordinates. */
static nalg_status add_residues(nalg_ctx *ctx, nalg_lift *lift, const nalg_coordinates *c,
                                const nalg_kernel *kernel, uint64_t p)
{
    uint64_t *residue = nalg_array(c->dependent_count * c->count, sizeof *residue);
    if (!residue) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < c->dependent_count; i++)
        for (size_t j = 0; j < c->count; j++)
            residue[i * c->count + j] =
                nalg_subtract_mod(0, kernel->basis[i * kernel->cols + c->independent[j]], p) % p;
    nalg_status status = nalg_lift_add(ctx, lift, residue, p);
    free(residue);
    return status;
}

static bool same_form(const nalg_coordinates *c, const nalg_kernel *kernel)
{
    return kernel->dimension == c->dependent_count &&
           !memcmp(kernel->free_cols, c->dependent, c->dependent_count * sizeof *c->dependent);
}

static nalg_status lift_relations(nalg_ctx *ctx, nalg_coordinates *c, nalg_kernel *first, nalg_point point,
                                  size_t rows)
{
    nalg_lift *lift = NULL;
    nalg_status status = nalg_lift_create(ctx, &lift, c->dependent_count * c->count);
    if (status == NALG_OK) status = add_residues(ctx, lift, c, first, point.prime);
    for (unsigned k = 1; status == NALG_OK && !nalg_lift_stable(lift); k++) {
        nalg_kernel kernel = {0};
        if (k > PRIMES_FOR_RELATIONS) {
            status = nalg_fail(ctx, NALG_E_UNSUPPORTED, NULL, "try another --seed",
                               "the linear relations between coefficients were not found over the rationals");
            break;
        }
        point.prime = nalg_prime_word(k, c->degree);
        status = relations_modulo(ctx, &kernel, c, &point, &rows);
        if (status == NALG_OK && same_form(c, &kernel))
            status = add_residues(ctx, lift, c, &kernel, point.prime);
        nalg_kernel_clear(&kernel);
    }
    for (size_t i = 0; status == NALG_OK && i < c->dependent_count * c->count; i++)
        fmpq_set(c->relation + i, nalg_lift_value(lift, i));
    nalg_lift_free(lift);
    return status;
}

static nalg_status find_relations(nalg_ctx *ctx, nalg_coordinates *c, nalg_point point)
{
    nalg_kernel kernel = {0};
    size_t rows = FIRST_SPAN;
    nalg_status status = relations_modulo(ctx, &kernel, c, &point, &rows);
    if (status == NALG_OK) status = split(ctx, c, &kernel);
    if (status == NALG_OK && c->dependent_count) status = lift_relations(ctx, c, &kernel, point, rows);
    nalg_kernel_clear(&kernel);
    return status;
}

/* Degree and homogeneity, from the degrees that occur where they are known. */
static nalg_status find_degrees(nalg_ctx *ctx, nalg_coordinates *c)
{
    uint64_t numerator, denominator;
    nalg_degrees degrees;
    nalg_status status = nalg_model_degree(ctx, c->model, &numerator, &denominator);
    if (status != NALG_OK) return status;
    if (denominator || nalg_pipeline_class(c->model->layers) == NALG_CLASS_RATIONAL)
        return nalg_fail(
            ctx, NALG_E_UNSUPPORTED, NULL, "use a polynomial activation",
            "the functions of this model are rational: they have no coefficients to write equations in");
    if (!nalg_degrees_coordinates(&degrees)) return nalg_fail_memory(ctx);
    if (!nalg_pipeline_degrees(c->model->layers, &degrees))
        status = nalg_fail_memory(ctx);
    else if (degrees.known && degrees.count) {
        c->homogeneous = degrees.count == 1;
        numerator = degrees.degree[degrees.count - 1];
    }
    nalg_degrees_clear(&degrees);
    if (status == NALG_OK && numerator > UINT16_MAX)
        return nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller degree",
                         "the functions of this model have degree %llu", (unsigned long long)numerator);
    c->degree = (unsigned)numerator;
    c->variables = c->homogeneous ? c->inputs - 1 : c->inputs;
    return status;
}

nalg_status nalg_coordinates_find(nalg_ctx *ctx, nalg_coordinates *out, const nalg_model *model)
{
    *out = (nalg_coordinates){.model = model,
                              .inputs = nalg_shape_size(&model->layers->in),
                              .outputs = nalg_shape_size(&model->layers->out)};
    nalg_graph_init(&out->graph);
    nalg_status status = nalg_model_lower(ctx, model, &out->graph, &out->output);
    if (status == NALG_OK) status = find_degrees(ctx, out);
    if (status == NALG_OK) status = make_lattice(ctx, out);
    nalg_point point = {
        .prime = nalg_prime_word(0, out->degree), .seed = nalg_ctx_seed(ctx), .trial = TRIAL_VANISHING};
    if (status == NALG_OK) status = find_present(ctx, out, &point);
    point.trial = TRIAL_SPAN;
    if (status == NALG_OK) status = find_relations(ctx, out, point);
    return status;
}

void nalg_coordinates_clear(nalg_coordinates *c)
{
    for (size_t i = 0; c->relation && i < c->dependent_count * c->count; i++) fmpq_clear(c->relation + i);
    nalg_graph_clear(&c->graph);
    free(c->exponent);
    free(c->next);
    free(c->present);
    free(c->independent);
    free(c->dependent);
    free(c->relation);
    *c = (nalg_coordinates){0};
}

static size_t *independent_candidates(const nalg_coordinates *c)
{
    size_t *which = nalg_array(c->count, sizeof *which);
    for (size_t k = 0; which && k < c->count; k++) which[k] = c->present[c->independent[k]];
    return which;
}

nalg_status nalg_coordinates_sample(nalg_ctx *ctx, uint64_t *values, const nalg_coordinates *c,
                                    const nalg_point *point, size_t first, size_t points)
{
    size_t *which = independent_candidates(c);
    nalg_status status =
        which ? sample(ctx, values, c, point, first, points, which, c->count) : nalg_fail_memory(ctx);
    free(which);
    return status;
}

/* ---- derivatives ---- */

/* Derivatives of one output's coefficients by every parameter; weights used in several places add up. */
static void add_output(const nalg_coordinates *c, const nalg_jacobian *j, workspace *w,
                       const nalg_field *field, const arithmetic *f, size_t output, uint64_t *derivative)
{
    for (size_t k = 0; k < j->parameters; k++) {
        const nalg_node *parameter = &j->graph.node[j->parameter[k]];
        for (size_t i = 0; j->derivative[k] >= 0 && i < parameter->size; i++) {
            uint64_t *row = derivative + (parameter->offset + i) * c->count;
            read_coefficients(c, w, &j->graph, field, j->derivative[k], i, f);
            for (size_t t = 0; t < c->count; t++) {
                size_t coordinate = c->present[c->independent[t]];
                if (coordinate / c->nodes == output)
                    row[t] = nmod_add(row[t], w->value[coordinate % c->nodes], f->mod);
            }
        }
    }
}

static nalg_status fill_tangent(nalg_ctx *ctx, uint64_t *derivative, const nalg_coordinates *c,
                                const nalg_jacobian *j, const nalg_point *point)
{
    workspace w = {0};
    arithmetic f = {0};
    nalg_field field;
    set_field(&field, point->prime);
    nalg_status status = make_arithmetic(ctx, &f, c->degree, point->prime);
    if (status == NALG_OK) status = make_workspace(ctx, &w, c, &j->graph, &field);
    if (status == NALG_OK) load_weights(c, &w, &field, point, 0);
    for (size_t o = 0; o < c->outputs && status == NALG_OK; o++) {
        for (size_t i = 0; i < c->outputs * c->nodes; i++) put(&field, w.element, i, i / c->nodes == o);
        nalg_evaluation_set_input(w.evaluation, 1, w.element);
        if (nalg_evaluation_run(w.evaluation, 0, j->graph.count))
            add_output(c, j, &w, &field, &f, o, derivative);
        else
            status =
                nalg_fail(ctx, NALG_E_UNSUPPORTED, NULL, "use a polynomial model", "the model has poles");
        if (status == NALG_OK) status = nalg_checkpoint(ctx);
    }
    clear_workspace(&w);
    free(f.inverse);
    return status;
}

nalg_status nalg_coordinates_tangent(nalg_ctx *ctx, uint64_t *value, uint64_t *derivative,
                                     const nalg_coordinates *c, const nalg_point *point)
{
    nalg_jacobian j;
    nalg_status status = nalg_coordinates_sample(ctx, value, c, point, 0, 1);
    if (status != NALG_OK) return status;
    status = nalg_jacobian_gradient(ctx, &j, c->model);
    if (status != NALG_OK) return status;
    memset(derivative, 0, c->model->parameters * c->count * sizeof *derivative);
    status = fill_tangent(ctx, derivative, c, &j, point);
    nalg_jacobian_clear(&j);
    return status;
}
