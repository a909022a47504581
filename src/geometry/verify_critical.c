/* Checking numbers of critical points: metric and equations are built again from the phrase and the seed, the
 * recorded critical points are proved again in ball arithmetic, the theorem is looked up again.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "geometry/critical_theorem.h"
#include "geometry/critical_system.h"
#include "geometry/degree.h"
#include "geometry/verify.h"

/* Largest trace residual that counts as passed. */
#define TRACE_TOLERANCE 1e-5

/* The metric of the document; false when it names none. */
static bool build_metric(nalg_verification *v, nalg_metric *metric, size_t dimension)
{
    nalg_metric_kind kind;
    uint64_t samples = 0, values;
    const char *name = json_string_value(json_object_get(v->result, "metric"));
    const json_t *given = json_object_get(v->result, "samples");
    bool ok = name && nalg_metric_from_name(&kind, name) &&
              (json_is_null(given) || (nalg_json_get_unsigned(v->result, "samples", &samples) &&
                                       samples > 0 && samples <= SIZE_MAX / 2));
    ok = ok && (json_is_null(given) || kind == NALG_METRIC_DATA);
    if (ok) v->status = nalg_metric_create(v->ctx, metric, v->model, kind, (size_t)samples, dimension);
    if (v->status != NALG_OK) return false;
    ok = ok && nalg_json_get_unsigned(v->result, "values", &values) && values == metric->size;
    nalg_verification_record(v, "the metric is built again", ok, "%s", name ? name : "none");
    return ok;
}

/* Does the document's theorem follow? *meets: its value is the claimed number. */
static bool check_theorem(const nalg_verification *v, const nalg_metric *metric, uint64_t count, bool *meets)
{
    fmpz_t value;
    const char *source = NULL;
    const json_t *claimed = json_object_get(v->result, "theorem");
    fmpz_init(value);
    bool known = nalg_critical_theorem(value, &source, v->model, metric), ok = json_is_null(claimed);
    if (known) {
        json_t *expected = nalg_json_fmpz(value);
        const char *text = json_string_value(json_object_get(claimed, "source"));
        ok = expected && json_equal(json_object_get(claimed, "value"), expected) && text &&
             !strcmp(text, source);
        json_decref(expected);
    }
    *meets = known && fmpz_equal_ui(value, count);
    fmpz_clear(value);
    return ok;
}

/* The recorded points again; SIZE_MAX when there are none to check. */
static nalg_status certify_again(nalg_verification *v, nalg_metric *metric, size_t dimension,
                                 size_t *distinct, size_t *rows)
{
    const json_t *list = json_object_get(v->evidence, "solutions");
    const double complex *input[NALG_CRITICAL_SLOTS], *check[4];
    nalg_critical_system s;
    nalg_certificate certificate = {0};
    double complex *z = nalg_complex_list_read(list, dimension);
    *distinct = SIZE_MAX;
    *rows = json_array_size(list);
    if (!z) return NALG_OK;
    nalg_status status = nalg_critical_system_create(v->ctx, &s, v->model, dimension, metric);
    if (status == NALG_OK) {
        nalg_certify_problem problem = nalg_critical_system_certify(&s, s.target, input, check);
        status = nalg_certify_solutions(v->ctx, &certificate, &problem, z, *rows, NULL);
        if (status == NALG_OK) *distinct = certificate.distinct;
        nalg_certificate_clear(&certificate);
        nalg_critical_system_clear(&s);
    }
    free(z);
    return status;
}

static void check_count(nalg_verification *v, nalg_metric *metric, size_t dimension)
{
    size_t distinct, rows;
    uint64_t count = 0, certified = 0;
    bool meets = false, numbers = nalg_json_get_unsigned(v->result, "ed_degree", &count) && count > 0;
    bool theorem = numbers && check_theorem(v, metric, count, &meets);
    nalg_verification_record(v, "the theorem follows from model and metric", theorem, "%llu critical points",
                             (unsigned long long)count);
    v->status = certify_again(v, metric, dimension, &distinct, &rows);
    if (v->status != NALG_OK) return;
    bool proved = nalg_json_get_unsigned(v->result, "solutions_certified", &certified) &&
                  distinct == certified && rows == count && certified <= count;
    nalg_verification_record(v, "the recorded points are critical, proved pairwise different functions",
                             proved, "%llu of %zu", (unsigned long long)certified, rows);
    const char *status = json_string_value(json_object_get(v->evidence, "status"));
    const json_t *trace = json_object_get(v->result, "trace_residual");
    bool passed = json_is_number(trace) && fabs(json_number_value(trace)) <= TRACE_TOLERANCE,
         whole = meets && certified == count;
    bool honest = status && ((whole && !strcmp(status, "proved")) ||
                             (passed && !strcmp(status, "numerical")) || !strcmp(status, "proved_lower"));
    nalg_verification_record(v, "the evidence says no more than theorem, trace test and proofs", honest, "%s",
                             status ? status : "none");
}

void nalg_verify_critical(nalg_verification *v)
{
    size_t dimension;
    nalg_metric metric = {0};
    if (!nalg_verify_dimension(v, &dimension)) return;
    if (build_metric(v, &metric, dimension)) check_count(v, &metric, dimension);
    nalg_metric_clear(&metric);
}
