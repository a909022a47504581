/* The predictor-corrector in lanes.
 *
 * A step costs two Jacobians and LU decompositions: one at the predicted point, where Newton's correction and
 * a second one with the same factors (the contraction test) are taken, and one at the corrected point for the
 * Taylor coefficients of the path there: with the factors of the predicted point the low coefficients are off
 * by a few percent where the system is far from linear, and that spoils the prediction whatever its order.
 * (Systems known to be close to linear, such as those of the total-degree homotopy, reuse the factors of the
 * predicted point and refine the tangent once.) The step is chosen a priori from the coefficients: the
 * distance to the nearest singularity by their ratios, the error of the polynomial by the last one.
 *
 * On segments and arcs the polynomial is continued by a geometric series: z_K h^K / (1 - r h) in place of z_K
 * h^K, with one complex ratio r = z_K / z_(K-1) for all components (a Pade approximant [K-1/1] with a common
 * denominator). It is exact for a simple pole, which is what a chart of frozen weights causes, and takes most
 * of a branch point's error away. How well the two coefficients before agree with the same ratio tells the
 * error that is left.
 *
 * The path variable is u = 1 - t. Towards an end that may be singular or infinite a lane changes to s = -log
 * u, in which fractional powers of u are entire functions, and it circles u = 0 to find the winding number
 * and the value (Cauchy's integral formula: Morgan, Sommese, Wampler, Computing singular solutions to
 * nonlinear analytic systems, Numer. Math. 58, 1991). Sources: Telen, Van Barel, Verschelde, A robust
 * numerical path tracking algorithm for polynomial homotopy continuation, SIAM J. Sci. Comput. 42 (2020);
 * Timme, Mixed precision path tracking for polynomial homotopy continuation, Adv. Comput. Math. 47 (2021).
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "track/lane_group.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"

#define D NALG_LANE_DOUBLES
#define L NALG_LANES

/* Components smaller than this share of the largest are measured against it (square). */
#define WEIGHT_FLOOR 1e-4
/* A second correction must be this small in any case: on the way (a third one would be some hundred times
 * smaller still), and at the ends. */
#define CORRECTION_LIMIT 1e-3
#define END_LIMIT 1e-6
/* A first correction larger than this is no correction. */
#define FIRST_LIMIT 0.3
/* Near the end of a path several solutions may come together: predictions are better there. */
#define ENDGAME_PREDICTION 2e-4
/* An end is polished until its last correction is this small, at most so many times. */
#define POLISHED 1e-13
#define POLISH_ROUNDS 4
#define PROBE 1e-6
/* Steps shorter than this share of u (or of 1 in s) cannot be told from rounding. */
#define SMALLEST_STEP 1e-13
/* The change to s = -log u: close to the end, and steps limited by something there. */
#define LOGARITHM_FROM 0.1
#define LOGARITHM_SHARE 0.6
/* Where the growth of a solution is judged, and where a Cauchy loop starts. */
#define DIVERGENCE_FROM 1e-9
#define CIRCLE_FROM 1e-8
#define CIRCLE_AT_LAST 1e-40
#define CIRCLE_REGULAR 1e-14
#define FRACTIONAL 0.75 /* powers of u below this at an end are taken for fractional: 1/2, 2/3 */
#define POWER_CLEAR 1e-12
#define POWER_STRICT 0.02
#define POWER_LOOSE 0.15
/* Near an end at infinity components of very different sizes make the Jacobian ill-conditioned. A path whose
 * steps collapse here, while it grows like a power, has shown where it goes. */
#define COLLAPSE_FROM 1e-5
#define COLLAPSE_STEP 0.3
#define COLLAPSE_LAST 1e-6
#define VALUATION_LEAST 0.04
#define CIRCLE_SAMPLES 8
#define WINDING_LIMIT 24

typedef enum { IDLE, START, LINEAR, LOGARITHMIC, JUMP, CIRCLE, POLISH } phase;

typedef struct {
    phase phase, before_jump;
    size_t path;
    double complex u;     /* 1 - t */
    double complex turn;  /* of the segment */
    double step, limit;   /* next step, and the a priori limit for it */
    double complex ratio; /* of the last Taylor coefficients when they are taken for the start of a geometric
                             series, else 0 */
    double omega;         /* |second correction| / |first|^2 */
    double jump_level;    /* size of the first Taylor coefficient below which the end is tried */
    double accuracy;
    uint32_t steps, rejected, step_limit;
    int diverging;       /* steps in a row that look like a power of u */
    bool moved;          /* accepted in this round: needs new Taylor coefficients */
    int sample, winding; /* Cauchy loop: samples taken */
    int polished;        /* rounds at the end */
    bool probed;         /* the end was left on purpose */
    double remaining;    /* angle to the next sample */
    double complex u_before_jump;
} lane;

struct nalg_lane_group {
    nalg_track_queue *queue;
    const nalg_lane_kernels *kernels;
    const nalg_system *system;
    size_t n, q, order;
    double *newton, *value, *series;   /* memories of the tapes */
    double *coefficient, *fresh;       /* (order + 1) x n */
    double *first, *second, *point;    /* corrections, corrected point: n */
    double *weight;                    /* n x L */
    double *end, *linear;              /* p = end + (1 - s) linear: q */
    double *circle_start, *circle_sum; /* n */
    nalg_lane_matrix matrix;
    lane lane[L];
    size_t busy;
    bool parameters_linear; /* coefficients above 1 of the parameters in `series` are zero */
};

static void store(double *x, size_t l, double complex value)
{
    x[l] = creal(value);
    x[L + l] = cimag(value);
}

static double complex fetch(const double *x, size_t l)
{
    return CMPLX(x[l], x[L + l]);
}

static void copy_lane(double *to, const double *from, size_t n, size_t l)
{
    for (size_t i = 0; i < n; i++) to[i * D + l] = from[i * D + l], to[i * D + L + l] = from[i * D + L + l];
}

void nalg_lane_group_free(nalg_lane_group *g)
{
    if (!g) return;
    free(g->newton);
    free(g->value);
    free(g->series);
    free(g->coefficient);
    free(g->end);
    free(g->matrix.scale);
    free(g->matrix.pivot);
    free(g->matrix.exchanged);
    free(g);
}

/* Zeroed, so that idle lanes compute with plain numbers. */
static double *lanes(size_t registers)
{
    double *x = nalg_array_aligned(registers * D + D, sizeof *x);
    if (x) memset(x, 0, (registers * D + D) * sizeof *x);
    return x;
}

nalg_lane_group *nalg_lane_group_create(nalg_track_queue *queue)
{
    const nalg_system *s = queue->job->system;
    nalg_lane_group *g = nalg_array_zero(1, sizeof *g);
    if (!g) return NULL;
    const size_t n = s->unknowns, q = s->parameters, order = (size_t)queue->settings.order;
    g->queue = queue;
    g->parameters_linear = true;
    g->kernels = queue->kernels;
    g->system = s;
    g->n = n;
    g->q = q;
    g->order = order;
    g->newton = lanes(s->jacobian.registers);
    g->value = lanes(s->value.registers);
    g->series = lanes(s->value.registers * (order + 1));
    g->coefficient = lanes((2 * (order + 1) + 6) * n);
    g->end = lanes(2 * q);
    g->matrix.scale = nalg_array_zero((2 * n + 1) * L, sizeof(double));
    g->matrix.pivot = nalg_array_zero(n * L, sizeof(uint32_t));
    g->matrix.exchanged = nalg_array_zero(n, 1);
    if (!g->newton || !g->value || !g->series || !g->coefficient || !g->end || !g->matrix.scale ||
        !g->matrix.pivot || !g->matrix.exchanged) {
        nalg_lane_group_free(g);
        return NULL;
    }
    g->fresh = g->coefficient + (order + 1) * n * D;
    g->first = g->fresh + (order + 1) * n * D;
    g->second = g->first + n * D;
    g->point = g->second + n * D;
    g->circle_start = g->point + n * D;
    g->circle_sum = g->circle_start + n * D;
    g->linear = g->end + q * D;
    g->weight = g->matrix.scale + n * L;
    g->matrix.smallest = g->weight + n * L;
    g->matrix.n = n;
    g->matrix.stride = s->stride;
    g->matrix.entry = g->newton + (n + q + s->equations) * D;
    return g;
}

/* The next path of the queue, which may grow later. False: there is none now. */
static bool take(nalg_track_queue *queue, size_t *path)
{
    size_t at = atomic_load(&queue->next);
    do
        if (at >= atomic_load(&queue->count)) return false;
    while (!atomic_compare_exchange_weak(&queue->next, &at, at + 1));
    *path = queue->list[at];
    return true;
}

/* Give lane l the next path of the queue, or leave it idle. */
static void refill(nalg_lane_group *g, size_t l)
{
    size_t path;
    lane *v = &g->lane[l];
    memset(v, 0, sizeof *v);
    if (!take(g->queue, &path)) return;
    const nalg_track_job *job = g->queue->job;
    const nalg_segment *segment = &job->segment[job->which ? job->which[path] : 0];
    g->busy++;
    *v = (lane){.phase = START, .path = path, .u = 1, .jump_level = 1e-3};
    v->step_limit = job->step_limit ? job->step_limit[path] : g->queue->settings.step_limit;
    v->turn = segment->turn ? *segment->turn : 1;
    for (size_t i = 0; i < g->q; i++) {
        store(g->end + i * D, l, segment->to[i]);
        store(g->linear + i * D, l, segment->from[i] - segment->to[i]);
    }
    for (size_t i = 0; i < g->n; i++) store(g->coefficient + i * D, l, job->z_start[path * g->n + i]);
    for (size_t i = g->n; i < (g->order + 1) * g->n; i++) store(g->coefficient + i * D, l, 0);
}

/* The path of lane l is over. */
static void settle(nalg_lane_group *g, size_t l, nalg_path_outcome outcome, const double *z)
{
    lane *v = &g->lane[l];
    nalg_path_result *r = &g->queue->result[v->path];
    r->outcome = outcome;
    r->steps += v->steps;
    r->rejected += v->rejected;
    r->attempts++;
    r->winding = v->winding > 0 ? v->winding : 1;
    r->t = 1 - creal(v->u);
    r->accuracy = v->accuracy;
    for (size_t i = 0; i < g->n; i++) g->queue->z_end[v->path * g->n + i] = fetch(z + i * D, l);
    if (g->queue->over) atomic_store(&g->queue->over[v->path], true);
    v->phase = IDLE;
    g->busy--;
    refill(g, l);
}

/* u after a step of length h. */
static double complex advanced(const lane *v, double h)
{
    switch (v->phase) {
    case LINEAR:
        return h >= creal(v->u) ? 0 : v->u - h;
    case LOGARITHMIC:
        return v->u * exp(-h);
    case CIRCLE:
        return v->u * CMPLX(cos(h), sin(h));
    case JUMP:
        return 0;
    default:
        return v->u;
    }
}

static double complex multiply(double complex a, double complex b)
{
    return CMPLX(creal(a) * creal(b) - cimag(a) * cimag(b), creal(a) * cimag(b) + cimag(a) * creal(b));
}

/* 1 - s for t = 1 - u (see nalg_segment). */
static double complex turned(double complex u, double complex turn)
{
    return turn == 1 ? u : multiply(turn, u) / (1 + multiply(turn - 1, u));
}

/* Parameters at u(l) into `memory` (lanes, after the n unknowns). */
static void set_parameters(const nalg_lane_group *g, double *restrict memory, const double *restrict ur,
                           const double *restrict ui)
{
    double *restrict p = memory + g->n * D;
    for (size_t i = 0; i < g->q * D; i += D)
        for (size_t l = 0; l < L; l++) {
            const double re = g->linear[i + l], im = g->linear[i + L + l];
            p[i + l] = g->end[i + l] + (ur[l] * re - ui[l] * im);
            p[i + L + l] = g->end[i + L + l] + (ur[l] * im + ui[l] * re);
        }
}

/* Change of 1 - s when a lane steps by h. Lanes on a segment or arc expand in 1 - s itself: then the
 * parameters are linear. */
static double complex change(const lane *v, double h)
{
    if (v->phase != LINEAR) return h;
    double complex u = advanced(v, h);
    if (v->turn == 1) return u - v->u;
    double complex slope = v->turn - 1, product = multiply(1 + multiply(slope, v->u), 1 + multiply(slope, u));
    return multiply(v->turn, u - v->u) / product;
}

/* The step h whose change has the given length. */
static double step_of_length(const lane *v, double length)
{
    if (v->phase != LINEAR || v->turn == 1) return length;
    double here = cabs(1 + multiply(v->turn - 1, v->u)), h = length * here * here / cabs(v->turn);
    for (int i = 0; i < 3; i++) {
        h = fmin(h, creal(v->u));
        double there = cabs(1 + multiply(v->turn - 1, v->u - h));
        h = length * here * there / cabs(v->turn);
    }
    return h;
}

/* Taylor coefficients of 1 - s in the lane's own step variable. */
static void series_of_s(const lane *v, double complex *w, size_t order)
{
    double complex u[NALG_SERIES_LIMIT + 1] = {v->u}, rate = v->phase == CIRCLE ? CMPLX(0, 1) : -1;
    if (v->phase == LINEAR) {
        for (size_t k = 0; k <= order; k++) w[k] = 0;
        w[0] = turned(v->u, v->turn);
        w[1] = 1;
        return;
    }
    for (size_t k = 1; k <= order; k++) u[k] = multiply(u[k - 1], rate) / (double)k;
    if (v->turn == 1) {
        memcpy(w, u, (order + 1) * sizeof *w);
        return;
    }
    /* w (1 + (turn - 1) u) = turn u */
    double complex denominator = 1 / (1 + multiply(v->turn - 1, u[0]));
    for (size_t k = 0; k <= order; k++) {
        double complex sum = multiply(v->turn, u[k]);
        for (size_t j = 1; j <= k; j++) sum -= multiply(multiply(v->turn - 1, u[j]), w[k - j]);
        w[k] = multiply(sum, denominator);
    }
}

/* Taylor coefficients of the parameters into the series memory. */
static void set_parameter_series(nalg_lane_group *g, bool linear)
{
    const size_t stride = g->order + 1, orders = linear && g->parameters_linear ? 2 : stride;
    g->parameters_linear = linear;
    double re[NALG_SERIES_LIMIT + 1][L], im[NALG_SERIES_LIMIT + 1][L];
    for (size_t l = 0; l < L; l++) {
        double complex w[NALG_SERIES_LIMIT + 1];
        series_of_s(&g->lane[l], w, g->order);
        for (size_t k = 0; k < orders; k++) re[k][l] = creal(w[k]), im[k][l] = cimag(w[k]);
    }
    for (size_t i = 0; i < g->q; i++) {
        const double *restrict a = g->linear + i * D, *restrict e = g->end + i * D;
        for (size_t k = 0; k < orders; k++) {
            double *restrict x = g->series + ((g->n + i) * stride + k) * D;
            for (size_t l = 0; l < L; l++) {
                x[l] = re[k][l] * a[l] - im[k][l] * a[L + l] + (k ? 0 : e[l]);
                x[L + l] = re[k][l] * a[L + l] + im[k][l] * a[l] + (k ? 0 : e[L + l]);
            }
        }
    }
}

static void put_coefficient(nalg_lane_group *g, size_t k, const double *x)
{
    size_t stride = g->order + 1;
    for (size_t i = 0; i < g->n; i++) memcpy(g->series + (i * stride + k) * D, x + i * D, D * sizeof(double));
}

/* x := -A^-1 (Taylor coefficient k of F). */
static void solve_coefficient(nalg_lane_group *g, size_t k, double *x, bool linear)
{
    size_t stride = g->order + 1;
    g->kernels->series(&g->system->value, g->series, stride, k, linear);
    const double *f = g->series + ((g->n + g->q) * stride + k) * D;
    for (size_t i = 0; i < g->n; i++)
        for (size_t l = 0; l < D; l++) x[i * D + l] = -f[i * stride * D + l];
    g->kernels->solve(&g->matrix, x);
}

/* Jacobians at the corrected points, factored. */
static void factor_at_point(nalg_lane_group *g)
{
    double ur[L], ui[L];
    for (size_t l = 0; l < L; l++) {
        double complex u = turned(g->lane[l].u, g->lane[l].turn);
        ur[l] = creal(u), ui[l] = cimag(u);
    }
    memcpy(g->newton, g->point, g->n * D * sizeof(double));
    set_parameters(g, g->newton, ur, ui);
    g->kernels->run(&g->system->jacobian, g->newton);
    g->kernels->factor(&g->matrix);
}

/* Taylor coefficients of the paths in all lanes (only those of lanes that moved are of use). */
static void expand(nalg_lane_group *g)
{
    const size_t n = g->n;
    static const double zero[D];
    bool linear = true;
    for (size_t l = 0; l < L; l++)
        linear = linear && g->lane[l].phase != LOGARITHMIC && g->lane[l].phase != CIRCLE;
    const bool reuse = g->queue->settings.reuse_factors;
    if (!reuse) factor_at_point(g);
    set_parameter_series(g, linear);
    put_coefficient(g, 0, g->point);
    memcpy(g->fresh, g->point, n * D * sizeof(double));
    for (size_t k = 1; k <= g->order; k++) {
        double *x = g->fresh + k * n * D;
        for (size_t i = 0; i < n; i++) memcpy(g->series + (i * (g->order + 1) + k) * D, zero, sizeof zero);
        solve_coefficient(g, k, x, linear);
        put_coefficient(g, k, x);
        if (!reuse || k > 1) continue;
        solve_coefficient(g, k, g->second, linear); /* the tangent refined once */
        for (size_t i = 0; i < n * D; i++) x[i] += g->second[i];
        put_coefficient(g, k, x);
    }
}

static double largest_prediction(const lane *v, const nalg_track_settings *s)
{
    return v->phase == LINEAR ? s->prediction : fmin(s->prediction, ENDGAME_PREDICTION);
}

/* Error of a prediction that lane v aims at. */
static double aim_of(const lane *v, const nalg_track_settings *s)
{
    return fmax(fmin(largest_prediction(v, s), 0.4 * s->contraction / fmax(v->omega, 1e-30)), 1e-9);
}

/* A priori step from the sizes c_k of the Taylor coefficients. */
static double choose_step(const lane *v, const double *c, size_t order, const nalg_track_settings *s)
{
    double radius = INFINITY, last = fmax(c[order], 1e-300);
    for (size_t k = order >= 4 ? order - 3 : 1; k < order; k++)
        if (c[k] > 0) radius = fmin(radius, pow(c[k] / last, 1.0 / (double)(order - k)));
    double tail = fmax(last, c[order - 1] / radius);
    double h = pow(aim_of(v, s) * radius / tail, 1.0 / (double)(order + 1));
    return fmin(h, s->share * radius);
}

/* Size of 1 / (1 - r h) for the step h of the given length. */
static double magnified(const lane *v, double length)
{
    return 1 / fmax(cabs(1 - multiply(v->ratio, change(v, step_of_length(v, length)))), 1e-3);
}

/* The same for a Pade approximant: `rest` is what its ratio leaves of the last Taylor coefficient, `earlier`
 * of the one before. Leaves v->ratio 0 when the polynomial is as good. */
static double choose_geometric_step(lane *v, const double *c, double rest, double earlier, size_t order,
                                    const nalg_track_settings *s)
{
    double plain = choose_step(v, c, order, s), rate = cabs(v->ratio);
    double next = fmax(fmax(rest * rate, earlier * rate * rate), 1e-300), longest = s->share_geometric / rate;
    double reach = pow(aim_of(v, s) / next, 1.0 / (double)(order + 1)), length = fmin(reach, longest);
    for (int i = 0; i < 3; i++)
        length = fmin(longest, reach * pow(magnified(v, length), -1.0 / (double)(order + 1)));
    if (length > plain) return length;
    v->ratio = 0;
    return plain;
}

typedef enum { BOUNDED, GROWING, POWER } growth;

/* Does a component grow, and like a power u^-a, a > 0? In s = -log u: z_k = z_0 a^k / k!. Subdominant powers
 * fade slowly, so the tolerance is milder where u is smaller. */
static growth growth_of(const nalg_lane_group *g, size_t l, double tolerance)
{
    const size_t n = g->n;
    double best = 0;
    size_t component = 0;
    for (size_t i = 0; i < n; i++) {
        double complex z0 = fetch(g->coefficient + i * D, l), z1 = fetch(g->coefficient + (n + i) * D, l);
        double a = creal(z1 / z0);
        if (a > best) best = a, component = i;
    }
    if (best < VALUATION_LEAST) return BOUNDED;
    double complex z0 = fetch(g->coefficient + component * D, l),
                   z1 = fetch(g->coefficient + (n + component) * D, l);
    double complex z2 = fetch(g->coefficient + (2 * n + component) * D, l);
    bool power = cabs(2 * z2 * z0 / (z1 * z1) - 1) < tolerance && fabs(cimag(z1 / z0)) < tolerance * best;
    return power ? POWER : GROWING;
}

/* After an accepted step, with new Taylor coefficients: what lane l does next. */
static void plan(nalg_lane_group *g, size_t l, const double *c, double rest, double earlier)
{
    lane *v = &g->lane[l];
    const nalg_track_settings *s = &g->queue->settings;
    const bool endgame = g->queue->job->options.endgame;
    const double size = cabs(v->u);
    if (v->phase != LINEAR || (endgame && size < LOGARITHM_FROM))
        v->ratio = 0; /* an end that may be singular is approached with care */
    double length = v->ratio != 0 ? choose_geometric_step(v, c, rest, earlier, g->order, s)
                                  : choose_step(v, c, g->order, s);
    double h = step_of_length(v, length);
    if (endgame && v->ratio != 0) h = fmin(h, LOGARITHM_SHARE * size);
    if (v->phase == LINEAR) {
        if (endgame && size < LOGARITHM_FROM && h < LOGARITHM_SHARE * size)
            v->phase = LOGARITHMIC, h = fmin(h / size, 1);
        else
            h = h >= 0.999 * size ? size : h;
    } else if (v->phase == LOGARITHMIC) {
        growth grows = growth_of(g, l, size < POWER_CLEAR ? POWER_LOOSE : POWER_STRICT);
        v->diverging = size < DIVERGENCE_FROM && grows == POWER ? v->diverging + 1 : 0;
        /* z(s) = end + a u^b: b = 2 c_2 / c_1. Regular ends (b = 1) are left to the jump. */
        bool fractional = 2 * c[2] <= FRACTIONAL * c[1];
        double circle_from = grows != BOUNDED ? CIRCLE_AT_LAST : fractional ? CIRCLE_FROM : CIRCLE_REGULAR;
        if (c[1] < v->jump_level && !fractional) {
            v->before_jump = v->phase;
            v->u_before_jump = v->u;
            v->jump_level = c[1] / 30;
            v->phase = JUMP;
        } else if (size < circle_from) {
            v->phase = CIRCLE;
            copy_lane(g->circle_start, g->point, g->n, l);
            for (size_t i = 0; i < g->n; i++) store(g->circle_sum + i * D, l, 0);
            v->sample = 0;
            v->remaining = 2 * M_PI / CIRCLE_SAMPLES;
        }
    }
    if (v->phase == CIRCLE) h = fmin(h, v->remaining);
    v->step = h;
    v->limit = h;
}

/* A sample of the Cauchy loop. True if the path is settled. */
static bool circle_sample(nalg_lane_group *g, size_t l)
{
    lane *v = &g->lane[l];
    double distance = 0, spread = 0, size = 0;
    for (size_t i = 0; i < g->n; i++) {
        double complex z = fetch(g->point + i * D, l), sum = fetch(g->circle_sum + i * D, l) + z;
        store(g->circle_sum + i * D, l, sum);
        distance = fmax(distance, cabs(z - fetch(g->circle_start + i * D, l)));
        spread = fmax(spread, cabs(z - sum / (v->sample + 1)));
        size = fmax(size, cabs(z));
    }
    v->sample++;
    v->remaining = 2 * M_PI / CIRCLE_SAMPLES;
    if (v->sample % CIRCLE_SAMPLES) return false;
    if (distance < 1e-3 * spread || distance < 1e-9 * size) {
        v->winding = v->sample / CIRCLE_SAMPLES;
        for (size_t i = 0; i < g->n; i++)
            store(g->point + i * D, l, fetch(g->circle_sum + i * D, l) / v->sample);
        v->u = 0;
        v->accuracy = distance / size;
        settle(g, l, NALG_PATH_SINGULAR, g->point);
        return true;
    }
    if (v->sample >= CIRCLE_SAMPLES * WINDING_LIMIT) {
        settle(g, l, NALG_PATH_LOST, g->point);
        return true;
    }
    return false;
}

/* The corrected point of lane l is accepted. */
static void accept(nalg_lane_group *g, size_t l, double first, double second)
{
    lane *v = &g->lane[l];
    double h = v->step;
    v->u = advanced(v, h);
    v->steps++;
    v->accuracy = second;
    v->moved = true;
    if (first > 1e-11 && second > 1e-14) v->omega = fmax(second / (first * first), v->omega / 4);
    if (v->phase == START)
        v->phase = LINEAR;
    else if (v->phase == JUMP || (v->phase == LINEAR && creal(v->u) <= 0))
        v->phase = POLISH;
    else if (v->phase == CIRCLE) {
        v->remaining -= h;
        if (v->remaining < 1e-9) v->moved = !circle_sample(g, l);
    }
}

static void reject(nalg_lane_group *g, size_t l, bool finite)
{
    lane *v = &g->lane[l];
    v->rejected++;
    v->moved = false;
    if (v->phase == JUMP) { /* back to where the jump started, one more step towards the end */
        v->phase = v->before_jump;
        v->u = v->u_before_jump;
        return;
    }
    if (v->phase == START) {
        settle(g, l, NALG_PATH_LOST, g->coefficient);
        return;
    }
    v->step *= finite ? 0.5 : 0.25;
    if (v->phase == LOGARITHMIC && cabs(v->u) < COLLAPSE_FROM && v->step < COLLAPSE_STEP &&
        growth_of(g, l, POWER_LOOSE) == POWER) {
        settle(g, l, NALG_PATH_DIVERGED, g->coefficient);
        return;
    }
    double least = v->phase == LINEAR ? SMALLEST_STEP * creal(v->u) : COLLAPSE_LAST;
    if (v->step < least) settle(g, l, NALG_PATH_LOST, g->coefficient);
}

/* Condition of the factored matrices: how much a right-hand side of size 1 (after row scaling) is magnified.
 */
static void estimate_condition(nalg_lane_group *g)
{
    for (size_t i = 0; i < g->n; i++)
        for (size_t l = 0; l < L; l++) {
            double sign = (i * 2654435761u >> 7) & 1 ? 1 : -1;
            g->first[i * D + l] = sign / g->matrix.scale[i * L + l];
            g->first[i * D + L + l] = 0;
        }
    g->kernels->solve(&g->matrix, g->first);
    for (size_t l = 0; l < L; l++) {
        if (g->lane[l].phase != POLISH) continue;
        double largest = 0;
        for (size_t i = 0; i < g->n; i++) largest = fmax(largest, cabs(fetch(g->first + i * D, l)));
        g->queue->result[g->lane[l].path].condition = largest * sqrt((double)g->n);
    }
}

/* Predicted points into the Newton tape's memory, corrections into first, second; corrected points into
 * point. */
static void predict_and_correct(nalg_lane_group *g)
{
    const nalg_lane_kernels *k = g->kernels;
    const size_t n = g->n, q = g->q;
    double h[D], ur[L], ui[L], top[D];
    for (size_t l = 0; l < L; l++) {
        lane *v = &g->lane[l];
        bool moves = v->phase == LINEAR || v->phase == LOGARITHMIC || v->phase == CIRCLE;
        double step = moves ? v->step : 0;
        double complex u = turned(advanced(v, step), v->turn);
        double complex moved = change(v, step);
        store(h, l, moved);
        store(top, l, v->phase == LINEAR && v->ratio != 0 ? 1 / (1 - multiply(v->ratio, moved)) : 1);
        ur[l] = creal(u), ui[l] = cimag(u);
    }
    k->horner(g->newton, g->coefficient, n, g->order, h, top);
    set_parameters(g, g->newton, ur, ui);
    k->run(&g->system->jacobian, g->newton);
    k->weights(g->weight, g->newton, n, WEIGHT_FLOOR);
    memcpy(g->first, g->newton + (n + q) * D, n * D * sizeof(double));
    k->factor(&g->matrix);
    k->solve(&g->matrix, g->first);
    k->subtract(g->value, g->newton, g->first, n);
    memcpy(g->value + n * D, g->newton + n * D, q * D * sizeof(double));
    k->run(&g->system->value, g->value);
    memcpy(g->second, g->value + (n + q) * D, n * D * sizeof(double));
    k->solve(&g->matrix, g->second);
    k->subtract(g->point, g->value, g->second, n);
}

static bool converged(const lane *v, const nalg_track_settings *s, double first, double second)
{
    if (!(first < INFINITY) || !(second < INFINITY)) return false;
    if (v->phase == START || v->phase == POLISH) return second <= END_LIMIT && first <= 1e-2;
    if (v->phase == JUMP)
        return first <= 1e-2 && second <= fmax(s->contraction * first, 1e-12) && second <= END_LIMIT;
    if (first > fmin(100 * largest_prediction(v, s), FIRST_LIMIT)) return false;
    return second <= s->floor || (second <= s->contraction * first &&
                                  second <= (v->phase == LINEAR ? CORRECTION_LIMIT : END_LIMIT));
}

/* Away from z by PROBE times its size, in a direction of no meaning. */
static void probe(nalg_lane_group *g, size_t l)
{
    double size = 0;
    for (size_t i = 0; i < g->n; i++) size = fmax(size, cabs(fetch(g->point + i * D, l)));
    for (size_t i = 0; i < g->n; i++) {
        double angle = 2.399963229728653 * (double)(i + 1); /* the golden angle */
        store(g->coefficient + i * D, l,
              fetch(g->point + i * D, l) + PROBE * size * CMPLX(cos(angle), sin(angle)));
    }
}

/* Two corrections a, b were made at the end of a path. Rounds go on while they shrink fast. An end that may
 * be singular is left once on purpose: Newton's method comes back at once to a regular solution, and halves
 * the distance to a singular one, however smooth the way there was. */
static void polish(nalg_lane_group *g, size_t l, double a, double b, bool good)
{
    lane *v = &g->lane[l];
    const bool fast = b <= g->queue->settings.contraction * a;
    v->accuracy = v->probed && v->polished == 0 && !fast ? 1 : b;
    if (good && g->queue->job->options.endgame && !v->probed) {
        v->probed = true;
        probe(g, l);
    } else if (good && fast && b > POLISHED && ++v->polished < POLISH_ROUNDS)
        copy_lane(g->coefficient, g->point, g->n, l);
    else
        settle(g, l, good ? NALG_PATH_CONVERGED : NALG_PATH_LOST, g->point);
}

/* Sort the lanes after a correction. */
static void judge(nalg_lane_group *g)
{
    double first[L], second[L];
    g->kernels->norm(first, g->first, g->weight, g->n);
    g->kernels->norm(second, g->second, g->weight, g->n);
    bool polishing = false;
    for (size_t l = 0; l < L; l++) polishing = polishing || g->lane[l].phase == POLISH;
    if (polishing) estimate_condition(g);
    for (size_t l = 0; l < L; l++) {
        lane *v = &g->lane[l];
        v->moved = false;
        if (v->phase == IDLE) continue;
        double a = sqrt(first[l]), b = sqrt(second[l]);
        bool good = converged(v, &g->queue->settings, a, b);
        if (v->phase == POLISH) {
            polish(g, l, a, b, good);
        } else if (v->steps + v->rejected > v->step_limit)
            settle(g, l, NALG_PATH_LOST, g->coefficient);
        else if (good)
            accept(g, l, a, b);
        else
            reject(g, l, a < INFINITY && b < INFINITY);
    }
}

/* New Taylor coefficients where a lane moved, and plans for the next step. */
static void expand_moved(nalg_lane_group *g)
{
    const size_t n = g->n;
    bool any = false;
    for (size_t l = 0; l < L; l++) {
        lane *v = &g->lane[l];
        if (v->moved && v->phase == POLISH) { /* the end: only the point counts */
            for (size_t i = 0; i < (g->order + 1) * n; i++) store(g->coefficient + i * D, l, 0);
            copy_lane(g->coefficient, g->point, n, l);
            v->moved = false;
        }
        any = any || v->moved;
    }
    if (!any) return;
    expand(g);
    double c[NALG_SERIES_LIMIT + 1][L];
    g->kernels->weights(g->weight, g->point, n, WEIGHT_FLOOR);
    for (size_t k = 1; k <= g->order; k++) g->kernels->norm(c[k], g->fresh + k * n * D, g->weight, n);
    double ratio[D], rest[L], earlier[L];
    const double *last = g->fresh + g->order * n * D;
    g->kernels->ratio(ratio, last, last - n * D, g->weight, n);
    g->kernels->distance(rest, last, last - n * D, ratio, g->weight, n);
    g->kernels->distance(earlier, last - n * D, last - 2 * n * D, ratio, g->weight, n);
    bool all = true;
    for (size_t l = 0; l < L; l++) all = all && g->lane[l].moved;
    if (all) memcpy(g->coefficient, g->fresh, (g->order + 1) * n * D * sizeof(double));
    for (size_t l = 0; l < L; l++) {
        lane *v = &g->lane[l];
        if (!v->moved) continue;
        if (!all) copy_lane(g->coefficient, g->fresh, (g->order + 1) * n, l);
        double sizes[NALG_SERIES_LIMIT + 1];
        for (size_t k = 1; k <= g->order; k++) sizes[k] = sqrt(c[k][l]);
        phase before = v->phase;
        v->ratio = fetch(ratio, l);
        plan(g, l, sizes, sqrt(rest[l]), sqrt(earlier[l]));
        if (v->phase == CIRCLE &&
            before == LOGARITHMIC) { /* the step variable changed: s to angle, factor -i */
            double complex factor = 1;
            for (size_t k = 0; k <= g->order; k++, factor *= CMPLX(0, -1))
                for (size_t i = 0; i < n; i++) {
                    double *x = g->coefficient + (k * n + i) * D;
                    store(x, l, fetch(x, l) * factor);
                }
        } else if (v->phase == LOGARITHMIC &&
                   before == LINEAR) { /* coefficients in u are of no use: stay for one null step */
            for (size_t i = n; i < (g->order + 1) * n; i++) store(g->coefficient + i * D, l, 0);
            v->step = 0;
        } else if (v->phase == JUMP) {
            v->step = choose_step(v, sizes, g->order, &g->queue->settings);
        }
        if (v->diverging >= 2) settle(g, l, NALG_PATH_DIVERGED, g->point);
    }
}

bool nalg_lane_group_step(nalg_lane_group *g)
{
    for (size_t l = 0; l < L && g->busy < L; l++)
        if (g->lane[l].phase == IDLE) refill(g, l);
    if (!g->busy) return false;
    predict_and_correct(g);
    judge(g);
    expand_moved(g);
    return true;
}
