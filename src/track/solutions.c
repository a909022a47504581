/* Ends of paths.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "track/solutions.h"
#include "core/memory.h"

nalg_solutions *nalg_solutions_create(size_t variables, size_t paths)
{
    size_t numbers;
    nalg_solutions *s = nalg_array_zero(1, sizeof *s);
    if (!s) return NULL;
    *s = (nalg_solutions){.variables = variables, .paths = paths};
    if (nalg_size_multiply(&numbers, variables, paths)) {
        s->z = nalg_array(numbers, sizeof *s->z);
        s->real = nalg_array(numbers, sizeof *s->real);
        s->imag = nalg_array(numbers, sizeof *s->imag);
        s->result = nalg_array(paths, sizeof *s->result);
    }
    if (s->z && s->real && s->imag && s->result) return s;
    nalg_solutions_free(s);
    return NULL;
}

void nalg_solutions_split(nalg_solutions *s)
{
    for (size_t i = 0; i < s->paths * s->variables; i++)
        s->real[i] = creal(s->z[i]), s->imag[i] = cimag(s->z[i]);
}

void nalg_solutions_free(nalg_solutions *s)
{
    if (!s) return;
    free(s->z);
    free(s->real);
    free(s->imag);
    free(s->result);
    free(s);
}

static nalg_end end_of(const nalg_path_result *r)
{
    switch (r->outcome) {
    case NALG_PATH_CONVERGED:
        return NALG_END_REGULAR;
    case NALG_PATH_SINGULAR:
        return NALG_END_SINGULAR;
    case NALG_PATH_DIVERGED:
        return NALG_END_INFINITE;
    default:
        return NALG_END_LOST;
    }
}

size_t nalg_solutions_count(const nalg_solutions *s, nalg_end end)
{
    size_t count = 0;
    for (size_t i = 0; i < s->paths; i++) count += end_of(&s->result[i]) == end;
    return count;
}

size_t nalg_solutions_paths(const nalg_solutions *s)
{
    return s->paths;
}

nalg_solution nalg_solutions_path(const nalg_solutions *s, size_t path)
{
    const nalg_path_result *r = &s->result[path];
    return (nalg_solution){.end = end_of(r),
                           .real = s->real + path * s->variables,
                           .imag = s->imag + path * s->variables,
                           .accuracy = r->accuracy,
                           .condition = r->condition,
                           .winding = r->winding,
                           .steps = r->steps,
                           .rejected = r->rejected};
}
