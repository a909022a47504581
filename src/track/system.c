/* Graphs written out sample by sample as expressions, differentiated, compiled to tapes.
 *
 * Derivatives are taken on the expressions, one reverse sweep for each equation: equations share subexpressions only through the
 * unbatched part of the graph, so the sweeps cost about as much as one gradient each, and constants (data) fold on the way.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "track/system_internal.h"
#include <string.h>
#include "core/memory.h"
#include "track/lanes.h"

/* Longest tape: operands are 32-bit and a sweep should stay well below a second. */
#define TERM_LIMIT ((size_t)1 << 27)

/* Expressions of all entries of all nodes, for one sample. */
typedef struct {
    nalg_terms *t;
    const nalg_system_source *source;
    size_t unknowns;
    const size_t *first; /* per slot: its first path parameter when it moves */
    int32_t **value; /* per node */
    bool missing;    /* an input slot was not given */
} writer;

static int32_t rational_term(nalg_terms *t, const fmpq_t q)
{
    arb_t ball;
    arb_init(ball);
    arb_set_fmpq(ball, q, 64);
    double x = arf_get_d(arb_midref(ball), ARF_RND_NEAR);
    arb_clear(ball);
    return nalg_term_constant(t, x);
}

static int32_t input_term(writer *w, const nalg_node *v, size_t i, size_t sample)
{
    if (v->offset == 0) return nalg_term_variable(w->t, w->unknowns + i);
    const nalg_system_source *s = w->source;
    size_t at = v->batched ? i * s->batch + sample : i;
    if (v->offset < s->input_count && s->moving && s->moving[v->offset])
        return nalg_term_variable(w->t, w->unknowns + w->first[v->offset] + at);
    if (v->offset >= s->input_count || !s->input || !s->input[v->offset]) {
        w->missing = true;
        return w->t->zero;
    }
    return nalg_term_constant(w->t, s->input[v->offset][at]);
}

static void write_product(writer *w, const nalg_node *v, int32_t *out)
{
    const int32_t *a = w->value[v->a], *b = w->value[v->b];
    for (size_t i = 0; i < v->m; i++)
        for (size_t j = 0; j < v->n; j++) {
            int32_t sum = w->t->zero;
            for (size_t l = 0; l < v->k; l++)
                sum = nalg_term_add(w->t, sum, nalg_term_multiply(w->t, a[v->transpose_a ? l * v->m + i : i * v->k + l],
                                                                  b[v->transpose_b ? j * v->k + l : l * v->n + j]));
            out[i * v->n + j] = sum;
        }
}

static void write_node(writer *w, size_t number, size_t sample)
{
    const nalg_graph *g = w->source->graph;
    const nalg_node *v = &g->node[number];
    int32_t *out = w->value[number];
    const int32_t *a = v->a >= 0 ? w->value[v->a] : NULL, *b = v->b >= 0 ? w->value[v->b] : NULL;
    size_t step_a = v->a >= 0 && g->node[v->a].size > 1, step_b = v->b >= 0 && g->node[v->b].size > 1;
    const int32_t *map = v->op == NALG_OP_GATHER || v->op == NALG_OP_SCATTER ? g->map[v->index].entry : NULL;
    if (v->op == NALG_OP_PRODUCT) {
        write_product(w, v, out);
        return;
    }
    if (v->op == NALG_OP_SCATTER) {
        for (size_t i = 0; i < v->size; i++) out[i] = w->t->zero;
        for (size_t i = 0; i < g->map[v->index].length; i++)
            if (map[i] >= 0) out[map[i]] = nalg_term_add(w->t, out[map[i]], a[i]);
        return;
    }
    for (size_t i = 0; i < v->size; i++) switch (v->op) {
        case NALG_OP_INPUT: out[i] = input_term(w, v, i, sample); break;
        case NALG_OP_PARAMETER: out[i] = nalg_term_variable(w->t, v->offset + i); break;
        case NALG_OP_CONSTANT: out[i] = rational_term(w->t, &g->rational[v->index]); break;
        case NALG_OP_ADD: out[i] = nalg_term_add(w->t, a[i * step_a], b[i * step_b]); break;
        case NALG_OP_MULTIPLY: out[i] = nalg_term_multiply(w->t, a[i * step_a], b[i * step_b]); break;
        case NALG_OP_INVERSE: out[i] = nalg_term_inverse(w->t, a[i]); break;
        case NALG_OP_GATHER: out[i] = map[i] < 0 ? w->t->zero : a[map[i]]; break;
        default: break;
        }
}

/* Nodes the output depends on. */
static void mark_needed(const nalg_graph *g, int output, bool *needed)
{
    needed[output] = true;
    for (size_t i = (size_t)output + 1; i-- > 0;) {
        if (!needed[i]) continue;
        if (g->node[i].a >= 0) needed[g->node[i].a] = true;
        if (g->node[i].b >= 0) needed[g->node[i].b] = true;
    }
}

static bool write_equations(writer *w, int32_t *equation)
{
    const nalg_system_source *s = w->source;
    const nalg_graph *g = s->graph;
    size_t last = (size_t)s->output;
    bool batched = g->node[last].batched, *needed = nalg_array_zero(g->count, sizeof *needed);
    w->value = nalg_array_zero(last + 1, sizeof *w->value);
    bool ok = needed && w->value;
    if (ok) mark_needed(g, s->output, needed);
    for (size_t i = 0; ok && i <= last; i++) {
        if (!needed[i]) continue;
        w->value[i] = nalg_array(g->node[i].size, sizeof **w->value);
        ok = w->value[i] != NULL;
        if (ok && !g->node[i].batched) write_node(w, i, 0);
    }
    size_t samples = batched ? s->batch : 1;
    for (size_t sample = 0; ok && sample < samples; sample++) {
        for (size_t i = 0; i <= last; i++)
            if (needed[i] && g->node[i].batched) write_node(w, i, sample);
        for (size_t i = 0; i < g->node[last].size; i++) equation[i * samples + sample] = w->value[last][i];
    }
    for (size_t i = 0; w->value && i <= last; i++) free(w->value[i]);
    free(w->value);
    free(needed);
    return ok && !w->t->failed;
}

static bool compile(nalg_system *s, nalg_terms *t, const int32_t *equation)
{
    size_t m = s->equations, n = s->unknowns;
    s->stride = n | 1;
    size_t outputs = m + m * s->stride;
    int32_t *output = nalg_array(outputs, sizeof *output), *work = nalg_array(t->count, sizeof *work);
    bool ok = output && work;
    for (size_t i = 0; ok && i < outputs; i++) output[i] = NALG_NO_TERM;
    for (size_t i = 0; ok && i < t->count; i++) work[i] = NALG_NO_TERM;
    for (size_t i = 0; ok && i < m; i++) {
        output[i] = equation[i];
        nalg_term_gradient(t, output + m + i * s->stride, equation[i], n, work);
        ok = !t->failed && t->count < TERM_LIMIT;
    }
    ok = ok && nalg_tape_create(&s->value, t, equation, m, n, s->parameters, false) &&
         nalg_tape_create(&s->jacobian, t, output, outputs, n, s->parameters, true);
    free(output);
    free(work);
    return ok;
}

nalg_status nalg_system_compile(nalg_ctx *ctx, nalg_system **out, nalg_terms *t, const int32_t *equation, size_t equations,
                                size_t unknowns, size_t parameters)
{
    nalg_system *s = nalg_array_zero(1, sizeof *s);
    if (!s) return nalg_fail_memory(ctx);
    s->unknowns = unknowns;
    s->equations = equations;
    s->parameters = parameters;
    if (!compile(s, t, equation)) {
        bool memory = t->count < TERM_LIMIT;
        nalg_system_free(s);
        return memory ? nalg_fail_memory(ctx)
                      : nalg_fail(ctx, NALG_E_LIMIT, NULL, "use a smaller model", "the system is too large to write out");
    }
    if (t->divided) {
        nalg_system_free(s);
        return nalg_fail(ctx, NALG_E_ARGUMENT, NULL, NULL, "the system divides by a constant that is 0");
    }
    *out = s;
    return NALG_OK;
}

/* Entries of an input slot; 0 if the graph does not use it. */
static size_t slot_entries(const nalg_system_source *source, size_t slot)
{
    size_t most = 0;
    for (size_t i = 0; i < source->graph->count; i++) {
        const nalg_node *v = &source->graph->node[i];
        size_t size = v->size * (v->batched ? source->batch : 1);
        if (v->op == NALG_OP_INPUT && v->offset == slot && size > most) most = size;
    }
    return most;
}

/* Lays out the path parameters; first[slot] for the moving slots. Returns their number. */
static size_t lay_out_parameters(const nalg_system_source *source, size_t equations, size_t *first)
{
    size_t q = slot_entries(source, 0);
    if (source->subtract_parameter && equations > q) q = equations;
    for (size_t slot = 1; source->moving && slot < source->input_count; slot++) {
        if (!source->moving[slot]) continue;
        first[slot] = q;
        q += slot_entries(source, slot);
    }
    return q;
}

nalg_status nalg_system_create(nalg_ctx *ctx, nalg_system **out, const nalg_system_source *source)
{
    const nalg_node *last = &source->graph->node[source->output];
    size_t n = source->graph->parameters, m = last->size * (last->batched ? source->batch : 1);
    size_t *first = nalg_array_zero(source->input_count + 1, sizeof *first);
    if (!first) return nalg_fail_memory(ctx);
    size_t q = lay_out_parameters(source, m, first);
    nalg_terms t;
    nalg_status status = NALG_OK;
    int32_t *equation = nalg_array(m, sizeof *equation);
    writer w = {.t = &t, .source = source, .unknowns = n, .first = first};
    if (!nalg_terms_init(&t) || !equation || !write_equations(&w, equation)) status = nalg_fail_memory(ctx);
    for (size_t i = 0; status == NALG_OK && source->subtract_parameter && i < m; i++)
        equation[i] = nalg_term_add(&t, equation[i],
                                    nalg_term_multiply(&t, nalg_term_constant(&t, -1), nalg_term_variable(&t, n + i)));
    if (status == NALG_OK && w.missing)
        status = nalg_fail(ctx, NALG_E_ARGUMENT, NULL, NULL, "an input of the system was not given");
    if (status == NALG_OK) status = nalg_system_compile(ctx, out, &t, equation, m, n, q);
    free(equation);
    free(first);
    nalg_terms_clear(&t);
    return status;
}

void nalg_system_free(nalg_system *system)
{
    if (!system) return;
    nalg_tape_clear(&system->value);
    nalg_tape_clear(&system->jacobian);
    free(system);
}

size_t nalg_system_unknowns(const nalg_system *system)
{
    return system->unknowns;
}

size_t nalg_system_equations(const nalg_system *system)
{
    return system->equations;
}

size_t nalg_system_parameters(const nalg_system *system)
{
    return system->parameters;
}

static void set_lane(double *memory, size_t lane, const double complex *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        memory[i * NALG_LANE_DOUBLES + lane] = creal(x[i]);
        memory[i * NALG_LANE_DOUBLES + NALG_LANES + lane] = cimag(x[i]);
    }
}

static double complex get_lane(const double *memory, size_t lane)
{
    return CMPLX(memory[lane], memory[NALG_LANES + lane]);
}

nalg_status nalg_system_evaluate(nalg_ctx *ctx, double complex *value, double complex *jacobian, const nalg_system *system,
                                 const double complex *z, size_t count, const double complex *p)
{
    const nalg_lane_kernels *kernels = nalg_lane_kernels_best();
    const nalg_tape *tape = jacobian ? &system->jacobian : &system->value;
    size_t n = system->unknowns, m = system->equations, q = system->parameters;
    double *memory = nalg_array_aligned(tape->registers * NALG_LANE_DOUBLES, sizeof *memory);
    if (!memory) return nalg_fail_memory(ctx);
    for (size_t first = 0; first < count; first += NALG_LANES) {
        for (size_t l = 0; l < NALG_LANES; l++) {
            size_t k = first + l < count ? first + l : count - 1;
            set_lane(memory, l, z + k * n, n);
            set_lane(memory + n * NALG_LANE_DOUBLES, l, p, q);
        }
        kernels->run(tape, memory);
        const double *out = memory + (n + q) * NALG_LANE_DOUBLES;
        for (size_t l = 0; l < NALG_LANES && first + l < count; l++) {
            for (size_t i = 0; i < m; i++) value[(first + l) * m + i] = get_lane(out + i * NALG_LANE_DOUBLES, l);
            for (size_t i = 0; jacobian && i < m; i++)
                for (size_t j = 0; j < n; j++)
                    jacobian[((first + l) * m + i) * n + j] =
                        get_lane(out + (m + i * system->stride + j) * NALG_LANE_DOUBLES, l);
        }
    }
    free(memory);
    return NALG_OK;
}
