/* Krawczyk's test in complex boxes.
 *
 * Box X = {z' : |Re(z'_i - z_i)| <= r_i, |Im(z'_i - z_i)| <= r_i}, all r_i > 0; Y any matrix; J an enclosure of F' over X, entry by entry.
 * With D = I - Y J, d_i >= max(|Re|, |Im|) of (Y F(z))_i and s_i = sum_j (|Re D_ij| + |Im D_ij|) r_j (all bounds rounded up):
 *
 *   if d_i + s_i < r_i for all i, then X contains exactly one zero of F, it is regular, and |Re, Im of (zero - z)_i| <= d_i + s_i.
 *
 * Proof. X is convex, so F(a) - F(b) = S (a - b) for a, b in X with S the mean of F' over the segment from b to a, and S lies in J, whose
 * entries are convex sets. Write complex n-vectors as real 2n-vectors (Re, Im). The matrix of I - Y S has the blocks [A, -B; B, A]
 * with A + iB in D, so its absolute value maps the positive vector (r, r) to at most (s, s) < (r, r): its spectral radius is below 1
 * for every S in J. So Y S is regular, hence so are Y and S. The map G(a) = a - Y F(a) sends X into the ball z - Y F(z) + (I - Y S)(a - z), whose
 * distance from z is at most d + s < r: G maps X into itself, and by Brouwer it has a fixed point, where Y F = 0, so F = 0. Were there two
 * zeros a, b then S (a - b) = 0 and a = b. []
 * As zeros in X satisfy zero = G(zero), the bound r may be replaced by d + s as often as wanted, and the zero lies in
 * z - Y F(z) +- s, a much smaller box: s is quadratically small in d.
 * The zero of a real system: its conjugate is a zero, too. If that lies in X it is the same, so the zero is real.
 * Source: Krawczyk 1969; Rump, Acta Numerica 19 (2010), section 13 (inflation); Breiding, Rose, Timme 2023 (reality).
 * The centre may be any point; when doubles do not hold a zero well enough for a box to contract it is refined first, and the way there
 * counts as distance.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include "certify/box.h"
#include <math.h>
#include "certify/inverse.h"
#include "core/memory.h"

/* First box: relative radius 2^-40. Wide enough for the error of a zero computed in doubles at a condition number of 10^3, small
 * enough for the Jacobian to be nearly constant on it; other points get boxes of their own size. */
#define FIRST_RADIUS_EXPONENT (-40)
#define INFLATIONS 5       /* boxes tried after the first */
#define REFINEMENTS 4      /* replacements of the radius once a box is proved; each squares what is left */
#define NEWTON_STEPS 3     /* of the centre, with more bits than doubles have */
#define FLOOR_GUARD_BITS 4 /* smallest radius: this many bits above the working precision */

static mag_ptr magnitudes_new(size_t count)
{
    mag_ptr x = nalg_array(count, sizeof *x);
    for (size_t i = 0; x && i < count; i++) mag_init(x + i);
    return x;
}

static void magnitudes_free(mag_ptr x, size_t count)
{
    for (size_t i = 0; x && i < count; i++) mag_clear(x + i);
    free(x);
}

nalg_status nalg_box_create(nalg_ctx *ctx, nalg_box *out, const nalg_ball_map *system, long precision, bool precise_inverse)
{
    size_t n = system->unknowns, square, work;
    *out = (nalg_box){.n = n, .precision = precision, .precise_inverse = precise_inverse};
    acb_mat_init(&out->jacobian, (slong)n, (slong)n);
    acb_mat_init(&out->inverse, (slong)n, (slong)n);
    nalg_status status = nalg_ball_evaluation_create(ctx, &out->system, system, precision);
    if (status != NALG_OK) goto done;
    if (!nalg_size_multiply(&square, n, n) || !nalg_size_multiply(&work, n, n + 1)) square = work = SIZE_MAX; /* fails below */
    out->z = nalg_balls_new(n);
    out->box = nalg_balls_new(n);
    out->value = nalg_balls_new(n);
    out->newton = nalg_balls_new(n);
    out->zero = nalg_balls_new(n);
    out->defect = magnitudes_new(square);
    out->step = magnitudes_new(n);
    out->radius = magnitudes_new(n);
    out->next = magnitudes_new(n);
    out->work = nalg_array(work, sizeof *out->work);
    if (!out->z || !out->box || !out->value || !out->newton || !out->zero || !out->defect || !out->step || !out->radius || !out->next ||
        !out->work)
        status = nalg_fail_memory(ctx);
done:
    if (status != NALG_OK) nalg_box_clear(out);
    return status;
}

void nalg_box_clear(nalg_box *b)
{
    size_t n = b->n;
    acb_mat_clear(&b->jacobian);
    acb_mat_clear(&b->inverse);
    nalg_ball_evaluation_clear(&b->system);
    nalg_balls_free(b->z, n);
    nalg_balls_free(b->box, n);
    nalg_balls_free(b->value, n);
    nalg_balls_free(b->newton, n);
    nalg_balls_free(b->zero, n);
    magnitudes_free(b->defect, n * n);
    magnitudes_free(b->step, n);
    magnitudes_free(b->radius, n);
    magnitudes_free(b->next, n);
    free(b->work);
    *b = (nalg_box){0};
}

/* out >= max(|Re x|, |Im x|) */
static void part_bound(mag_t out, const acb_t x)
{
    mag_t t;
    mag_init(t);
    arb_get_mag(out, acb_realref(x));
    arb_get_mag(t, acb_imagref(x));
    mag_max(out, out, t);
    mag_clear(t);
}

/* b->box = b->z +- b->radius. Adding an error to a ball is exact up to upward rounding of its radius. */
static void set_box(nalg_box *b)
{
    for (size_t i = 0; i < b->n; i++) {
        acb_set(b->box + i, b->z + i);
        arb_add_error_mag(acb_realref(b->box + i), b->radius + i);
        arb_add_error_mag(acb_imagref(b->box + i), b->radius + i);
    }
}

/* Enclosures of D = I - Y F'(X) as magnitudes. One rounding an entry, of relative size 2^-precision of the sum of
 * absolute values, is inside the ball acb_dot returns. */
static void set_defect(nalg_box *b)
{
    size_t n = b->n;
    mag_t t;
    acb_t one, entry;
    mag_init(t);
    acb_init(one);
    acb_init(entry);
    acb_one(one);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            acb_dot(entry, i == j ? one : NULL, 1, acb_mat_entry(&b->inverse, i, 0), 1, acb_mat_entry(&b->jacobian, 0, j), (slong)n,
                    (slong)n, b->precision);
            arb_get_mag(b->defect + i * n + j, acb_realref(entry));
            arb_get_mag(t, acb_imagref(entry));
            mag_add(b->defect + i * n + j, b->defect + i * n + j, t);
        }
    mag_clear(t);
    acb_clear(one);
    acb_clear(entry);
}

/* out = D radius, rounded up. */
static void apply_defect(nalg_box *b, mag_ptr out, size_t i)
{
    mag_zero(out);
    for (size_t j = 0; j < b->n; j++) mag_addmul(out, b->defect + i * b->n + j, b->radius + j);
}

/* next = d + D r; is it below r everywhere? */
static bool contracts(nalg_box *b)
{
    bool inside = true;
    for (size_t i = 0; i < b->n; i++) {
        apply_defect(b, b->next + i, i);
        mag_add(b->next + i, b->next + i, b->step + i);
        if (mag_cmp(b->next + i, b->radius + i) >= 0) inside = false;
    }
    return inside;
}

static bool precondition(nalg_box *b)
{
    if (!b->precise_inverse && nalg_inverse_doubles(&b->inverse, &b->jacobian, b->n, b->work)) return true;
    return nalg_inverse_precise(&b->inverse, &b->jacobian, b->precision);
}

/* newton = Y F(z), with its bounds in `step`. */
static void newton_step(nalg_box *b)
{
    for (size_t i = 0; i < b->n; i++) {
        acb_dot(b->newton + i, NULL, 0, acb_mat_entry(&b->inverse, i, 0), 1, b->value, 1, (slong)b->n, b->precision);
        part_bound(b->step + i, b->newton + i);
    }
}

/* Is Y a good approximate inverse, |D| (1, .., 1) < 1/2? Then the Newton step is the true one up to a factor of 2. */
static bool well_preconditioned(const nalg_box *b)
{
    bool good = true;
    mag_t sum;
    mag_init(sum);
    for (size_t i = 0; good && i < b->n; i++) {
        mag_zero(sum);
        for (size_t j = 0; j < b->n; j++) mag_add(sum, sum, b->defect + i * b->n + j);
        good = mag_cmp_2exp_si(sum, -1) < 0;
    }
    mag_clear(sum);
    return good;
}

static void largest(mag_t out, mag_srcptr x, size_t n)
{
    mag_zero(out);
    for (size_t i = 0; i < n; i++) mag_max(out, out, x + i);
}

/* Boxes fitted to the Newton step: the first twice as wide, then half as wide again as the image of the last, which widens coordinates
 * whose step is small by accident. No coordinate gets a width from the others: in a chart they may differ by many orders. `limit` ends the
 * search. */
static nalg_certify_state search(nalg_box *b, const mag_t scale, const mag_t limit)
{
    nalg_certify_state state = NALG_REFUSED_NO_CONTRACTION;
    mag_t floor, widest, three_halves;
    mag_init(floor);
    mag_init(widest);
    mag_init(three_halves);
    mag_set_d(three_halves, 1.5);
    mag_mul_2exp_si(floor, scale, FLOOR_GUARD_BITS - b->precision);
    for (size_t i = 0; i < b->n; i++) {
        mag_mul_2exp_si(b->radius + i, b->step + i, 1);
        mag_add(b->radius + i, b->radius + i, floor);
    }
    for (int attempt = 0; attempt < INFLATIONS && state == NALG_REFUSED_NO_CONTRACTION; attempt++) {
        largest(widest, b->radius, b->n);
        if (mag_cmp(widest, limit) > 0) {
            if (attempt) break;
            state = NALG_REFUSED_FAR;
            b->settled = b->wide && well_preconditioned(b);
            break;
        }
        set_box(b);
        if (!nalg_ball_jacobian(&b->system, &b->jacobian, b->box)) {
            state = NALG_REFUSED_POLE;
            break;
        }
        set_defect(b);
        if (contracts(b)) state = NALG_CERTIFIED;
        for (size_t i = 0; state != NALG_CERTIFIED && i < b->n; i++) {
            mag_mul(b->radius + i, b->next + i, three_halves);
            mag_add(b->radius + i, b->radius + i, floor);
        }
    }
    mag_clear(floor);
    mag_clear(widest);
    mag_clear(three_halves);
    return state;
}

/* After a proof on the box of b->radius: shrink the bound, enclose the zero. Keeps the box of the proof in b->box. */
static void enclose_zero(nalg_box *b, mag_t distance)
{
    mag_t spread;
    mag_init(spread);
    for (int k = 0; k < REFINEMENTS && contracts(b); k++)
        for (size_t i = 0; i < b->n; i++) mag_set(b->radius + i, b->next + i);
    largest(distance, b->radius, b->n);
    for (size_t i = 0; i < b->n; i++) {
        acb_sub(b->zero + i, b->z + i, b->newton + i, b->precision); /* its rounding is in its own radius */
        apply_defect(b, spread, i);
        arb_add_error_mag(acb_realref(b->zero + i), spread);
        arb_add_error_mag(acb_imagref(b->zero + i), spread);
    }
    mag_clear(spread);
}

/* conj(zero)_i lies in X_i iff -Im zero_i does, as the real parts agree: |Im zero_i + Im z_i| <= r_i. */
static nalg_truth reality(const nalg_box *b)
{
    nalg_truth answer = NALG_TRUE;
    arb_t minus;
    arb_init(minus);
    for (size_t i = 0; i < b->n && answer != NALG_FALSE; i++) {
        arb_neg(minus, acb_imagref(b->zero + i));
        if (!arb_contains_zero(minus)) answer = NALG_FALSE;
        else if (!b->system.map->real || !arb_contains(acb_imagref(b->box + i), minus)) answer = NALG_UNKNOWN;
    }
    arb_clear(minus);
    if (answer == NALG_TRUE)
        for (size_t i = 0; i < b->n; i++) arb_zero(acb_imagref(b->zero + i));
    return answer;
}

/* The wide first box: most good points pass here, with one evaluation of the Jacobian. */
static nalg_certify_state first_box(nalg_box *b, const mag_t scale)
{
    for (size_t i = 0; i < b->n; i++) mag_mul_2exp_si(b->radius + i, scale, FIRST_RADIUS_EXPONENT);
    set_box(b);
    b->wide = nalg_ball_jacobian(&b->system, &b->jacobian, b->box);
    if (!b->wide && !nalg_ball_jacobian(&b->system, &b->jacobian, b->z)) return NALG_REFUSED_POLE;
    if (!precondition(b)) return NALG_REFUSED_SINGULAR;
    newton_step(b);
    if (!b->wide) return NALG_REFUSED_NO_CONTRACTION;
    set_defect(b);
    return contracts(b) ? NALG_CERTIFIED : NALG_REFUSED_NO_CONTRACTION;
}

/* Newton's method for the centre. */
static void refine(nalg_box *b)
{
    for (int k = 0; k < NEWTON_STEPS; k++) {
        if (!nalg_ball_values(&b->system, b->value, b->z) || !nalg_ball_jacobian(&b->system, &b->jacobian, b->z) || !precondition(b)) return;
        newton_step(b);
        for (size_t i = 0; i < b->n; i++) {
            acb_sub(b->zero + i, b->z + i, b->newton + i, b->precision);
            if (!acb_is_finite(b->zero + i)) return;
        }
        for (size_t i = 0; i < b->n; i++) acb_get_mid(b->z + i, b->zero + i);
    }
}

/* out >= the largest part of a difference between the centre and z. */
static void distance_from(mag_t out, nalg_box *b, const double complex *z)
{
    mag_t part;
    acb_t difference;
    mag_init(part);
    acb_init(difference);
    mag_zero(out);
    for (size_t i = 0; i < b->n; i++) {
        acb_set_d_d(difference, creal(z[i]), cimag(z[i]));
        acb_sub(difference, b->z + i, difference, b->precision);
        part_bound(part, difference);
        mag_max(out, out, part);
    }
    mag_clear(part);
    acb_clear(difference);
}

nalg_certify_state nalg_box_test(nalg_box *b, double *radius, nalg_truth *real, const double complex *z, double tolerance)
{
    mag_t scale, limit, distance, moved;
    mag_init(scale);
    mag_init(limit);
    mag_init(distance);
    mag_init(moved);
    for (size_t i = 0; i < b->n; i++) {
        acb_set_d_d(b->z + i, creal(z[i]), cimag(z[i]));
        part_bound(distance, b->z + i);
        mag_max(scale, scale, distance);
    }
    b->settled = false;
    if (mag_is_zero(scale)) mag_one(scale);
    mag_set_d(limit, tolerance);
    mag_mul(limit, limit, scale);
    if (b->precise_inverse) {
        refine(b);
        distance_from(moved, b, z);
    }
    nalg_certify_state state = NALG_REFUSED_POLE;
    if (!nalg_ball_values(&b->system, b->value, b->z)) goto done;
    state = first_box(b, scale);
    if (state == NALG_REFUSED_NO_CONTRACTION) state = search(b, scale, limit);
    if (state != NALG_CERTIFIED) goto done;
    enclose_zero(b, distance);
    mag_add(distance, distance, moved);
    if (mag_cmp(distance, limit) > 0) {
        state = NALG_REFUSED_FAR;
        goto done;
    }
    *radius = nextafter(mag_get_d(distance), INFINITY); /* 30 bits fit a double; only underflow rounds */
    *real = reality(b);
done:
    mag_clear(scale);
    mag_clear(limit);
    mag_clear(distance);
    mag_clear(moved);
    return state;
}
