/* Checking numbers of critical points: metric and equations are built again from the phrase and the seed, the
 * recorded critical points are proved again in ball arithmetic, the theorem is looked up again.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "geometry/critical_generic.h"
#include "geometry/critical_theorem.h"
#include "geometry/degree.h"
#include "geometry/verify.h"

/* Another seed for what is random in a repeated trace test. */
#define OTHER_SEED UINT64_C(0x5eed5eed)
/* Tests that stay open before the number is not confirmed. */
#define SEEDS 4

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
static bool check_theorem(nalg_verification *v, const nalg_metric *metric, size_t dimension, uint64_t count,
                          bool *meets)
{
    fmpz_t value;
    const char *source = NULL;
    const json_t *claimed = json_object_get(v->result, "theorem");
    fmpz_init(value);
    const char *dimension_known = json_string_value(json_object_get(v->evidence, "dimension"));
    bool known = false, ok = json_is_null(claimed);
    v->status = nalg_critical_theorem(v->ctx, &known, value, &source, v->model, metric, dimension,
                                      dimension_known && !strcmp(dimension_known, "proved"));
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

/* What the recorded points amount to. */
typedef struct {
    size_t rows, distinct; /* recorded; proved pairwise different, SIZE_MAX when there are none to check */
    bool complete;         /* a trace test, with other random choices, finds them and no others */
    double residual;
} recount;

/* The simple trace test of generic metrics. */
static nalg_status trace_again(nalg_verification *v, recount *r, const nalg_critical_system *s,
                               const double complex *z)
{
    const nalg_monodromy_problem problem = {.system = s->system,
                                            .fingerprint = s->base.fingerprint,
                                            .z = z,
                                            .start_count = r->rows,
                                            .p = s->target,
                                            .trace = true,
                                            .trace_parameters = s->metric.size};
    return nalg_verify_trace(v, &r->complete, &r->residual, &problem, z, r->rows,
                             NALG_CRITICAL_TRACE_TOLERANCE);
}

/* The trace tests of the other metrics, from the recorded points. A lost path leaves a test open: then
 * another seed. */
static nalg_status search_again(nalg_verification *v, recount *r, const nalg_critical_system *s,
                                const double complex *z)
{
    const uint64_t seed = nalg_ctx_seed(v->ctx);
    const size_t limit = 50 * r->rows + 5000;
    const double complex *input[NALG_CRITICAL_SLOTS];
    const nalg_critical_family family = nalg_critical_system_family(s, input);
    nalg_status status = NALG_OK;
    bool open = true;
    for (uint64_t k = 0; status == NALG_OK && open && k < SEEDS; k++) {
        nalg_critical_trace trace = {0};
        nalg_ctx_set_seed(v->ctx, seed ^ (OTHER_SEED + k));
        status = s->metric.form ? nalg_critical_from_generic(v->ctx, &trace, s, z, r->rows, limit)
                                : nalg_critical_trace_test(v->ctx, &trace, &family, z, r->rows, limit);
        r->complete = status == NALG_OK && trace.complete && !trace.added_count;
        r->residual = trace.residual;
        open = !r->complete && !trace.added_count;
        nalg_critical_trace_clear(&trace);
    }
    nalg_ctx_set_seed(v->ctx, seed);
    return status;
}

/* The recorded points: proved again, and where the number rests on a trace test, tested again. */
static nalg_status count_again(nalg_verification *v, recount *r, nalg_metric *metric, size_t dimension,
                               bool numerical)
{
    const json_t *list = json_object_get(v->evidence, "solutions");
    const double complex *input[NALG_CRITICAL_SLOTS], *check[4];
    nalg_critical_system s;
    nalg_certificate certificate = {0};
    double complex *z = nalg_complex_list_read(list, dimension);
    *r = (recount){.rows = json_array_size(list), .distinct = SIZE_MAX, .residual = INFINITY};
    if (!z) return NALG_OK;
    nalg_status status = nalg_critical_system_create(v->ctx, &s, v->model, dimension, metric);
    if (status == NALG_OK) {
        nalg_certify_problem problem = nalg_critical_system_certify(&s, s.target, input, check);
        status = nalg_certify_solutions(v->ctx, &certificate, &problem, z, r->rows, NULL);
        if (status == NALG_OK) r->distinct = certificate.distinct;
        nalg_certificate_clear(&certificate);
        if (status == NALG_OK && numerical)
            status =
                s.metric.kind == NALG_METRIC_GENERIC ? trace_again(v, r, &s, z) : search_again(v, r, &s, z);
        nalg_critical_system_clear(&s);
    }
    free(z);
    return status;
}

static void check_count(nalg_verification *v, nalg_metric *metric, size_t dimension)
{
    recount r;
    uint64_t count = 0, certified = 0;
    bool meets = false, numbers = nalg_json_get_unsigned(v->result, "ed_degree", &count) && count > 0;
    bool theorem = numbers && check_theorem(v, metric, dimension, count, &meets);
    const char *status = json_string_value(json_object_get(v->evidence, "status"));
    if (!status) status = "none";
    bool numerical = !strcmp(status, "numerical");
    if (v->status != NALG_OK) return;
    nalg_verification_record(v, "the theorem follows from model and metric", theorem, "%llu critical points",
                             (unsigned long long)count);
    v->status = count_again(v, &r, metric, dimension, numerical);
    if (v->status != NALG_OK) return;
    bool proved = nalg_json_get_unsigned(v->result, "solutions_certified", &certified) &&
                  r.distinct == certified && r.rows == count && certified <= count;
    nalg_verification_record(v, "the recorded points are critical, proved pairwise different functions",
                             proved, "%llu of %zu", (unsigned long long)certified, r.rows);
    if (numerical)
        nalg_verification_record(v, "a trace test with other random choices finds no others", r.complete,
                                 "residual %.1e", r.residual);
    bool whole = meets && certified == count;
    bool lower = !strcmp(status, "unknown") || (!strcmp(status, "proved_lower") && certified == count);
    bool honest = (whole && !strcmp(status, "proved")) || numerical || lower;
    nalg_verification_record(v, "the evidence says no more than theorem, trace test and proofs", honest, "%s",
                             status);
}

void nalg_verify_critical(nalg_verification *v)
{
    size_t dimension;
    nalg_metric metric = {0};
    if (!nalg_verify_dimension(v, &dimension)) return;
    if (build_metric(v, &metric, dimension)) check_count(v, &metric, dimension);
    nalg_metric_clear(&metric);
}
