/* Eigenvalues of the Hessian. Along the fiber of a critical point they vanish, so there are always some about
 * zero; the differences of gradients leave errors of about 1e-9 of the largest.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "learning/curvature.h"
#include <math.h>
#include "core/memory.h"
#include "field/lapack.h"

#define PARAMETER_LIMIT 400
#define FLAT 1e-6

void nalg_loss_curvature(nalg_loss *loss, nalg_curvature *out, const double *w)
{
    size_t n = nalg_loss_parameters(loss);
    *out = (nalg_curvature){0};
    if (!n || n > PARAMETER_LIMIT) return;
    double *hessian = nalg_array(n * n, sizeof *hessian), *scratch = nalg_array(3 * n, sizeof *scratch);
    if (hessian && scratch && nalg_loss_hessian(loss, hessian, w, scratch) &&
        nalg_symmetric_eigen(scratch, hessian, n, false)) {
        double size = fmax(fabs(scratch[0]), fabs(scratch[n - 1]));
        *out = (nalg_curvature){.known = true, .lowest = scratch[0], .highest = scratch[n - 1]};
        for (size_t i = 0; i < n; i++) {
            out->negative += scratch[i] < -FLAT * size;
            out->flat += fabs(scratch[i]) <= FLAT * size;
        }
    }
    free(hessian);
    free(scratch);
}
