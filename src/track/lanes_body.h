/* The lane kernels for one vector width. Include after defining KERNEL(name), KERNEL_TARGET, WIDTH, SPLAT(x), FMA(a, b, c) =
 * a b + c and FNMA(a, b, c) = c - a b, ROOT(x). A lane vector of NALG_LANES numbers is NALG_LANES / WIDTH machine vectors, which are
 * processed one after another: lanes are independent.
 *
 * LU: Crout's order (a column of L, then a row of U), so that the inner loops are dot products whose sums stay in machine
 * registers, four at a time. Source: Golub, Van Loan, Matrix Computations, 4th ed., sections 3.2.10 and 3.4.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

typedef double KERNEL(vector) __attribute__((vector_size(WIDTH * 8)));
typedef int64_t KERNEL(mask) __attribute__((vector_size(WIDTH * 8)));
#define V KERNEL(vector)
#define M KERNEL(mask)
#define INLINE KERNEL_TARGET static inline __attribute__((always_inline))

INLINE V KERNEL(load)(const double *x)
{
    V v;
    __builtin_memcpy(&v, x, sizeof v);
    return v;
}

INLINE void KERNEL(store)(double *x, V v)
{
    __builtin_memcpy(x, &v, sizeof v);
}

INLINE V KERNEL(select)(M m, V a, V b)
{
    return (V)((m & (M)a) | (~m & (M)b));
}

#define LOAD KERNEL(load)
#define STORE KERNEL(store)
#define SELECT KERNEL(select)
#define IMAG NALG_LANES
#define REGISTER NALG_LANE_DOUBLES

/* One instruction on one machine vector. `at(r)` is the place of register r. */
KERNEL_TARGET static void KERNEL(run)(const nalg_tape *tape, double *memory)
{
    for (size_t o = 0; o < NALG_LANES; o += WIDTH) {
        double *base = memory + o;
        for (size_t index = 0; index < tape->count; index++) {
            const nalg_instruction *in = &tape->instruction[index];
            const uint32_t *operand = tape->operand + in->operand;
            const double *constant = tape->constant + in->constant;
            double *target = base + (size_t)in->target * REGISTER;
            if (in->inverse) {
                const double *a = base + (size_t)operand[0] * REGISTER;
                V re = LOAD(a), im = LOAD(a + IMAG), d = SPLAT(1.0) / FMA(re, re, im * im);
                STORE(target, re * d);
                STORE(target + IMAG, -im * d);
                continue;
            }
            V r0 = SPLAT(in->real), r1 = SPLAT(0.0), i0 = SPLAT(in->imag), i1 = SPLAT(0.0);
            for (uint32_t k = in->products; k; k--, operand += 2) {
                const double *a = base + (size_t)operand[0] * REGISTER, *b = base + (size_t)operand[1] * REGISTER;
                V ar = LOAD(a), ai = LOAD(a + IMAG), br = LOAD(b), bi = LOAD(b + IMAG);
                r0 = FMA(ar, br, r0), r1 = FNMA(ai, bi, r1), i0 = FMA(ar, bi, i0), i1 = FMA(ai, br, i1);
            }
            for (uint32_t k = in->negative_products; k; k--, operand += 2) {
                const double *a = base + (size_t)operand[0] * REGISTER, *b = base + (size_t)operand[1] * REGISTER;
                V ar = LOAD(a), ai = LOAD(a + IMAG), br = LOAD(b), bi = LOAD(b + IMAG);
                r0 = FNMA(ar, br, r0), r1 = FMA(ai, bi, r1), i0 = FNMA(ar, bi, i0), i1 = FNMA(ai, br, i1);
            }
            for (uint32_t k = in->reals; k; k--, operand++, constant++) {
                const double *a = base + (size_t)operand[0] * REGISTER;
                V c = SPLAT(constant[0]);
                r0 = FMA(c, LOAD(a), r0), i0 = FMA(c, LOAD(a + IMAG), i0);
            }
            for (uint32_t k = in->complexes; k; k--, operand++, constant += 2) {
                const double *a = base + (size_t)operand[0] * REGISTER;
                V ar = LOAD(a), ai = LOAD(a + IMAG), cr = SPLAT(constant[0]), ci = SPLAT(constant[1]);
                r0 = FMA(ar, cr, r0), r1 = FNMA(ai, ci, r1), i0 = FMA(ar, ci, i0), i1 = FMA(ai, cr, i1);
            }
            STORE(target, r0 + r1);
            STORE(target + IMAG, i0 + i1);
        }
    }
}

/* (r0 + r1) + (i0 + i1) I += or -= a b. */
#define ACCUMULATE(PLUS, MINUS, t) \
    t##r0 = PLUS(ar, br, t##r0), t##r1 = MINUS(ai, bi, t##r1), t##i0 = PLUS(ar, bi, t##i0), t##i1 = PLUS(ai, br, t##i1)

/* The sums l (order k - 1) and h (order k) gain the convolutions of a and b: each pair of coefficients loaded serves both. */
#define CONVOLVE(PLUS, MINUS)                                                              \
    {                                                                                      \
        V ar, ai, br = LOAD(b + k * REGISTER), bi = LOAD(b + k * REGISTER + IMAG);         \
        for (size_t j = 0; j < k; j++) {                                                   \
            ar = LOAD(a + j * REGISTER), ai = LOAD(a + j * REGISTER + IMAG);               \
            ACCUMULATE(PLUS, MINUS, h);                                                    \
            br = LOAD(b + (k - 1 - j) * REGISTER), bi = LOAD(b + (k - 1 - j) * REGISTER + IMAG); \
            ACCUMULATE(PLUS, MINUS, l);                                                    \
        }                                                                                  \
        ar = LOAD(a + k * REGISTER), ai = LOAD(a + k * REGISTER + IMAG);                   \
        ACCUMULATE(PLUS, MINUS, h);                                                        \
    }

/* The same where a has no coefficients above 1. */
#define CONVOLVE_AFFINE(PLUS, MINUS)                                                       \
    {                                                                                      \
        V ar = LOAD(a), ai = LOAD(a + IMAG);                                               \
        V br = LOAD(b + k * REGISTER), bi = LOAD(b + k * REGISTER + IMAG);                 \
        ACCUMULATE(PLUS, MINUS, h);                                                        \
        br = LOAD(b + (k - 1) * REGISTER), bi = LOAD(b + (k - 1) * REGISTER + IMAG);       \
        ACCUMULATE(PLUS, MINUS, l);                                                        \
        ar = LOAD(a + REGISTER), ai = LOAD(a + REGISTER + IMAG);                           \
        ACCUMULATE(PLUS, MINUS, h);                                                        \
        if (k > 1) {                                                                       \
            br = LOAD(b + (k - 2) * REGISTER), bi = LOAD(b + (k - 2) * REGISTER + IMAG);   \
            ACCUMULATE(PLUS, MINUS, l);                                                    \
        }                                                                                  \
    }

/* Coefficient k of b = 1 / a: -b_0 times the sum of a_j b_(k-j) for j >= 1. */
INLINE void KERNEL(inverse_coefficient)(double *b, const double *a, size_t k)
{
    V hr0 = SPLAT(0.0), hr1 = hr0, hi0 = hr0, hi1 = hr0;
    if (k == 0) {
        V re = LOAD(a), im = LOAD(a + IMAG), d = SPLAT(1.0) / FMA(re, re, im * im);
        STORE(b, re * d);
        STORE(b + IMAG, -im * d);
        return;
    }
    for (size_t j = 1; j <= k; j++) {
        V ar = LOAD(a + j * REGISTER), ai = LOAD(a + j * REGISTER + IMAG);
        V br = LOAD(b + (k - j) * REGISTER), bi = LOAD(b + (k - j) * REGISTER + IMAG);
        ACCUMULATE(FMA, FNMA, h);
    }
    V sr = hr0 + hr1, si = hi0 + hi1, tr = LOAD(b), ti = LOAD(b + IMAG);
    STORE(b + k * REGISTER, FNMA(sr, tr, si * ti));
    STORE(b + k * REGISTER + IMAG, -FMA(sr, ti, si * tr));
}

/* Taylor coefficients k - 1 and k of one instruction; step: doubles from a register to the next. */
INLINE void KERNEL(coefficients)(const nalg_tape *tape, const nalg_instruction *in, double *base, size_t step, size_t k, bool linear)
{
    const uint32_t *operand = tape->operand + in->operand;
    const double *constant = tape->constant + in->constant;
    double *target = base + (size_t)in->target * step;
    if (in->inverse) {
        KERNEL(inverse_coefficient)(target, base + (size_t)operand[0] * step, k - 1);
        KERNEL(inverse_coefficient)(target, base + (size_t)operand[0] * step, k);
        return;
    }
    V lr0 = SPLAT(k > 1 ? 0.0 : in->real), li0 = SPLAT(k > 1 ? 0.0 : in->imag), lr1 = SPLAT(0.0), li1 = lr1;
    V hr0 = lr1, hr1 = lr1, hi0 = lr1, hi1 = lr1;
    const uint32_t affine = linear ? in->affine : 0, negative_affine = linear ? in->negative_affine : 0;
    for (uint32_t n = 0; n < in->products; n++, operand += 2) {
        const double *a = base + (size_t)operand[0] * step, *b = base + (size_t)operand[1] * step;
        if (n < affine) CONVOLVE_AFFINE(FMA, FNMA)
        else CONVOLVE(FMA, FNMA)
    }
    for (uint32_t n = 0; n < in->negative_products; n++, operand += 2) {
        const double *a = base + (size_t)operand[0] * step, *b = base + (size_t)operand[1] * step;
        if (n < negative_affine) CONVOLVE_AFFINE(FNMA, FMA)
        else CONVOLVE(FNMA, FMA)
    }
    for (uint32_t n = in->reals; n; n--, operand++, constant++) {
        const double *a = base + (size_t)operand[0] * step + (k - 1) * REGISTER;
        V c = SPLAT(constant[0]);
        lr0 = FMA(c, LOAD(a), lr0), li0 = FMA(c, LOAD(a + IMAG), li0);
        hr0 = FMA(c, LOAD(a + REGISTER), hr0), hi0 = FMA(c, LOAD(a + REGISTER + IMAG), hi0);
    }
    for (uint32_t n = in->complexes; n; n--, operand++, constant += 2) {
        const double *a = base + (size_t)operand[0] * step + (k - 1) * REGISTER;
        V br = SPLAT(constant[0]), bi = SPLAT(constant[1]), ar = LOAD(a), ai = LOAD(a + IMAG);
        ACCUMULATE(FMA, FNMA, l);
        ar = LOAD(a + REGISTER), ai = LOAD(a + REGISTER + IMAG);
        ACCUMULATE(FMA, FNMA, h);
    }
    target += (k - 1) * REGISTER;
    STORE(target, lr0 + lr1);
    STORE(target + IMAG, li0 + li1);
    STORE(target + REGISTER, hr0 + hr1);
    STORE(target + REGISTER + IMAG, hi0 + hi1);
}

KERNEL_TARGET static void KERNEL(series)(const nalg_tape *tape, double *memory, size_t stride, size_t order, bool linear)
{
    for (size_t o = 0; o < NALG_LANES; o += WIDTH)
        for (size_t index = 0; index < tape->count; index++)
            KERNEL(coefficients)(tape, &tape->instruction[index], memory + o, stride * REGISTER, order, linear);
}

/* Row equilibration: multiply each row by the inverse of its largest 1-norm modulus. */
KERNEL_TARGET static void KERNEL(equilibrate)(nalg_lane_matrix *m, size_t o)
{
    for (size_t i = 0; i < m->n; i++) {
        double *row = m->entry + i * m->stride * REGISTER + o;
        V largest = SPLAT(0.0);
        for (size_t j = 0; j < m->n; j++) {
            V re = LOAD(row + j * REGISTER), im = LOAD(row + j * REGISTER + IMAG), size = FMA(re, re, im * im);
            largest = SELECT((M)(size > largest), size, largest);
        }
        V inverse = ROOT(largest);
        inverse = SELECT((M)(largest > SPLAT(0.0)), SPLAT(1.0) / inverse, SPLAT(1.0));
        STORE(m->scale + i * NALG_LANES + o, inverse);
        for (size_t j = 0; j < m->n; j++) {
            STORE(row + j * REGISTER, LOAD(row + j * REGISTER) * inverse);
            STORE(row + j * REGISTER + IMAG, LOAD(row + j * REGISTER + IMAG) * inverse);
        }
    }
}

/* COUNT entries starting at `entry`, `apart` doubles from each other: entry_t -= sum_p left(t, p) right(t, p), where left moves
 * by left_apart with t and by left_step with p. In the tile the factor `shared` is the same for all t. */
#define TILE(COUNT)                                                                                               \
    INLINE void KERNEL(tile##COUNT)(double *entry, size_t apart, const double *moving, size_t moving_apart,      \
                                    size_t moving_step, const double *shared, size_t shared_step, size_t length) \
    {                                                                                                             \
        V re[COUNT], im[COUNT];                                                                                   \
        for (int t = 0; t < COUNT; t++)                                                                           \
            re[t] = LOAD(entry + (size_t)t * apart), im[t] = LOAD(entry + (size_t)t * apart + IMAG);              \
        for (size_t p = 0; p < length; p++, moving += moving_step, shared += shared_step) {                      \
            V sr = LOAD(shared), si = LOAD(shared + IMAG);                                                        \
            for (int t = 0; t < COUNT; t++) {                                                                     \
                V mr = LOAD(moving + (size_t)t * moving_apart), mi = LOAD(moving + (size_t)t * moving_apart + IMAG); \
                re[t] = FMA(mi, si, FNMA(mr, sr, re[t]));                                                         \
                im[t] = FNMA(mi, sr, FNMA(mr, si, im[t]));                                                        \
            }                                                                                                     \
        }                                                                                                         \
        for (int t = 0; t < COUNT; t++) {                                                                         \
            STORE(entry + (size_t)t * apart, re[t]);                                                              \
            STORE(entry + (size_t)t * apart + IMAG, im[t]);                                                       \
        }                                                                                                         \
    }
TILE(4)
TILE(1)
#undef TILE

/* Exchange rows k and i in one lane. */
KERNEL_TARGET static void KERNEL(exchange)(nalg_lane_matrix *m, size_t k, size_t i, size_t lane)
{
    double *x = m->entry + k * m->stride * REGISTER + lane, *y = m->entry + i * m->stride * REGISTER + lane;
    for (size_t j = 0; j < m->n; j++, x += REGISTER, y += REGISTER) {
        double re = x[0], im = x[IMAG];
        x[0] = y[0], x[IMAG] = y[IMAG];
        y[0] = re, y[IMAG] = im;
    }
}

/* Pivot of column k: keep the diagonal entry where it is not much smaller than the largest, so that exchanges are rare. */
KERNEL_TARGET static void KERNEL(choose_pivot)(nalg_lane_matrix *m, size_t k, size_t o)
{
    const size_t row = m->stride * REGISTER;
    const double *column = m->entry + k * row + k * REGISTER + o;
    V re = LOAD(column), im = LOAD(column + IMAG), diagonal = FMA(re, re, im * im), largest = diagonal;
    V place = SPLAT((double)k);
    for (size_t i = k + 1; i < m->n; i++) {
        column += row;
        re = LOAD(column), im = LOAD(column + IMAG);
        V size = FMA(re, re, im * im);
        M larger = (M)(size > largest);
        largest = SELECT(larger, size, largest);
        place = SELECT(larger, SPLAT((double)i), place);
    }
    place = SELECT((M)(diagonal >= SPLAT(NALG_PIVOT_THRESHOLD) * largest), SPLAT((double)k), place);
    for (size_t l = 0; l < WIDTH; l++) {
        size_t i = (size_t)place[l];
        m->pivot[k * NALG_LANES + o + l] = (uint32_t)i;
        if (i == k) continue;
        m->exchanged[k] = (uint8_t)(m->exchanged[k] | 1u << (o + l));
        KERNEL(exchange)(m, k, i, o + l);
    }
}

KERNEL_TARGET static void KERNEL(factor)(nalg_lane_matrix *m)
{
    const size_t n = m->n, row = m->stride * REGISTER;
    for (size_t k = 0; k < n; k++) m->exchanged[k] = 0;
    for (size_t o = 0; o < NALG_LANES; o += WIDTH) {
        double *a = m->entry + o;
        V smallest = SPLAT(INFINITY);
        KERNEL(equilibrate)(m, o);
        for (size_t k = 0; k < n; k++) {
            size_t i = k, j = k + 1;
            for (; i + 4 <= n; i += 4)
                KERNEL(tile4)(a + i * row + k * REGISTER, row, a + i * row, row, REGISTER, a + k * REGISTER, row, k);
            for (; i < n; i++)
                KERNEL(tile1)(a + i * row + k * REGISTER, row, a + i * row, row, REGISTER, a + k * REGISTER, row, k);
            KERNEL(choose_pivot)(m, k, o);
            for (; j + 4 <= n; j += 4)
                KERNEL(tile4)(a + k * row + j * REGISTER, REGISTER, a + j * REGISTER, REGISTER, row, a + k * row, REGISTER, k);
            for (; j < n; j++)
                KERNEL(tile1)(a + k * row + j * REGISTER, REGISTER, a + j * REGISTER, REGISTER, row, a + k * row, REGISTER, k);
            double *d = a + k * row + k * REGISTER;
            V re = LOAD(d), im = LOAD(d + IMAG), size = FMA(re, re, im * im), inverse = SPLAT(1.0) / size;
            smallest = SELECT((M)(size < smallest), size, smallest);
            V ir = re * inverse, ii = -im * inverse;
            STORE(d, ir);
            STORE(d + IMAG, ii);
            for (i = k + 1; i < n; i++) {
                double *x = a + i * row + k * REGISTER;
                V xr = LOAD(x), xi = LOAD(x + IMAG);
                STORE(x, FNMA(xi, ii, xr * ir));
                STORE(x + IMAG, FMA(xi, ir, xr * ii));
            }
        }
        STORE(m->smallest + o, smallest);
    }
}

/* x_i -= sum over j in [first, last) of row_j x_j, in four independent chains. */
INLINE void KERNEL(subtract_dot)(double *target, const double *row, const double *x, size_t first, size_t last)
{
    V r0 = LOAD(target), i0 = LOAD(target + IMAG), r1 = SPLAT(0.0), i1 = SPLAT(0.0);
    for (size_t j = first; j < last; j++) {
        V ar = LOAD(row + j * REGISTER), ai = LOAD(row + j * REGISTER + IMAG);
        V br = LOAD(x + j * REGISTER), bi = LOAD(x + j * REGISTER + IMAG);
        r0 = FNMA(ar, br, r0), r1 = FMA(ai, bi, r1), i0 = FNMA(ar, bi, i0), i1 = FNMA(ai, br, i1);
    }
    STORE(target, r0 + r1);
    STORE(target + IMAG, i0 + i1);
}

KERNEL_TARGET static void KERNEL(solve)(const nalg_lane_matrix *m, double *x)
{
    const size_t n = m->n, row = m->stride * REGISTER;
    for (size_t i = 0; i < n; i++)
        for (size_t l = 0; l < NALG_LANES; l++) {
            x[i * REGISTER + l] *= m->scale[i * NALG_LANES + l];
            x[i * REGISTER + IMAG + l] *= m->scale[i * NALG_LANES + l];
        }
    for (size_t k = 0; k < n; k++)
        for (unsigned bits = m->exchanged[k]; bits; bits &= bits - 1) {
            size_t l = (size_t)__builtin_ctz(bits);
            double *u = x + k * REGISTER + l, *v = x + m->pivot[k * NALG_LANES + l] * REGISTER + l;
            double re = u[0], im = u[IMAG];
            u[0] = v[0], u[IMAG] = v[IMAG];
            v[0] = re, v[IMAG] = im;
        }
    for (size_t o = 0; o < NALG_LANES; o += WIDTH) {
        const double *a = m->entry + o;
        double *y = x + o;
        for (size_t i = 1; i < n; i++) KERNEL(subtract_dot)(y + i * REGISTER, a + i * row, y, 0, i);
        for (size_t i = n; i-- > 0;) {
            KERNEL(subtract_dot)(y + i * REGISTER, a + i * row, y, i + 1, n);
            const double *d = a + i * row + i * REGISTER;
            V dr = LOAD(d), di = LOAD(d + IMAG), xr = LOAD(y + i * REGISTER), xi = LOAD(y + i * REGISTER + IMAG);
            STORE(y + i * REGISTER, FNMA(xi, di, xr * dr));
            STORE(y + i * REGISTER + IMAG, FMA(xi, dr, xr * di));
        }
    }
}

KERNEL_TARGET static void KERNEL(horner)(double *out, const double *coefficient, size_t n, size_t order, const double *h, const double *top)
{
    for (size_t o = 0; o < NALG_LANES; o += WIDTH) {
        V tr = LOAD(h + o), ti = LOAD(h + o + IMAG), fr = LOAD(top + o), fi = LOAD(top + o + IMAG);
        for (size_t i = 0; i < n; i++) {
            const double *c = coefficient + (order * n + i) * REGISTER + o;
            V cr = LOAD(c), ci = LOAD(c + IMAG), re = FNMA(ci, fi, cr * fr), im = FMA(ci, fr, cr * fi);
            for (size_t k = order; k-- > 0;) {
                c -= n * REGISTER;
                V next = FMA(re, tr, FNMA(im, ti, LOAD(c)));
                im = FMA(re, ti, FMA(im, tr, LOAD(c + IMAG)));
                re = next;
            }
            STORE(out + i * REGISTER + o, re);
            STORE(out + i * REGISTER + o + IMAG, im);
        }
    }
}

KERNEL_TARGET static void KERNEL(subtract)(double *out, const double *a, const double *b, size_t n)
{
    for (size_t i = 0; i < n * REGISTER; i += WIDTH) STORE(out + i, LOAD(a + i) - LOAD(b + i));
}

KERNEL_TARGET static void KERNEL(norm)(double *out, const double *x, const double *weight, size_t n)
{
    for (size_t o = 0; o < NALG_LANES; o += WIDTH) {
        V largest = SPLAT(0.0), sum = SPLAT(0.0);
        for (size_t i = 0; i < n; i++) {
            V re = LOAD(x + i * REGISTER + o), im = LOAD(x + i * REGISTER + o + IMAG);
            V size = FMA(re, re, im * im) * LOAD(weight + i * NALG_LANES + o);
            largest = SELECT((M)(size > largest), size, largest);
            sum = sum + size; /* a NaN survives a sum, not a comparison */
        }
        STORE(out + o, SELECT((M)(sum == sum), largest, sum));
    }
}

/* out[l] := max_i |y_i - r x_i|^2 weight_i. */
KERNEL_TARGET static void KERNEL(distance)(double *out, const double *y, const double *x, const double *r, const double *weight, size_t n)
{
    for (size_t o = 0; o < NALG_LANES; o += WIDTH) {
        V largest = SPLAT(0.0), rr = LOAD(r + o), ri = LOAD(r + o + IMAG);
        for (size_t i = 0; i < n; i++) {
            V xr = LOAD(x + i * REGISTER + o), xi = LOAD(x + i * REGISTER + o + IMAG), w = LOAD(weight + i * NALG_LANES + o);
            V dr = FMA(xi, ri, FNMA(xr, rr, LOAD(y + i * REGISTER + o))), di = FNMA(xi, rr, FNMA(xr, ri, LOAD(y + i * REGISTER + o + IMAG)));
            V size = FMA(dr, dr, di * di) * w;
            largest = SELECT((M)(size > largest), size, largest);
        }
        STORE(out + o, largest);
    }
}

/* The factor r of least squares in y = r x. */
KERNEL_TARGET static void KERNEL(ratio)(double *r, const double *y, const double *x, const double *weight, size_t n)
{
    for (size_t o = 0; o < NALG_LANES; o += WIDTH) {
        V re = SPLAT(0.0), im = re, size = SPLAT(1e-300);
        for (size_t i = 0; i < n; i++) {
            V w = LOAD(weight + i * NALG_LANES + o), xr = LOAD(x + i * REGISTER + o), xi = LOAD(x + i * REGISTER + o + IMAG);
            V yr = LOAD(y + i * REGISTER + o), yi = LOAD(y + i * REGISTER + o + IMAG), vr = xr * w, vi = xi * w;
            re = FMA(vr, yr, FMA(vi, yi, re));
            im = FMA(vr, yi, FNMA(vi, yr, im));
            size = FMA(vr, xr, FMA(vi, xi, size));
        }
        STORE(r + o, re / size);
        STORE(r + o + IMAG, im / size);
    }
}

KERNEL_TARGET static void KERNEL(weights)(double *weight, const double *x, size_t n, double floor)
{
    for (size_t o = 0; o < NALG_LANES; o += WIDTH) {
        V largest = SPLAT(1e-200);
        for (size_t i = 0; i < n; i++) {
            V re = LOAD(x + i * REGISTER + o), im = LOAD(x + i * REGISTER + o + IMAG), size = FMA(re, re, im * im);
            largest = SELECT((M)(size > largest), size, largest);
        }
        for (size_t i = 0; i < n; i++) {
            V re = LOAD(x + i * REGISTER + o), im = LOAD(x + i * REGISTER + o + IMAG), size = FMA(re, re, im * im);
            STORE(weight + i * NALG_LANES + o, SPLAT(1.0) / FMA(SPLAT(floor), largest, size));
        }
    }
}

static const nalg_lane_kernels KERNEL(table) = {
    .name = KERNEL_NAME, .width = WIDTH, .run = KERNEL(run), .series = KERNEL(series), .factor = KERNEL(factor),
    .solve = KERNEL(solve), .horner = KERNEL(horner), .subtract = KERNEL(subtract), .norm = KERNEL(norm),
    .weights = KERNEL(weights), .ratio = KERNEL(ratio), .distance = KERNEL(distance)};

#undef V
#undef M
#undef INLINE
#undef LOAD
#undef STORE
#undef SELECT
#undef IMAG
#undef REGISTER
#undef ACCUMULATE
#undef CONVOLVE
#undef CONVOLVE_AFFINE
#undef KERNEL
#undef KERNEL_NAME
#undef KERNEL_TARGET
#undef WIDTH
#undef SPLAT
#undef FMA
#undef FNMA
#undef ROOT
