/* The last attempt at a path: corrections in double-double arithmetic, one path at a time, with a fresh
 * Jacobian for each and small steps. The predictor, a Taylor polynomial, is in doubles: what it misses the
 * corrector brings. Slow (some hundred times a lane), for the few paths that pass very close to a
 * singularity. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/complex.h"
#include "track/careful_path.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "track/doubledouble.h"
#include "track/system_internal.h"

#define ORDER 8
#define STRIDE (ORDER + 1)
#define PREDICTION 1e-5 /* error of a prediction aimed at, relative */
#define CONVERGED                                                                                            \
    1e-18          /* relative size of the last correction: leaves room for a condition number of 1e12       \
                    */
#define CLOSE 1e-5 /* how far an end may move when it is corrected */
#define CORRECTIONS 6
/* An end taken for singular is regular when it is this close to a solution (in the middle of a cluster it is
 * not), when Newton's method comes back to the solution after every coordinate was changed by this share of
 * itself (to a multiple solution it comes back by halves), and when changes of the equations by a share of
 * their terms change the coordinates by no more than this multiple of that share. */
#define VERY_CLOSE 1e-9
#define PROBE 1e-12
#define EVERY_DIGIT 1e-6
#define EVERY_CONDITION 1e9
#define WEIGHT_FLOOR 1e-8 /* coordinates smaller than this share of the largest are measured against it */
#define SHARE 0.4         /* largest step as a share of the radius of convergence */
#define SMALLEST_STEP 1e-26
/* An end that is not reached by a step from here may be singular: around it, in so many samples a turn, until
 * the path is back where it was. */
#define CIRCLE_FROM 1e-6
#define CIRCLE_SAMPLES 8
#define WINDING_LIMIT 12
#define CLOSED 1e-15
#define BOUNDED_SPREAD 0.5
#define BOUNDED_FROM 1e-3
#define STEP_LIMIT 20000 /* accepted and rejected */

/* Products of double-doubles are fused multiply-adds: an instruction where the processor has it, else a call
 * of the library. Both round alike. (The thread sanitizer is not up yet when the choice is made.) */
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) &&             \
    !defined(__SANITIZE_THREAD__)
#define FUSED __attribute__((target_clones("fma", "default")))
#else
#define FUSED
#endif
#define INLINED static inline __attribute__((always_inline))

typedef nalg_ddc number;

typedef struct {
    const nalg_system *system;
    size_t n, q;
    number *memory;         /* of the Jacobian's tape */
    double complex *series; /* of the value tape, STRIDE coefficients a register */
    number *matrix, *x;     /* n x n factors, right-hand side */
    size_t *pivot;
    double complex *coefficient; /* STRIDE x n; the first in full is `base` */
    number *base;                /* n: the point the coefficients belong to */
    number *from, *to;           /* q */
    number *point, *start, *sum; /* n; the last two of a circle */
} path;

/* The value of one instruction. */
INLINED void evaluate(const nalg_tape *tape, const nalg_instruction *in, number *memory)
{
    const uint32_t *operand = tape->operand + in->operand;
    const double *constant = tape->constant + in->constant;
    number sum = nalg_ddc_set(CMPLX(in->real, in->imag));
    if (in->inverse) {
        memory[in->target] = nalg_ddc_inverse(memory[operand[0]]);
        return;
    }
    for (uint32_t i = 0; i < in->products + in->negative_products; i++, operand += 2) {
        number term = nalg_ddc_multiply(memory[operand[0]], memory[operand[1]]);
        sum = nalg_ddc_add(sum, i < in->products ? term : nalg_ddc_negate(term));
    }
    for (uint32_t i = 0; i < in->reals; i++, operand++, constant++)
        sum = nalg_ddc_add(sum, nalg_ddc_multiply(nalg_ddc_set(*constant), memory[operand[0]]));
    for (uint32_t i = 0; i < in->complexes; i++, operand++, constant += 2)
        sum = nalg_ddc_add(
            sum, nalg_ddc_multiply(nalg_ddc_set(CMPLX(constant[0], constant[1])), memory[operand[0]]));
    memory[in->target] = sum;
}

/* The product of finite numbers. */
INLINED double complex times(double complex a, double complex b)
{
    return CMPLX(creal(a) * creal(b) - cimag(a) * cimag(b), creal(a) * cimag(b) + cimag(a) * creal(b));
}

/* Taylor coefficient k of one instruction, in doubles. */
INLINED void coefficient(const nalg_tape *tape, const nalg_instruction *in, double complex *memory, size_t k)
{
    const uint32_t *operand = tape->operand + in->operand;
    const double *constant = tape->constant + in->constant;
    double complex *target = memory + in->target * STRIDE, sum = k ? 0 : CMPLX(in->real, in->imag);
    if (in->inverse) {
        const double complex *a = memory + operand[0] * STRIDE;
        sum = 0;
        for (size_t j = 1; j <= k; j++) sum += times(a[j], target[k - j]);
        target[k] = k ? -times(target[0], sum) : 1 / a[0];
        return;
    }
    for (uint32_t i = 0; i < in->products + in->negative_products; i++, operand += 2) {
        const double complex *a = memory + operand[0] * STRIDE, *b = memory + operand[1] * STRIDE;
        double complex term = 0;
        for (size_t j = 0; j <= k; j++) term += times(a[j], b[k - j]);
        sum += i < in->products ? term : -term;
    }
    for (uint32_t i = 0; i < in->reals; i++, operand++, constant++)
        sum += *constant * memory[operand[0] * STRIDE + k];
    for (uint32_t i = 0; i < in->complexes; i++, operand++, constant += 2)
        sum += times(CMPLX(constant[0], constant[1]), memory[operand[0] * STRIDE + k]);
    target[k] = sum;
}

static double size_of(number a)
{
    return cabs(nalg_ddc_get(a));
}

static double largest(const number *z, size_t n)
{
    double size = 1e-300;
    for (size_t i = 0; i < n; i++) size = fmax(size, size_of(z[i]));
    return size;
}

/* LU with row pivoting, in place. */
FUSED static void factor(path *s)
{
    const size_t n = s->n;
    number *a = s->matrix;
    for (size_t k = 0; k < n; k++) {
        size_t best = k;
        for (size_t i = k + 1; i < n; i++)
            if (size_of(a[i * n + k]) > size_of(a[best * n + k])) best = i;
        s->pivot[k] = best;
        for (size_t j = 0; j < n && best != k; j++) {
            number t = a[k * n + j];
            a[k * n + j] = a[best * n + j];
            a[best * n + j] = t;
        }
        a[k * n + k] = nalg_ddc_inverse(a[k * n + k]);
        for (size_t i = k + 1; i < n; i++) {
            number ratio = nalg_ddc_negate(a[i * n + k] = nalg_ddc_multiply(a[i * n + k], a[k * n + k]));
            for (size_t j = k + 1; j < n; j++)
                a[i * n + j] = nalg_ddc_add(a[i * n + j], nalg_ddc_multiply(ratio, a[k * n + j]));
        }
    }
}

/* x := A^-1 x. */
FUSED static void solve(const path *s, number *x)
{
    const size_t n = s->n;
    const number *a = s->matrix;
    for (size_t k = 0; k < n; k++) {
        number t = x[k];
        x[k] = x[s->pivot[k]];
        x[s->pivot[k]] = t;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            x[i] = nalg_ddc_add(x[i], nalg_ddc_negate(nalg_ddc_multiply(a[i * n + j], x[j])));
    for (size_t i = n; i-- > 0;) {
        for (size_t j = i + 1; j < n; j++)
            x[i] = nalg_ddc_add(x[i], nalg_ddc_negate(nalg_ddc_multiply(a[i * n + j], x[j])));
        x[i] = nalg_ddc_multiply(x[i], a[i * n + i]);
    }
}

/* s(t) for t = 1 - u: p(t) = from + s (to - from). */
static number place(const nalg_segment *segment, nalg_dd u)
{
    number turn = nalg_ddc_set(segment->turn ? *segment->turn : 1), left = {u, {0, 0}};
    nalg_dd t = nalg_dd_add((nalg_dd){1, 0}, nalg_dd_negate(u));
    number right = {t, {0, 0}}, below = nalg_ddc_add(right, nalg_ddc_multiply(left, turn));
    return nalg_ddc_multiply(right, nalg_ddc_inverse(below));
}

static void set_parameters(const path *s, number *p, number at)
{
    for (size_t i = 0; i < s->q; i++)
        p[i] = nalg_ddc_add(s->from[i],
                            nalg_ddc_multiply(at, nalg_ddc_add(s->to[i], nalg_ddc_negate(s->from[i]))));
}

/* x := A^-1 x in doubles, with the factors that correct() left. */
static void solve_doubles(const path *s, double complex *x)
{
    const size_t n = s->n;
    const number *a = s->matrix;
    for (size_t k = 0; k < n; k++) {
        double complex t = x[k];
        x[k] = x[s->pivot[k]];
        x[s->pivot[k]] = t;
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) x[i] -= times(nalg_ddc_get(a[i * n + j]), x[j]);
    for (size_t i = n; i-- > 0;) {
        for (size_t j = i + 1; j < n; j++) x[i] -= times(nalg_ddc_get(a[i * n + j]), x[j]);
        x[i] = times(x[i], nalg_ddc_get(a[i * n + i]));
    }
}

/* Newton's corrections at `at`, from and into s->point. Returns the last one's relative size, or infinity;
 * *first the first one's. */
FUSED static double correct(path *s, number at, double *first)
{
    const nalg_tape *tape = &s->system->jacobian;
    const size_t n = s->n;
    double last = INFINITY;
    for (int round = 0; round < CORRECTIONS; round++) {
        memcpy(s->memory, s->point, n * sizeof *s->memory);
        set_parameters(s, s->memory + n, at);
        for (size_t i = 0; i < tape->count; i++) evaluate(tape, &tape->instruction[i], s->memory);
        const number *f = s->memory + n + s->q;
        for (size_t i = 0; i < n; i++)
            memcpy(s->matrix + i * n, f + n + i * s->system->stride, n * sizeof *f);
        memcpy(s->x, f, n * sizeof *f);
        factor(s);
        solve(s, s->x);
        double correction = 0, floor = WEIGHT_FLOOR * largest(s->point, n);
        for (size_t i = 0; i < n; i++) {
            correction = fmax(correction, size_of(s->x[i]) / fmax(size_of(s->point[i]), floor));
            s->point[i] = nalg_ddc_add(s->point[i], nalg_ddc_negate(s->x[i]));
            if (!(size_of(s->x[i]) < INFINITY)) return INFINITY;
        }
        if (round == 0)
            *first = correction;
        else if (correction > 0.25 * last && correction > CONVERGED)
            return INFINITY;
        last = correction;
        if (last <= CONVERGED) break;
    }
    return last;
}

/* Taylor coefficients at s->point with the factors that correct() left, and the step they allow (a change of
 * s). */
FUSED static double expand(path *s, number at)
{
    const nalg_tape *tape = &s->system->value;
    const size_t n = s->n;
    double size[STRIDE] = {0}, floor = WEIGHT_FLOOR * largest(s->point, n), radius = INFINITY;
    for (size_t i = 0; i < n * STRIDE; i++)
        s->series[i] = i % STRIDE ? 0 : nalg_ddc_get(s->point[i / STRIDE]);
    for (size_t i = 0; i < s->q; i++) {
        double complex *p = s->series + (n + i) * STRIDE,
                       slope = nalg_ddc_get(nalg_ddc_add(s->to[i], nalg_ddc_negate(s->from[i])));
        memset(p, 0, STRIDE * sizeof *p);
        p[0] = nalg_ddc_get(s->from[i]) + times(nalg_ddc_get(at), slope);
        p[1] = slope;
    }
    memcpy(s->base, s->point, n * sizeof *s->base);
    for (size_t i = 0; i < n; i++) s->coefficient[i] = nalg_ddc_get(s->point[i]);
    for (size_t k = 1; k < STRIDE; k++) {
        for (size_t i = 0; i < tape->count; i++) {
            coefficient(tape, &tape->instruction[i], s->series, k - 1);
            coefficient(tape, &tape->instruction[i], s->series, k);
        }
        double complex *x = s->coefficient + k * n;
        for (size_t i = 0; i < n; i++) x[i] = -s->series[(n + s->q + i) * STRIDE + k];
        solve_doubles(s, x);
        for (size_t i = 0; i < n; i++)
            s->series[i * STRIDE + k] = x[i],
                                   size[k] = fmax(size[k], cabs(x[i]) / fmax(size_of(s->point[i]), floor));
    }
    double last = fmax(size[ORDER], 1e-300);
    for (size_t k = 1; k < ORDER; k++)
        if (size[k] > 0) radius = fmin(radius, pow(size[k] / last, 1.0 / (double)(ORDER - k)));
    return fmin(SHARE * radius, pow(PREDICTION * radius / last, 1.0 / (ORDER + 1)));
}

static void predict(path *s, number change)
{
    for (size_t i = 0; i < s->n; i++) {
        number z = nalg_ddc_set(s->coefficient[ORDER * s->n + i]);
        for (size_t k = ORDER; k-- > 0;)
            z = nalg_ddc_add(nalg_ddc_multiply(z, change),
                             k ? nalg_ddc_set(s->coefficient[k * s->n + i]) : s->base[i]);
        s->point[i] = z;
    }
}

static nalg_dd stepped(nalg_dd u, double h)
{
    return h >= u.high ? (nalg_dd){0, 0} : nalg_dd_add(u, (nalg_dd){-h, 0});
}

/* Where a path goes from here: along its segment, or around its end in s = 1 - w e^(i angle). */
typedef struct {
    const nalg_segment *segment;
    nalg_dd u;
    number w;
    double angle;
    bool circling;
} road;

static number place_after(const road *along, double h)
{
    if (!along->circling) return place(along->segment, stepped(along->u, h));
    double angle = along->angle + h;
    number turned = nalg_ddc_multiply(along->w, nalg_ddc_set(CMPLX(cos(angle), sin(angle))));
    return nalg_ddc_add(nalg_ddc_set(1), nalg_ddc_negate(turned));
}

/* The largest step, at most h, whose change of s is no longer than the coefficients allow and whose
 * correction converges; 0: none, and the point stays. */
static double advance(path *s, number *at, const road *along, double h, nalg_path_result *r)
{
    double length = expand(s, *at), first = 0;
    while (h >= SMALLEST_STEP) {
        number next = place_after(along, h), change = nalg_ddc_add(next, nalg_ddc_negate(*at));
        if (size_of(change) <= length) {
            predict(s, change);
            double last = correct(s, next, &first);
            if (last <= CONVERGED && first < 1e3 * PREDICTION) {
                *at = next;
                r->steps++;
                return h;
            }
            r->rejected++;
            length /= 4;
            /* the factors now belong elsewhere, the coefficients do not */
        }
        h *= fmin(0.7, fmax(0.5 * length / size_of(change), 1e-3));
    }
    memcpy(s->point, s->base, s->n * sizeof *s->point);
    return 0;
}

/* Means over a circle are the value at its centre where the path stays bounded: coordinates that grow have
 * means far smaller than they are. */
static bool bounded(const path *s, const number *sum, double count)
{
    double size = largest(s->point, s->n);
    for (size_t i = 0; i < s->n; i++) {
        number mean = nalg_ddc_multiply(sum[i], nalg_ddc_set(1 / count));
        double away = size_of(nalg_ddc_add(s->point[i], nalg_ddc_negate(mean)));
        if (away > BOUNDED_SPREAD * size_of(s->point[i]) && size_of(s->point[i]) > BOUNDED_FROM * size)
            return false;
    }
    return true;
}

/* Around the end from the point at `at` until the path closes (Cauchy's integral formula, as in
 * lane_group.c): then the point becomes the mean. False: it does not close, or the path does not stay
 * bounded; the point is then anywhere. */
static bool circle(const nalg_ctx *ctx, path *s, number at, nalg_path_result *r)
{
    const size_t n = s->n;
    road around = {.w = nalg_ddc_add(nalg_ddc_set(1), nalg_ddc_negate(at)), .circling = true};
    memcpy(s->start, s->point, n * sizeof *s->start);
    for (size_t i = 0; i < n; i++) s->sum[i] = nalg_ddc_set(0);
    for (int sample = 1; sample <= CIRCLE_SAMPLES * WINDING_LIMIT; sample++) {
        double end = 2 * M_PI * sample / CIRCLE_SAMPLES;
        while (end - around.angle > 1e-9) {
            double h = nalg_stopping(ctx) ? 0 : advance(s, &at, &around, end - around.angle, r);
            if (h == 0) return false;
            around.angle += h;
        }
        double distance = 0, size = largest(s->point, n);
        for (size_t i = 0; i < n; i++) {
            s->sum[i] = nalg_ddc_add(s->sum[i], s->point[i]);
            distance =
                fmax(distance, size_of(nalg_ddc_add(s->point[i], nalg_ddc_negate(s->start[i]))) / size);
        }
        if (sample % CIRCLE_SAMPLES || distance > CLOSED) continue;
        if (!bounded(s, s->sum, sample)) return false;
        for (size_t i = 0; i < n; i++) s->point[i] = nalg_ddc_multiply(s->sum[i], nalg_ddc_set(1.0 / sample));
        r->winding = sample / CIRCLE_SAMPLES;
        r->accuracy = distance;
        return true;
    }
    return false;
}

static nalg_path_outcome follow(const nalg_ctx *ctx, path *s, const nalg_segment *segment, bool endgame,
                                nalg_path_result *r)
{
    double first = 0;
    road along = {.segment = segment, .u = {1, 0}};
    number at = place(segment, along.u);
    if (!(correct(s, at, &first) <= CONVERGED) || first > 1e-3) return NALG_PATH_LOST;
    for (const uint32_t before = r->steps + r->rejected; along.u.high > 0;) {
        r->t = 1 - along.u.high;
        if (r->steps + r->rejected - before > STEP_LIMIT || nalg_stopping(ctx)) return NALG_PATH_LOST;
        if (endgame && along.u.high < CIRCLE_FROM)
            return circle(ctx, s, at, r) ? NALG_PATH_SINGULAR : NALG_PATH_LOST;
        double h = advance(s, &at, &along, along.u.high, r);
        if (h == 0) return NALG_PATH_LOST;
        along.u = stepped(along.u, h);
    }
    r->t = 1;
    return NALG_PATH_CONVERGED;
}

/* False: out of memory. */
static bool set_up(path *s, const double complex *z, const nalg_system *system, const nalg_segment *segment)
{
    const size_t n = system->unknowns, q = system->parameters, jacobian = system->jacobian.registers;
    const size_t total = jacobian + n * n + 5 * n + 2 * q, doubles = (system->value.registers + n) * STRIDE;
    *s = (path){.system = system,
                .n = n,
                .q = q,
                .memory = nalg_array_zero(total, sizeof(number)),
                .pivot = nalg_array(n, sizeof(size_t)),
                .series = nalg_array_zero(doubles, sizeof(double complex))};
    if (!s->memory || !s->pivot || !s->series) return false;
    s->coefficient = s->series + system->value.registers * STRIDE;
    s->matrix = s->memory + jacobian;
    s->x = s->matrix + n * n;
    s->base = s->x + n;
    s->from = s->base + n;
    s->to = s->from + q;
    s->point = s->to + q;
    s->start = s->point + n;
    s->sum = s->start + n;
    for (size_t i = 0; i < q; i++)
        s->from[i] = nalg_ddc_set(segment->from[i]), s->to[i] = nalg_ddc_set(segment->to[i]);
    for (size_t i = 0; i < n; i++) s->point[i] = nalg_ddc_set(z[i]);
    return true;
}

static void release(path *s)
{
    free(s->memory);
    free(s->series);
    free(s->pivot);
}

nalg_status nalg_careful_path(const nalg_ctx *ctx, double complex *z, nalg_path_result *result,
                              const nalg_system *system, const nalg_segment *segment, bool endgame)
{
    path s;
    bool ok = set_up(&s, z, system, segment);
    if (ok) {
        result->winding = 1;
        result->outcome = follow(ctx, &s, segment, endgame, result);
        result->attempts++;
        result->double_double = result->outcome == NALG_PATH_CONVERGED;
        if (result->double_double) result->accuracy = CONVERGED;
        for (size_t i = 0; i < s.n; i++) z[i] = nalg_ddc_get(s.point[i]);
    }
    release(&s);
    return ok ? NALG_OK : NALG_E_MEMORY;
}

/* Away from the point by a share of every coordinate, in a direction of no meaning. */
static void leave(path *s)
{
    for (size_t i = 0; i < s->n; i++) {
        double angle = 2.399963229728653 * (double)(i + 1); /* the golden angle */
        number step = nalg_ddc_set(1 + PROBE * CMPLX(cos(angle), sin(angle)));
        s->point[i] = nalg_ddc_multiply(s->point[i], step);
    }
}

/* How much the coordinates change, each in units of itself, when the equations change by a share of their
 * terms: independent of the sizes of unknowns and equations. With the Jacobian and the factors that correct()
 * left. */
static double condition_of_coordinates(path *s)
{
    const size_t n = s->n;
    const number *f = s->memory + n + s->q;
    double condition = 0;
    for (size_t i = 0; i < n; i++) {
        double row = 0;
        for (size_t j = 0; j < n; j++)
            row = fmax(row, size_of(f[n + i * s->system->stride + j]) * size_of(s->point[j]));
        s->x[i] = nalg_ddc_set(i % 2 ? -row : row);
    }
    solve(s, s->x);
    for (size_t i = 0; i < n; i++) condition = fmax(condition, size_of(s->x[i]) / size_of(s->point[i]));
    return condition;
}

/* After correct() has converged from an end taken for singular: in a chart whose coordinates differ by many
 * orders a regular solution may look like that in doubles. */
static bool regular_in_coordinates(path *s, double first)
{
    double correction = 0, again;
    if (first > VERY_CLOSE) return false;
    leave(s);
    if (!(correct(s, nalg_ddc_set(1), &again) <= CONVERGED)) return false;
    for (size_t i = 0; i < s->n; i++) correction = fmax(correction, size_of(s->x[i]) / size_of(s->point[i]));
    return correction <= EVERY_DIGIT && condition_of_coordinates(s) <= EVERY_CONDITION;
}

nalg_status nalg_careful_end(double complex *z, nalg_path_result *result, const nalg_system *system,
                             const nalg_segment *segment)
{
    path s;
    bool ok = set_up(&s, z, system, segment);
    if (ok) {
        double first = INFINITY, last = correct(&s, nalg_ddc_set(1), &first);
        bool regular = last <= CONVERGED && first < CLOSE;
        if (result->outcome == NALG_PATH_SINGULAR) regular = regular && regular_in_coordinates(&s, first);
        if (regular) {
            result->outcome = NALG_PATH_CONVERGED;
            result->winding = 1;
            result->double_double = true;
            result->accuracy = last;
        }
        for (size_t i = 0; regular && i < s.n; i++) z[i] = nalg_ddc_get(s.point[i]);
    }
    release(&s);
    return ok ? NALG_OK : NALG_E_MEMORY;
}
