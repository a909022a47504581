/* The command `solve`: a system from text, all path ends, the finite ones listed.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "neuroalg/solve.h"
#include <math.h>
#include "core/result.h"
#include "neuroalg/track.h"

/* Solutions written into a result. */
#define LISTED_LIMIT 100000
/* A solution counts as real when its imaginary parts are below this, relative to its size: numerical, not proved. */
#define REAL_TOLERANCE 1e-10

static bool looks_real(const nalg_solution *s, size_t n)
{
    double size = 1, imaginary = 0;
    for (size_t i = 0; i < n; i++) {
        size = fmax(size, fabs(s->real[i]));
        imaginary = fmax(imaginary, fabs(s->imag[i]));
    }
    return imaginary < REAL_TOLERANCE * size;
}

static json_t *solution_json(const nalg_solution *s, size_t n)
{
    json_t *values = json_array();
    for (size_t i = 0; values && i < n; i++) json_array_append_new(values, json_pack("[f, f]", s->real[i], s->imag[i]));
    return json_pack("{s:o, s:b, s:b, s:i, s:f, s:f}", "values", values, "singular", s->end == NALG_END_SINGULAR, "real", looks_real(s, n), "winding",
                     s->winding, "accuracy", s->accuracy, "condition", isfinite(s->condition) ? s->condition : -1.0);
}

static json_t *answer(const nalg_polynomials *system, const nalg_solutions *solutions)
{
    size_t n = nalg_polynomials_count(system), real = 0;
    json_t *list = json_array(), *variables = json_array();
    for (size_t i = 0; variables && i < n; i++) json_array_append_new(variables, json_string(nalg_polynomials_variable(system, i)));
    for (size_t i = 0; list && i < nalg_solutions_paths(solutions); i++) {
        nalg_solution s = nalg_solutions_path(solutions, i);
        if (s.end != NALG_END_REGULAR && s.end != NALG_END_SINGULAR) continue;
        real += s.end == NALG_END_REGULAR && looks_real(&s, n);
        if (json_array_size(list) < LISTED_LIMIT) json_array_append_new(list, solution_json(&s, n));
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "paths", nalg_json_unsigned(nalg_solutions_paths(solutions)), "regular",
                     nalg_json_unsigned(nalg_solutions_count(solutions, NALG_END_REGULAR)), "real", nalg_json_unsigned(real), "singular",
                     nalg_json_unsigned(nalg_solutions_count(solutions, NALG_END_SINGULAR)), "infinite",
                     nalg_json_unsigned(nalg_solutions_count(solutions, NALG_END_INFINITE)), "lost",
                     nalg_json_unsigned(nalg_solutions_count(solutions, NALG_END_LOST)), "variables", variables, "solutions", list);
}

nalg_status nalg_solve(nalg_ctx *ctx, nalg_result **out, const char *text, size_t length)
{
    double started = nalg_seconds();
    nalg_polynomials *system = NULL;
    nalg_solutions *solutions = NULL;
    nalg_status status = nalg_polynomials_parse(ctx, &system, text, length);
    if (status == NALG_OK) status = nalg_solve_total_degree(ctx, &solutions, system);
    if (status == NALG_OK) {
        json_t *model = json_pack("{s:s, s:s, s:o}", "spec", "polynomial system", "pipeline", "total-degree start", "parameters", nalg_json_unsigned(nalg_polynomials_count(system)));
        status = nalg_result_create(ctx, out, "solve", started, model, answer(system, solutions),
                                    json_pack("{s:s, s:s}", "status", "numerical", "reason", "every path was tracked to its end and counted"));
    }
    nalg_solutions_free(solutions);
    nalg_polynomials_free(system);
    return status;
}
