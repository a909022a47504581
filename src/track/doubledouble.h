/* Numbers of about 106 bits as unevaluated sums of two doubles, and complex numbers made of them.
 * Error-free sum: Knuth; product: fused multiply-add. Relative error of a sum or product of reals below 2^-102 (sums of equal sign).
 * Source: Joldes, Muller, Popescu, Tight and rigorous error bounds for basic building blocks of double-word arithmetic, ACM TOMS 44
 * (2017), algorithms 6 and 12.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_TRACK_DOUBLEDOUBLE_H
#define NALG_TRACK_DOUBLEDOUBLE_H

#include "core/complex.h"
#include <math.h>

typedef struct {
    double high, low;
} nalg_dd;

typedef struct {
    nalg_dd re, im;
} nalg_ddc;

/* a + b exactly, for |a| >= |b| or a = 0. */
static inline nalg_dd nalg_dd_fast_sum(double a, double b)
{
    double s = a + b;
    return (nalg_dd){s, b - (s - a)};
}

/* a + b exactly. */
static inline nalg_dd nalg_dd_two_sum(double a, double b)
{
    double s = a + b, t = s - a;
    return (nalg_dd){s, (a - (s - t)) + (b - t)};
}

static inline nalg_dd nalg_dd_add(nalg_dd a, nalg_dd b)
{
    nalg_dd s = nalg_dd_two_sum(a.high, b.high), t = nalg_dd_two_sum(a.low, b.low);
    nalg_dd v = nalg_dd_fast_sum(s.high, s.low + t.high);
    return nalg_dd_fast_sum(v.high, t.low + v.low);
}

static inline nalg_dd nalg_dd_negate(nalg_dd a)
{
    return (nalg_dd){-a.high, -a.low};
}

static inline nalg_dd nalg_dd_multiply(nalg_dd a, nalg_dd b)
{
    double p = a.high * b.high, e = fma(a.high, b.high, -p);
    return nalg_dd_fast_sum(p, e + (a.high * b.low + a.low * b.high + a.low * b.low));
}

/* 1 / a by two Newton steps from the double quotient. */
static inline nalg_dd nalg_dd_inverse(nalg_dd a)
{
    nalg_dd x = {1 / a.high, 0};
    for (int i = 0; i < 2; i++) {
        nalg_dd rest = nalg_dd_add((nalg_dd){1, 0}, nalg_dd_negate(nalg_dd_multiply(a, x)));
        x = nalg_dd_add(x, nalg_dd_multiply(x, rest));
    }
    return x;
}

static inline nalg_ddc nalg_ddc_set(double complex z)
{
    return (nalg_ddc){{creal(z), 0}, {cimag(z), 0}};
}

static inline double complex nalg_ddc_get(nalg_ddc z)
{
    return CMPLX(z.re.high, z.im.high);
}

static inline nalg_ddc nalg_ddc_add(nalg_ddc a, nalg_ddc b)
{
    return (nalg_ddc){nalg_dd_add(a.re, b.re), nalg_dd_add(a.im, b.im)};
}

static inline nalg_ddc nalg_ddc_negate(nalg_ddc a)
{
    return (nalg_ddc){nalg_dd_negate(a.re), nalg_dd_negate(a.im)};
}

static inline nalg_ddc nalg_ddc_multiply(nalg_ddc a, nalg_ddc b)
{
    return (nalg_ddc){nalg_dd_add(nalg_dd_multiply(a.re, b.re), nalg_dd_negate(nalg_dd_multiply(a.im, b.im))),
                      nalg_dd_add(nalg_dd_multiply(a.re, b.im), nalg_dd_multiply(a.im, b.re))};
}

static inline nalg_ddc nalg_ddc_inverse(nalg_ddc a)
{
    nalg_dd d = nalg_dd_inverse(nalg_dd_add(nalg_dd_multiply(a.re, a.re), nalg_dd_multiply(a.im, a.im)));
    return (nalg_ddc){nalg_dd_multiply(a.re, d), nalg_dd_negate(nalg_dd_multiply(a.im, d))};
}

#endif
