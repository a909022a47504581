/* Checking results: a list of claims, each confirmed or not.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_GEOMETRY_VERIFY_H
#define NALG_GEOMETRY_VERIFY_H

#include "core/json.h"
#include "model/model.h"
#include "track/monodromy.h"

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    const json_t *result, *evidence, *document;
    json_t *checks;
    bool valid;
    nalg_status status;   /* a failure of the checking itself */
    const char *strength; /* evidence of a confirmation: "proved" unless the checker says less */
} nalg_verification;

/* Record a claim. detail may be NULL. */
void nalg_verification_record(nalg_verification *v, const char *claim, bool ok, const char *format, ...)
    NALG_PRINTF(4, 5);

/* A non-negative integer of an object, as a number or a decimal string; false if there is none. */
bool nalg_json_get_unsigned(const json_t *object, const char *key, uint64_t *out);

/* The dimension again; false after a failure or a mismatch. */
bool nalg_verify_dimension(nalg_verification *v, size_t *dimension);

/* The trace test of `count` solutions z over problem->p, on lines that the search does not take. tolerance:
 * the largest residual, 0 for the default. Errors of nalg_trace_test. */
NALG_NODISCARD nalg_status nalg_verify_trace(nalg_verification *v, bool *passed, double *residual,
                                             const nalg_monodromy_problem *problem, const double complex *z,
                                             size_t count, double tolerance);

/* The checkers, one for each command that carries a certificate. */
void nalg_verify_dim(nalg_verification *v);
void nalg_verify_degree(nalg_verification *v);
void nalg_verify_fiber(nalg_verification *v);
void nalg_verify_critical(nalg_verification *v);
void nalg_verify_equations(nalg_verification *v);
void nalg_verify_singular(nalg_verification *v);

#endif
