/* A model's polynomials as input of other systems.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_EXPORT_H
#define NEUROALG_EXPORT_H

#include <stdbool.h>
#include "neuroalg/model.h"
#include "neuroalg/result.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    const char *to;     /* m2 (Macaulay2), singular, msolve, hc (HomotopyContinuation.jl), sage, bertini or phc (PHCpack) */
    const char *what;   /* param, interpolation or critical */
    const char *metric; /* critical: unit, bombieri, gaussian, generic or data */
    int modulus;        /* m2, singular, sage: compute modulo this prime, 101 to 32749; msolve: to 2147483647; 0: in the rational numbers; -1: the default,
                         * 32003 (msolve: 1073741827) */
    bool keep_text;     /* also put the file's text into the result, as `text` */
} nalg_export_options;

/** Fill options with their defaults (m2, interpolation, metric generic, modulus -1).  Out: *options.  Cost: constant.  Source: none. */
NALG_API void nalg_export_options_init(nalg_export_options *options);

/** A file that another system runs, with exact rational numbers: the parametrisation by coefficients of monomials; the system of the
 *  networks through as many random points as there are dimensions; the critical equations of squared distance to a random function.
 *  In:       model; options, or NULL for defaults.
 *  Out:      *text, NUL-terminated, owned by the caller, freed with free(); *out, keys of `export` in docs/results.md, owned by the caller;
 *            both unchanged on error.
 *  Returns:  NALG_OK; NALG_E_ARGUMENT for an option that does not exist; NALG_E_UNSUPPORTED for coefficients of a rational model;
 *            NALG_E_LIMIT when the polynomials are too long to be written out; those of nalg_dim; NALG_E_MEMORY.
 *  Evidence: `proved` (exact arithmetic), `probable` when the dimension behind the system is.
 *  Cost:     an expansion into monomials: grows fast with depth and degree.
 *  Source:   docs/export.md. */
NALG_NODISCARD NALG_API nalg_status nalg_export(nalg_ctx *ctx, nalg_result **out, char **text, const nalg_model *model,
                                                const nalg_export_options *options);

#ifdef __cplusplus
}
#endif

#endif
