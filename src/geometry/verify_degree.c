/* Checking degrees and fibers: the system is built again from the phrase and the seed, the recorded solutions
 * are proved again in ball arithmetic, theorems and dimension are derived again.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "core/complex.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/memory.h"
#include "geometry/ambient.h"
#include "geometry/degree.h"
#include "geometry/verify.h"
#include "theory/degree.h"
#include "track/trace.h"

/* The search takes lines 0 and 1. */
#define OTHER_LINES 2

/* "re im" in hexadecimal floating point. */
static bool read_complex(const json_t *text, double complex *out)
{
    const char *s = json_string_value(text);
    char *end;
    if (!s) return false;
    double re = strtod(s, &end);
    if (end == s || *end != ' ') return false;
    const char *second = end + 1;
    double im = strtod(second, &end);
    *out = CMPLX(re, im);
    return end != second && *end == '\0' && isfinite(re) && isfinite(im);
}

/* The recorded solutions, rows of n numbers; NULL when they are not as they should be. */
double complex *nalg_complex_list_read(const json_t *list, size_t n)
{
    size_t rows = json_array_size(list);
    double complex *z = json_is_array(list) ? nalg_array(rows * n, sizeof *z) : NULL;
    bool ok = z != NULL;
    for (size_t i = 0; ok && i < rows; i++) {
        const json_t *row = json_array_get(list, i);
        ok = json_array_size(row) == n;
        for (size_t k = 0; ok && k < n; k++) ok = read_complex(json_array_get(row, k), &z[i * n + k]);
    }
    if (ok) return z;
    free(z);
    return NULL;
}

/* What the recorded solutions amount to. */
typedef struct {
    size_t rows, distinct; /* recorded; proved pairwise different, SIZE_MAX when there are none to check */
    bool complete;         /* a trace test on other lines passes */
    double residual;
} recount;

static nalg_status prove_again(nalg_verification *v, recount *r, const nalg_interpolation *s, bool fiber,
                               const double complex *z)
{
    const double complex *input[] = {NULL, s->frozen, s->x, s->c},
                         *check[] = {NULL, s->frozen, s->check_x, s->check_c};
    nalg_certificate certificate = {0};
    nalg_certify_problem problem = nalg_interpolation_certify(s, input, check);
    if (fiber) problem.fingerprint = (nalg_certify_map){0};
    nalg_status status = nalg_certify_solutions(v->ctx, &certificate, &problem, z, r->rows, NULL);
    if (status == NALG_OK) r->distinct = certificate.distinct;
    nalg_certificate_clear(&certificate);
    return status;
}

nalg_status nalg_verify_trace(nalg_verification *v, bool *passed, double *residual,
                              const nalg_monodromy_problem *problem, const double complex *z, size_t count,
                              double tolerance)
{
    const size_t m = nalg_system_equations(problem->fingerprint);
    double complex *value = nalg_array(count * m, sizeof *value);
    nalg_track_options options = {0};
    nalg_monodromy_result paths = {0};
    const nalg_trace_set set = {problem, z, value, count, m, OTHER_LINES};
    nalg_status status = value
                             ? nalg_system_evaluate(v->ctx, value, NULL, problem->fingerprint, z, count, NULL)
                             : nalg_fail_memory(v->ctx);
    if (status == NALG_OK)
        status = nalg_trace_test(v->ctx, passed, residual, &paths, &set, tolerance, &options);
    free(value);
    return status;
}

/* The recorded solutions: proved again, and for degrees their trace taken again. */
static nalg_status count_again(nalg_verification *v, recount *r, size_t dimension, bool fiber)
{
    const json_t *list = json_object_get(v->evidence, "solutions");
    nalg_interpolation s;
    double complex *z = nalg_complex_list_read(list, dimension);
    *r = (recount){.rows = json_array_size(list), .distinct = SIZE_MAX, .residual = INFINITY};
    if (!z) return NALG_OK;
    nalg_status status = nalg_interpolation_create(v->ctx, &s, v->model, dimension, fiber);
    if (status == NALG_OK) {
        const nalg_monodromy_problem problem = nalg_interpolation_monodromy(&s);
        status = prove_again(v, r, &s, fiber, z);
        if (status == NALG_OK && !fiber)
            status = nalg_verify_trace(v, &r->complete, &r->residual, &problem, z, r->rows, 0);
        nalg_interpolation_clear(&s);
    }
    free(z);
    return status;
}

/* The dimension again; false after a failure or a mismatch. */
bool nalg_verify_dimension(nalg_verification *v, size_t *dimension)
{
    uint64_t claimed;
    bool proved;
    v->status = nalg_dimension_of(v->ctx, dimension, &proved, v->model);
    if (v->status != NALG_OK) return false;
    const char *known = json_string_value(json_object_get(v->evidence, "dimension"));
    bool ok = nalg_json_get_unsigned(v->result, "dimension", &claimed) && claimed == *dimension && known &&
              !strcmp(known, proved ? "proved" : "probable");
    nalg_verification_record(v, "the dimension is derived again", ok, "%zu", *dimension);
    return ok;
}

static bool check_theorem(nalg_verification *v, size_t dimension, bool *meets)
{
    nalg_ambient ambient = {0};
    fmpz_t value;
    const char *source = NULL;
    v->status = nalg_ambient_find(v->ctx, &ambient, v->model, nalg_model_exponent(v->model));
    if (v->status != NALG_OK) return false;
    fmpz_init(value);
    bool known = nalg_theory_degree(value, &source, v->model);
    if (!known && ambient.proved && fmpz_equal_ui(&ambient.size, dimension)) {
        fmpz_one(value);
        source = NALG_DEGREE_FILLING;
        known = true;
    }
    const json_t *claimed = json_object_get(v->result, "theorem");
    json_t *expected = known ? nalg_json_fmpz(value) : NULL;
    bool ok = known ? json_equal(json_object_get(claimed, "value"), expected) : json_is_null(claimed);
    if (ok && known)
        ok = json_string_value(json_object_get(claimed, "source")) &&
             !strcmp(json_string_value(json_object_get(claimed, "source")), source);
    *meets = known && json_equal(json_object_get(v->result, "degree"), expected);
    json_t *size = ambient.known ? nalg_json_fmpz(&ambient.size) : json_null();
    ok = ok && json_equal(json_object_get(v->result, "ambient"), size);
    json_decref(expected);
    json_decref(size);
    fmpz_clear(value);
    nalg_ambient_clear(&ambient);
    return ok;
}

/* The evidence may be "proved" where a theorem's number is met, "numerical" where the trace test passes now
 * and passed then. */
static void check_completeness(nalg_verification *v, bool meets, const recount *r)
{
    const char *status = json_string_value(json_object_get(v->evidence, "status"));
    const json_t *trace = json_object_get(v->result, "trace_residual");
    if (!status) status = "none";
    bool numerical = !strcmp(status, "numerical");
    if (numerical && !meets)
        nalg_verification_record(v, "the trace test passes again, on other lines",
                                 r->complete && json_is_number(trace), "residual %.1e", r->residual);
    bool lower = !strcmp(status, "unknown") || (!strcmp(status, "proved_lower") && r->distinct == r->rows);
    bool honest = meets ? !strcmp(status, "proved") : numerical || lower;
    nalg_verification_record(v, "the evidence says no more than theorem, trace test and proofs", honest, "%s",
                             status);
}

/* A theorem's number, and no network recorded or said to be certified. */
static bool not_counted(const nalg_verification *v)
{
    const char *stopped = json_string_value(json_object_get(v->evidence, "stopped"));
    return stopped && !strcmp(stopped, NALG_DEGREE_NOT_COUNTED) &&
           !json_object_get(v->evidence, "solutions") &&
           json_is_null(json_object_get(v->result, "solutions_certified"));
}

void nalg_verify_degree(nalg_verification *v)
{
    size_t dimension;
    recount r;
    uint64_t degree = 0, certified = 0;
    bool meets = false;
    if (!nalg_verify_dimension(v, &dimension)) return;
    bool theorem = check_theorem(v, dimension, &meets);
    if (v->status != NALG_OK) return;
    nalg_verification_record(v, "the theorem's value and the ambient space follow from the model", theorem,
                             "%s", meets ? "the degree is the theorem's" : "the degree is counted");
    if (not_counted(v)) {
        const char *status = json_string_value(json_object_get(v->evidence, "status"));
        nalg_verification_record(v, "the degree rests on the theorem alone",
                                 meets && status && !strcmp(status, "proved"), "nothing was counted");
        return;
    }
    if (!nalg_json_get_unsigned(v->result, "degree", &degree)) degree = 0;
    v->status = count_again(v, &r, dimension, false);
    if (v->status != NALG_OK) return;
    bool proved = nalg_json_get_unsigned(v->result, "solutions_certified", &certified) && degree > 0 &&
                  r.distinct == certified && r.rows == degree && certified <= degree;
    nalg_verification_record(v, "the recorded networks are zeros, proved pairwise different", proved,
                             "%llu of %zu", (unsigned long long)certified, r.rows);
    check_completeness(v, meets && certified == degree, &r);
}

void nalg_verify_fiber(nalg_verification *v)
{
    size_t dimension;
    recount r;
    uint64_t value, certified, points;
    if (!nalg_verify_dimension(v, &dimension)) return;
    bool fiber = nalg_json_get_unsigned(v->result, "fiber_dimension", &value) &&
                 value == v->model->parameters - dimension;
    nalg_verification_record(v, "parameters = dimension + fiber dimension", fiber, "%zu parameters",
                             v->model->parameters);
    v->status = count_again(v, &r, dimension, true);
    if (v->status != NALG_OK) return;
    bool proved = nalg_json_get_unsigned(v->evidence, "points_certified", &certified) &&
                  nalg_json_get_unsigned(v->result, "points_in_slice", &points) && certified == r.distinct &&
                  points == r.rows;
    nalg_verification_record(v, "the recorded points of the fiber are zeros, proved pairwise different",
                             proved, "%llu of %zu", (unsigned long long)certified, r.rows);
    const char *status = json_string_value(json_object_get(v->evidence, "status"));
    bool order = json_is_null(json_object_get(v->result, "finite_order"))
                     ? status && !strcmp(status, "unknown")
                     : nalg_json_get_unsigned(v->result, "finite_order", &value) && value >= 1 &&
                           value <= r.rows && status && !strcmp(status, "numerical");
    nalg_verification_record(v, "the finite order is no more than the points and claimed as numerical", order,
                             "%s", status ? status : "none");
}
