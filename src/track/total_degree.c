/* All isolated solutions of a square polynomial system by the homotopy u gamma_k (x_k^d_k - b_k) + (1 - u)
 * f_k, u from 1 to 0. Source: Sommese, Wampler, The Numerical Solution of Systems of Polynomials (2005),
 * section 8.4 (total degree homotopy) and 7.1 (the gamma trick).  SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "core/complex.h"
#include <math.h>
#include "core/memory.h"
#include "core/random.h"
#include "track/polynomial_system.h"
#include "track/solutions.h"
#include "track/system_internal.h"

#define PATH_LIMIT 1000000000
#define STREAM_START 0x7464u /* random streams of this file */

static double complex random_unit(nalg_random *r)
{
    double angle = 2 * M_PI * nalg_random_unit(r);
    return CMPLX(cos(angle), sin(angle));
}

/* u gamma (x^d - b) + (1 - u) f. */
static int32_t homotopy(nalg_terms *t, int32_t f, size_t k, size_t n, size_t degree, double complex gamma,
                        double complex b)
{
    int32_t u = nalg_term_variable(t, n), x = nalg_term_variable(t, k), power = t->one;
    for (size_t e = degree; e; e >>= 1) {
        if (e & 1) power = nalg_term_multiply(t, power, x);
        x = nalg_term_multiply(t, x, x);
    }
    int32_t start = nalg_term_add(t, nalg_term_multiply(t, nalg_term_constant(t, gamma), power),
                                  nalg_term_constant(t, -gamma * b));
    int32_t rest = nalg_term_add(t, t->one, nalg_term_multiply(t, nalg_term_constant(t, -1), u));
    return nalg_term_add(t, nalg_term_multiply(t, u, start), nalg_term_multiply(t, rest, f));
}

/* Expressions are only added to: the system stays what it was. */
static nalg_status compile(nalg_ctx *ctx, nalg_system **out, const nalg_polynomials *p, double complex *root)
{
    size_t n = p->count;
    int32_t *equation = nalg_array(n, sizeof *equation);
    nalg_terms *t = (nalg_terms *)&p->terms;
    nalg_random random = nalg_random_stream(nalg_ctx_seed(ctx), STREAM_START);
    if (!equation) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < n; i++) {
        double complex gamma = random_unit(&random), b = random_unit(&random);
        root[i] = cpow(b, 1.0 / (double)p->degree[i]);
        equation[i] = homotopy(t, p->equation[i], i, n, p->degree[i], gamma, b);
    }
    nalg_status status = nalg_system_compile(ctx, out, t, equation, n, n, 1);
    free(equation);
    return status;
}

/* Start k: the digits of k in the mixed base of the degrees choose the roots of unity. */
static nalg_status set_starts(nalg_ctx *ctx, const nalg_polynomials *p, double complex *z, size_t paths,
                              const double complex *root)
{
    for (size_t k = 0; k < paths; k++) {
        size_t rest = k;
        if (k % 4096 == 0 && nalg_stopping(ctx)) return nalg_checkpoint(ctx);
        for (size_t i = 0; i < p->count; i++) {
            double angle = 2 * M_PI * (double)(rest % p->degree[i]) / (double)p->degree[i];
            z[k * p->count + i] = root[i] * CMPLX(cos(angle), sin(angle));
            rest /= p->degree[i];
        }
    }
    return NALG_OK;
}

nalg_status nalg_solve_total_degree(nalg_ctx *ctx, nalg_solutions **out, const nalg_polynomials *system)
{
    return nalg_solve_with(ctx, out, system, &(nalg_track_options){0});
}

nalg_status nalg_solve_with(nalg_ctx *ctx, nalg_solutions **out, const nalg_polynomials *p,
                            const nalg_track_options *options)
{
    size_t paths = nalg_polynomials_paths(p), n = p->count;
    if (paths > PATH_LIMIT)
        return nalg_fail(ctx, NALG_E_LIMIT, NULL, "reduce the degrees", "more than a thousand million paths");
    const double complex one = 1, zero = 0;
    nalg_segment segment = {.from = &one, .to = &zero};
    nalg_system *system = NULL;
    double complex *root = nalg_array(n, sizeof *root);
    nalg_solutions *s = nalg_solutions_create(n, paths);
    nalg_status status = root && s ? NALG_OK : nalg_fail_memory(ctx);
    if (status == NALG_OK) status = compile(ctx, &system, p, root);
    if (status == NALG_OK) status = set_starts(ctx, p, s->z, paths, root);
    if (status == NALG_OK) {
        nalg_track_job job = {
            .system = system, .segment = &segment, .z_start = s->z, .count = paths, .options = *options};
        job.options.endgame = true;
        job.options.reuse_factors = true;
        status = nalg_track(ctx, s->z, s->result, &job);
    }
    if (status == NALG_OK) nalg_solutions_split(s);
    nalg_system_free(system);
    free(root);
    if (status == NALG_OK)
        *out = s;
    else
        nalg_solutions_free(s);
    return status;
}
