/* Systems of one's own, built node by node and handed to the tracker.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "core/complex.h"
#include "neuroalg/family.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "track/monodromy.h"
#include "track/solutions.h"
#include "track/system_internal.h"

#define UNKNOWNS_LIMIT 10000
#define PARAMETERS_LIMIT 1000000
/* Edges without anything new after which a search ends: the arcs of one complex line alone may miss a branch
 * point, detours start at the eighth edge. */
#define QUIET_EDGES 14

struct nalg_family {
    nalg_terms terms;
    size_t unknowns, parameters;
    int32_t *equation;
    size_t count, capacity;
};

nalg_status nalg_family_create(nalg_ctx *ctx, nalg_family **out, size_t unknowns, size_t parameters)
{
    if (unknowns < 1 || unknowns > UNKNOWNS_LIMIT)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "unknowns", "write 1 to 10000", "a system of %zu unknowns",
                         unknowns);
    if (parameters > PARAMETERS_LIMIT)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "parameters", "write 0 to 1000000",
                         "a system with %zu parameters", parameters);
    nalg_family *e = nalg_array_zero(1, sizeof *e);
    if (!e) return nalg_fail_memory(ctx);
    e->unknowns = unknowns;
    e->parameters = parameters;
    if (!nalg_terms_init(&e->terms)) {
        nalg_family_free(e);
        return nalg_fail_memory(ctx);
    }
    *out = e;
    return NALG_OK;
}

void nalg_family_free(nalg_family *family)
{
    if (!family) return;
    nalg_terms_clear(&family->terms);
    free(family->equation);
    free(family);
}

static bool is_node(const nalg_family *e, int a)
{
    return a >= 0 && (size_t)a < e->terms.count;
}

int nalg_family_constant(nalg_family *e, double real, double imag)
{
    return isfinite(real) && isfinite(imag) ? nalg_term_constant(&e->terms, CMPLX(real, imag)) : NALG_NO_TERM;
}

int nalg_family_unknown(nalg_family *e, size_t index)
{
    return index < e->unknowns ? nalg_term_variable(&e->terms, index) : NALG_NO_TERM;
}

int nalg_family_parameter(nalg_family *e, size_t index)
{
    return index < e->parameters ? nalg_term_variable(&e->terms, e->unknowns + index) : NALG_NO_TERM;
}

int nalg_family_sum(nalg_family *e, int a, int b)
{
    return is_node(e, a) && is_node(e, b) ? nalg_term_add(&e->terms, a, b) : NALG_NO_TERM;
}

int nalg_family_product(nalg_family *e, int a, int b)
{
    return is_node(e, a) && is_node(e, b) ? nalg_term_multiply(&e->terms, a, b) : NALG_NO_TERM;
}

int nalg_family_inverse(nalg_family *e, int a)
{
    return is_node(e, a) ? nalg_term_inverse(&e->terms, a) : NALG_NO_TERM;
}

nalg_status nalg_family_add(nalg_ctx *ctx, nalg_family *e, int node)
{
    if (e->terms.failed) return nalg_fail_memory(ctx);
    if (!is_node(e, node))
        return nalg_fail(ctx, NALG_E_ARGUMENT, "node", "use a number the other functions returned",
                         "%d is no node of the system", node);
    if (!nalg_grow((void **)&e->equation, &e->capacity, e->count, sizeof *e->equation))
        return nalg_fail_memory(ctx);
    e->equation[e->count++] = node;
    return NALG_OK;
}

/* Compiling only adds expressions (derivatives): the system stays what it was. */
static nalg_status compile(nalg_ctx *ctx, nalg_system **out, const nalg_family *e)
{
    if (e->count != e->unknowns)
        return nalg_fail(ctx, NALG_E_SHAPE, NULL, "add as many equations as there are unknowns",
                         "%zu equations in %zu unknowns", e->count, e->unknowns);
    return nalg_system_compile(ctx, out, (nalg_terms *)&e->terms, e->equation, e->count, e->unknowns,
                               e->parameters);
}

/* A copy of pairs of doubles; NULL with the error reported. */
static double complex *read_numbers(nalg_ctx *ctx, nalg_status *status, const double *x, size_t count,
                                    const char *where)
{
    double complex *z = nalg_array(count, sizeof *z);
    if (!z) *status = nalg_fail_memory(ctx);
    for (size_t i = 0; z && i < count; i++) {
        z[i] = CMPLX(x[2 * i], x[2 * i + 1]);
        if (isfinite(creal(z[i])) && isfinite(cimag(z[i]))) continue;
        *status =
            nalg_fail(ctx, NALG_E_ARGUMENT, where, "give finite numbers", "number %zu is not finite", i + 1);
        free(z);
        return NULL;
    }
    return z;
}

nalg_status nalg_family_track(nalg_ctx *ctx, nalg_solutions **out, const nalg_family *e,
                              const nalg_homotopy *h)
{
    size_t numbers;
    nalg_system *system = NULL;
    nalg_solutions *s = NULL;
    double complex *start = NULL, *from = NULL, *to = NULL;
    if (!nalg_size_multiply(&numbers, h->count, e->unknowns)) return nalg_fail_memory(ctx);
    nalg_status status = compile(ctx, &system, e);
    if (status == NALG_OK) start = read_numbers(ctx, &status, h->start, numbers, "start");
    if (status == NALG_OK) from = read_numbers(ctx, &status, h->from, e->parameters, "from");
    if (status == NALG_OK) to = read_numbers(ctx, &status, h->to, e->parameters, "to");
    if (status == NALG_OK && !(s = nalg_solutions_create(e->unknowns, h->count)))
        status = nalg_fail_memory(ctx);
    if (status == NALG_OK) {
        const nalg_segment segment = {.from = from, .to = to};
        nalg_track_job job = {.system = system,
                              .segment = &segment,
                              .z_start = start,
                              .count = h->count,
                              .options = {.endgame = h->endgame}};
        status = nalg_track(ctx, s->z, s->result, &job);
    }
    if (status == NALG_OK) nalg_solutions_split(s);
    nalg_system_free(system);
    free(start);
    free(from);
    free(to);
    if (status == NALG_OK)
        *out = s;
    else
        nalg_solutions_free(s);
    return status;
}

nalg_status nalg_family_monodromy(nalg_ctx *ctx, nalg_solutions **out, const nalg_family *e, const double *p,
                                  const double *start, size_t count, size_t expected)
{
    size_t numbers;
    nalg_system *system = NULL;
    nalg_solutions *s = NULL;
    double complex *z = NULL, *at = NULL;
    nalg_monodromy_result found = {0};
    nalg_monodromy_options options;
    if (!count)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "start", "give at least one solution",
                         "there is no start solution");
    if (!e->parameters)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "family", "give it parameters",
                         "a system without parameters has no loops");
    if (!nalg_size_multiply(&numbers, count, e->unknowns)) return nalg_fail_memory(ctx);
    nalg_monodromy_options_init(&options);
    options.expected = expected;
    options.quiet_edges = QUIET_EDGES;
    nalg_status status = compile(ctx, &system, e);
    if (status == NALG_OK) z = read_numbers(ctx, &status, start, numbers, "start");
    if (status == NALG_OK) at = read_numbers(ctx, &status, p, e->parameters, "p");
    const nalg_monodromy_problem problem = {.system = system, .z = z, .start_count = count, .p = at};
    if (status == NALG_OK) status = nalg_monodromy(ctx, &found, &problem, &options);
    if (status == NALG_OK && found.reason == NALG_MONODROMY_INTERRUPTED) status = nalg_checkpoint(ctx);
    if (status == NALG_OK && !(s = nalg_solutions_create(e->unknowns, found.count)))
        status = nalg_fail_memory(ctx);
    if (status == NALG_OK) {
        const nalg_segment still = {.from = at, .to = at};
        nalg_track_job job = {.system = system, .segment = &still, .z_start = found.z, .count = found.count};
        status = nalg_track(ctx, s->z, s->result, &job); /* accuracy and condition of each */
    }
    if (status == NALG_OK) nalg_solutions_split(s);
    nalg_monodromy_result_clear(&found);
    nalg_system_free(system);
    free(z);
    free(at);
    if (status == NALG_OK)
        *out = s;
    else
        nalg_solutions_free(s);
    return status;
}
