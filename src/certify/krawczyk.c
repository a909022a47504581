/* Certificates of many points: rounds of doubling precision over the points not yet proved, then the count of different functions.
 *
 * A round runs Krawczyk's test (certify/box.h) on every pending point, in parallel; a point's outcome depends on nothing else. Each
 * certified point leaves random complex combinations of its fingerprint's balls, evaluated on the enclosure of its zero: disjoint
 * combinations prove different fingerprints whatever the coefficients are.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "certify/krawczyk.h"
#include <math.h>
#include "certify/box.h"
#include "certify/distinct.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/threads.h"

#define DEFAULT_TOLERANCE 1e-6 /* a point with fewer than six correct digits was never a solution */
#define DEFAULT_PRECISION 64
#define DEFAULT_PRECISION_LIMIT 256
#define LOWEST_PRECISION 53
#define HIGHEST_PRECISION 65536
#define PROJECTIONS 2
#define PROJECTION_STREAM UINT64_C(0x6b7261776379)

typedef struct {
    nalg_box box;
    nalg_ball_evaluation fingerprint;
    acb_ptr value; /* of the fingerprint */
} worker;

typedef struct {
    nalg_ctx *ctx;
    const nalg_certify_problem *problem;
    const double complex *z;
    nalg_ball_map system, fingerprint;
    bool has_fingerprint;
    size_t n, width;      /* unknowns; values of the fingerprint */
    acb_ptr coefficient;  /* PROJECTIONS x width, exact */
    acb_ptr projection;   /* count x PROJECTIONS */
    double tolerance;
    long precision;
    worker *workers;
    size_t worker_count;
    size_t *pending, pending_count, done;
    bool *settled;        /* points that more bits would not help */
    nalg_certificate result;
} run;

const char *nalg_certify_state_text(nalg_certify_state state)
{
    static const char *const text[NALG_CERTIFY_STATES] = {
        "certified", "a coordinate is not finite", "a pole is near", "the Jacobian is singular", "no zero within the tolerance",
        "no box contracts"};
    return (unsigned)state < NALG_CERTIFY_STATES ? text[state] : "unknown";
}

void nalg_certificate_clear(nalg_certificate *certificate)
{
    free(certificate->point);
    *certificate = (nalg_certificate){0};
}

/* Values that tell zeros apart, and what is known about their being real. */
static bool fingerprint(run *r, worker *w, size_t i, nalg_certified_point *point)
{
    acb_srcptr value = w->box.zero;
    if (r->has_fingerprint) {
        if (!nalg_ball_values(&w->fingerprint, w->value, w->box.zero)) return false;
        value = w->value;
    }
    bool real_map = !r->has_fingerprint || r->fingerprint.real;
    point->real_function = point->real == NALG_TRUE && real_map ? NALG_TRUE : NALG_UNKNOWN;
    for (size_t j = 0; j < r->width; j++) {
        if (!acb_is_finite(value + j)) return false;
        if (!arb_contains_zero(acb_imagref(value + j))) point->real_function = NALG_FALSE;
    }
    for (size_t k = 0; k < PROJECTIONS; k++)
        acb_dot(r->projection + i * PROJECTIONS + k, NULL, 0, r->coefficient + k * r->width, 1, value, 1, (slong)r->width, r->precision);
    return true;
}

static bool finite_point(const double complex *z, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(creal(z[i])) || !isfinite(cimag(z[i]))) return false;
    return true;
}

static nalg_status test_point(void *user, size_t index, int worker_number)
{
    run *r = user;
    worker *w = &r->workers[worker_number];
    size_t i = r->pending[index];
    const double complex *z = r->z + i * r->n;
    nalg_certified_point *point = &r->result.point[i];
    if (worker_number == 0) nalg_progress(r->ctx, "certify", r->done + index, r->result.count, NULL);
    nalg_certified_point tested = {.real = NALG_UNKNOWN, .real_function = NALG_UNKNOWN, .group = SIZE_MAX};
    *point = tested;
    point->state = NALG_REFUSED_NOT_FINITE;
    r->settled[i] = true;
    if (!finite_point(z, r->n)) return NALG_OK;
    tested.state = nalg_box_test(&w->box, &tested.radius, &tested.real, z, r->tolerance);
    if (tested.state == NALG_CERTIFIED && !fingerprint(r, w, i, &tested)) tested.state = NALG_REFUSED_POLE;
    tested.precision = r->precision;
    r->settled[i] = tested.state == NALG_CERTIFIED || w->box.settled;
    if (tested.state == NALG_CERTIFIED) *point = tested;
    else point->state = tested.state;
    return NALG_OK;
}

static void workers_clear(run *r)
{
    for (size_t k = 0; k < r->worker_count; k++) {
        nalg_box_clear(&r->workers[k].box);
        nalg_ball_evaluation_clear(&r->workers[k].fingerprint);
        nalg_balls_free(r->workers[k].value, r->width);
    }
    free(r->workers);
    r->workers = NULL;
    r->worker_count = 0;
}

static nalg_status workers_create(run *r, bool precise_inverse)
{
    size_t wanted = (size_t)nalg_ctx_threads(r->ctx);
    if (wanted > r->pending_count) wanted = r->pending_count;
    r->workers = nalg_array_zero(wanted, sizeof *r->workers);
    if (!r->workers) return nalg_fail_memory(r->ctx);
    while (r->worker_count < wanted) {
        worker *w = &r->workers[r->worker_count];
        nalg_status status = nalg_box_create(r->ctx, &w->box, &r->system, r->precision, precise_inverse);
        if (status != NALG_OK) return status;
        r->worker_count++;
        if (!r->has_fingerprint) continue;
        status = nalg_ball_evaluation_create(r->ctx, &w->fingerprint, &r->fingerprint, r->precision);
        if (status != NALG_OK) return status;
        w->value = nalg_balls_new(r->width);
        if (!w->value) return nalg_fail_memory(r->ctx);
    }
    return NALG_OK;
}

/* One round; keeps in `pending` what more bits may help. */
static nalg_status round_of_tests(run *r, bool precise_inverse)
{
    nalg_status status = workers_create(r, precise_inverse);
    if (status == NALG_OK) status = nalg_parallel(r->ctx, r->pending_count, test_point, r);
    workers_clear(r);
    if (status != NALG_OK) return status;
    size_t kept = 0;
    for (size_t k = 0; k < r->pending_count; k++) {
        size_t i = r->pending[k];
        if (r->result.point[i].state == NALG_CERTIFIED) r->result.precision = r->precision;
        if (!r->settled[i]) r->pending[kept++] = i;
    }
    r->done += r->pending_count - kept;
    r->pending_count = kept;
    return NALG_OK;
}

static nalg_status certify_all(run *r, long limit)
{
    bool precise_inverse = false;
    for (;;) {
        if (r->pending_count) {
            nalg_status status = round_of_tests(r, precise_inverse);
            if (status != NALG_OK) return status;
        }
        if (!r->pending_count || r->precision > limit / 2) break;
        r->precision *= 2;
        precise_inverse = true;
    }
    nalg_progress(r->ctx, "certify", r->result.count, r->result.count, NULL);
    return NALG_OK;
}

/* Groups among the certified points, and the count among those proved real. `member` has room for all points. */
static nalg_status count_distinct(run *r, size_t *member)
{
    nalg_certificate *c = &r->result;
    size_t count = 0, real = 0, *group = nalg_array(c->count, sizeof *group);
    if (!group) return nalg_fail_memory(r->ctx);
    for (size_t i = 0; i < c->count; i++) {
        c->states[c->point[i].state]++;
        if (c->point[i].state == NALG_CERTIFIED) member[count++] = i;
    }
    nalg_status status = nalg_distinct_balls(r->ctx, &c->distinct, group, r->projection, PROJECTIONS, member, count);
    for (size_t k = 0; status == NALG_OK && k < count; k++) {
        size_t i = member[k];
        c->point[i].group = group[i];
        c->not_real += c->point[i].real == NALG_FALSE;
        if (c->point[i].real == NALG_TRUE) member[real++] = i;
    }
    c->real = real;
    if (status == NALG_OK) status = nalg_distinct_balls(r->ctx, &c->distinct_real, NULL, r->projection, PROJECTIONS, member, real);
    free(group);
    return status;
}

/* Coefficients are doubles, exact in balls. */
static bool draw_coefficients(run *r)
{
    size_t total;
    if (!nalg_size_multiply(&total, r->width, PROJECTIONS)) return false;
    r->coefficient = nalg_balls_new(total);
    nalg_random random = nalg_random_stream(nalg_ctx_seed(r->ctx), PROJECTION_STREAM);
    for (size_t i = 0; r->coefficient && i < total; i++) {
        double re = 2.0 * nalg_random_unit(&random) - 1.0, im = 2.0 * nalg_random_unit(&random) - 1.0;
        acb_set_d_d(r->coefficient + i, re, im);
    }
    return r->coefficient != NULL;
}

static nalg_status prepare_maps(run *r)
{
    const nalg_certify_problem *problem = r->problem;
    nalg_status status = nalg_ball_map_create(r->ctx, &r->system, &problem->system, problem->parameter, problem->parameter_count, true);
    if (status != NALG_OK) return status;
    r->n = r->width = r->system.unknowns;
    if (r->n == 0 || r->system.values != r->n)
        return nalg_fail(r->ctx, NALG_E_ARGUMENT, "certify", NULL, "the system has %zu equations in %zu unknowns", r->system.values, r->n);
    r->has_fingerprint = problem->fingerprint.graph != NULL;
    if (!r->has_fingerprint) return NALG_OK;
    status = nalg_ball_map_create(r->ctx, &r->fingerprint, &problem->fingerprint, problem->parameter, problem->parameter_count, false);
    if (status != NALG_OK) return status;
    r->width = r->fingerprint.values;
    if (r->width == 0 || r->fingerprint.unknowns > r->n)
        return nalg_fail(r->ctx, NALG_E_ARGUMENT, "certify", NULL, "the fingerprint has no values or more unknowns than the system");
    return NALG_OK;
}

static nalg_status read_options(run *r, long *limit, const nalg_certify_options *options)
{
    nalg_certify_options o = options ? *options : (nalg_certify_options){0};
    r->tolerance = o.tolerance != 0.0 ? o.tolerance : DEFAULT_TOLERANCE;
    r->precision = o.precision ? o.precision : DEFAULT_PRECISION;
    *limit = o.precision_limit ? o.precision_limit : DEFAULT_PRECISION_LIMIT;
    bool precision = r->precision >= LOWEST_PRECISION && r->precision <= *limit && *limit <= HIGHEST_PRECISION;
    if (!(r->tolerance > 0.0) || !isfinite(r->tolerance) || !precision)
        return nalg_fail(r->ctx, NALG_E_ARGUMENT, "certify", NULL, "tolerance must be positive and precision from %d to %d bits",
                         LOWEST_PRECISION, HIGHEST_PRECISION);
    return NALG_OK;
}

nalg_status nalg_certify_solutions(nalg_ctx *ctx, nalg_certificate *out, const nalg_certify_problem *problem, const double complex *z,
                                   size_t count, const nalg_certify_options *options)
{
    run r = {.ctx = ctx, .problem = problem, .z = z};
    double started = nalg_seconds();
    size_t balls = 0, *member = NULL;
    long limit;
    nalg_status status = read_options(&r, &limit, options);
    if (status == NALG_OK) status = prepare_maps(&r);
    if (status != NALG_OK) goto done;
    r.projection = nalg_size_multiply(&balls, count, PROJECTIONS) ? nalg_balls_new(balls) : NULL;
    r.pending = nalg_array(count, sizeof *r.pending);
    r.settled = nalg_array(count, sizeof *r.settled);
    r.result.point = nalg_array_zero(count, sizeof *r.result.point);
    member = nalg_array(count, sizeof *member);
    if (!r.projection || !r.pending || !r.settled || !r.result.point || !member || !draw_coefficients(&r)) {
        status = nalg_fail_memory(ctx);
        goto done;
    }
    for (size_t i = 0; i < count; i++) r.pending[i] = i;
    r.result.count = r.pending_count = count;
    r.result.real_system = r.system.real;
    status = certify_all(&r, limit);
    if (status == NALG_OK) status = count_distinct(&r, member);
    if (status != NALG_OK) goto done;
    r.result.seconds = nalg_seconds() - started;
    *out = r.result;
    r.result.point = NULL;
done:
    nalg_balls_free(r.projection, balls);
    nalg_balls_free(r.coefficient, r.width * PROJECTIONS);
    nalg_ball_map_clear(&r.system);
    nalg_ball_map_clear(&r.fingerprint);
    free(r.pending);
    free(r.settled);
    free(r.result.point);
    free(member);
    return status;
}
