/* Systems of equations with parameters, given as a graph of operations: path tracking and monodromy for
 * systems of one's own. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_FAMILY_H
#define NEUROALG_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include "neuroalg/track.h"

#ifdef __cplusplus
extern "C" {
#endif

/* F(z; p) = 0: n unknowns z, q parameters p. Its expressions are nodes, numbered from 0; equal ones get the
 * same number. */
typedef struct nalg_family nalg_family;

/** An empty system.
 *  In:       unknowns (1 to 10000), parameters (0 to 1000000).
 *  Out:      *out, owned by the caller, freed with nalg_family_free; unchanged on error.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT for a count out of range; NALG_E_MEMORY.
 *  Cost:     constant.  Source: none. */
NALG_NODISCARD NALG_API nalg_status nalg_family_create(nalg_ctx *ctx, nalg_family **out,
                                                          size_t unknowns, size_t parameters);

/** Free a system.  In: family, may be NULL.  Cost: linear in its size.  Source: none. */
NALG_API void nalg_family_free(nalg_family *family);

/** A constant as a node.  In: real and imaginary part, finite.  Returns: the node; -1 when memory is out or a
 * part is not finite. Cost: constant.  Source: none. */
NALG_API int nalg_family_constant(nalg_family *family, double real, double imag);

/** An unknown as a node.  In: index below the number of unknowns.  Returns: the node, or -1.  Cost: constant.
 * Source: none. */
NALG_API int nalg_family_unknown(nalg_family *family, size_t index);

/** A parameter as a node.  In: index below the number of parameters.  Returns: the node, or -1.  Cost:
 * constant.  Source: none. */
NALG_API int nalg_family_parameter(nalg_family *family, size_t index);

/** a + b.  In: nodes.  Returns: the node; -1 when a or b is none.  Cost: constant.  Source: none. */
NALG_API int nalg_family_sum(nalg_family *family, int a, int b);

/** a b.  In: nodes.  Returns: the node; -1 when a or b is none.  Cost: constant.  Source: none. */
NALG_API int nalg_family_product(nalg_family *family, int a, int b);

/** 1 / a.  In: a node.  Returns: the node; -1 when a is none.  Cost: constant.  Source: none. */
NALG_API int nalg_family_inverse(nalg_family *family, int a);

/** Add the equation `node` = 0. A system is tracked when it has as many equations as unknowns.
 *  In:       node.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT when the node is none; NALG_E_MEMORY.
 *  Cost:     constant.  Source: none. */
NALG_NODISCARD NALG_API nalg_status nalg_family_add(nalg_ctx *ctx, nalg_family *family, int node);

/* Complex numbers are pairs of doubles, real part first: an array of m numbers has 2 m doubles. */
typedef struct {
    const double *start; /* count x unknowns complex numbers: solutions over `from` */
    size_t count;
    const double *from, *to; /* parameters complex numbers each */
    bool endgame; /* `to` may be special: singular ends and ends at infinity are told apart; otherwise they
                     are lost */
} nalg_homotopy;

/** Follow solutions while the parameters move on the straight line between two points.
 *  In:       a square system; the start solutions and both points.
 *  Out:      *out, one end for each start (neuroalg/track.h), owned by the caller; unchanged on error.
 *  Returns:  NALG_OK (lost paths are counted); NALG_E_SHAPE unless square; NALG_E_ARGUMENT for numbers that
 * are not finite or a division by the constant 0; NALG_E_LIMIT for systems too large to write out;
 * NALG_E_MEMORY, NALG_E_INTERRUPTED, NALG_E_DEADLINE. Evidence: numerical.  Cost: per path some tens of
 * Jacobians and linear solves. Source:   Telen, Van Barel, Verschelde 2020; docs/systems.md. */
NALG_NODISCARD NALG_API nalg_status nalg_family_track(nalg_ctx *ctx, nalg_solutions **out,
                                                         const nalg_family *family,
                                                         const nalg_homotopy *homotopy);

/** All solutions over p that loops of the parameters connect to the given ones.
 *  In:       a square system with parameters; start (count x unknowns, at least one) solutions over p;
 * expected, a proved bound to stop at, or 0: then the search stops when four edges in a row bring nothing
 * new. Out:      *out, the solutions, all regular; the distinct starts come first. Owned by the caller;
 * unchanged on error. Returns:  as nalg_family_track; NALG_E_ARGUMENT also when a start is no regular
 * solution. Evidence: numerical; that there are no more is known only when `expected` is reached. Cost: some
 * ten paths for each solution. Source:   Duff et al. 2019; docs/systems.md. */
NALG_NODISCARD NALG_API nalg_status nalg_family_monodromy(nalg_ctx *ctx, nalg_solutions **out,
                                                             const nalg_family *family, const double *p,
                                                             const double *start, size_t count,
                                                             size_t expected);

#ifdef __cplusplus
}
#endif

#endif
