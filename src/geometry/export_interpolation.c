/* The equations c_j . f_w(x_j) = y_j, j = 1..D, at random rational inputs x_j and functionals c_j, in D of the weights; the other weights are
 * random numbers. The values y_j are those of a random network, so one solution is known. {(w, x, c, y)} is irreducible and
 * dominates the space of (x, c, y), hence for generic numbers all solutions are isolated and regular, and they are as many as
 * the networks through the points (the degree) times the weights of one network with the given frozen ones.
 * A reciprocal 1/q becomes a variable u with the equation u q = 1.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/memory.h"
#include "geometry/export.h"

/* Its value at the known solution belongs to the point as well. */
static nalg_status new_reciprocal(nalg_ctx *ctx, void *user, fmpq_mpoly_struct *out, const fmpq_mpoly_struct *value)
{
    nalg_export_system *s = user;
    fmpq_t number;
    fmpq_mpoly_struct *equation = nalg_export_append(s);
    if (!equation) return nalg_fail_memory(ctx);
    fmpq_init(number);
    nalg_status status = nalg_export_value(ctx, number, value, s);
    if (status == NALG_OK && fmpq_is_zero(number)) status = nalg_fail(ctx, NALG_E_UNSUPPORTED, NULL, "try another --seed", "a random network has a pole at a random input");
    if (status == NALG_OK) {
        fmpq_inv(s->point + s->unknowns, number);
        fmpq_mpoly_gen(out, (slong)s->unknowns++, s->ring);
        status = nalg_expansion_multiply(ctx, equation, out, value, &s->expansion);
    }
    if (status == NALG_OK) fmpq_mpoly_sub_si(equation, equation, 1, s->ring);
    fmpq_clear(number);
    return status;
}

/* sum_o c_o f_o - its value at the known solution. */
static nalg_status add_equation(nalg_ctx *ctx, nalg_export_system *s, const fmpq_mpoly_struct *f)
{
    fmpq_t number;
    fmpq_mpoly_t term;
    fmpq_mpoly_struct *equation = nalg_export_append(s);
    if (!equation) return nalg_fail_memory(ctx);
    fmpq_init(number);
    fmpq_mpoly_init(term, s->ring);
    for (size_t o = 0; o < s->outputs; o++) {
        if (s->outputs == 1) fmpq_one(number);
        else nalg_export_draw(number, s);
        fmpq_mpoly_scalar_mul_fmpq(term, f + o, number, s->ring);
        fmpq_mpoly_add(equation, equation, term, s->ring);
    }
    nalg_status status = nalg_export_value(ctx, number, equation, s);
    if (status == NALG_OK) fmpq_mpoly_sub_fmpq(equation, equation, number, s->ring);
    fmpq_mpoly_clear(term, s->ring);
    fmpq_clear(number);
    return status;
}

nalg_status nalg_export_interpolation(nalg_ctx *ctx, nalg_export_system *s)
{
    fmpq_mpoly_struct *x = nalg_expansion_array(s->inputs, s->ring), *f = nalg_expansion_array(s->outputs, s->ring);
    const fmpq_mpoly_struct *slots[] = {x};
    nalg_status status = x && f ? NALG_OK : nalg_fail_memory(ctx);
    fmpq_t number;
    fmpq_init(number);
    s->expansion.input = slots;
    s->expansion.invert = new_reciprocal;
    s->expansion.user = s;
    for (size_t j = 0; status == NALG_OK && j < s->dimension; j++) {
        for (size_t i = 0; i < s->inputs; i++) {
            nalg_export_draw(number, s);
            fmpq_mpoly_set_fmpq(x + i, number, s->ring);
        }
        nalg_progress(ctx, "equations", j, s->dimension, NULL);
        status = nalg_graph_expand(ctx, f, &s->graph, s->output, &s->expansion);
        if (status == NALG_OK) status = add_equation(ctx, s, f);
    }
    s->expansion.input = NULL;
    fmpq_clear(number);
    nalg_expansion_array_free(x, s->inputs, s->ring);
    nalg_expansion_array_free(f, s->outputs, s->ring);
    return status;
}
