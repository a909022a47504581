/* The kernels for one instruction set; kernels.c includes this file once for each, after defining
 *   KERNEL(name)            the function's name for this set
 *   KERNEL_TARGET           its attribute
 *   LANES                   doubles in a vector
 *   SPLAT(x)                a vector of equal lanes
 *   MULTIPLY_ADD(a, b, c)   a b + c
 * Loops run over whole vectors, then over single entries. Rounding to an integer adds and subtracts ROUNDER.
 * SPDX-License-Identifier: LGPL-2.1-or-later */

typedef double KERNEL(vector) __attribute__((vector_size(8 * LANES), may_alias));
typedef double KERNEL(loose) __attribute__((vector_size(8 * LANES), aligned(8), may_alias)); /* at any address */

KERNEL_TARGET static void KERNEL(reduce)(const nalg_modulus *modulus, nalg_block c)
{
    typedef KERNEL(vector) vector;
    typedef KERNEL(loose) loose;
    const double p = modulus->p, inverse = modulus->inverse;
    const vector vp = SPLAT(-p), vi = SPLAT(inverse), rounder = SPLAT(ROUNDER);
    for (size_t i = 0; i < c.rows; i++) {
        double *row = c.at + i * c.stride;
        size_t j = 0;
        for (; j + LANES <= c.cols; j += LANES) {
            vector x = *(loose *)(row + j), q = (x * vi + rounder) - rounder;
            *(loose *)(row + j) = MULTIPLY_ADD(q, vp, x);
        }
        for (; j < c.cols; j++) row[j] -= ((row[j] * inverse + ROUNDER) - ROUNDER) * p;
    }
}

KERNEL_TARGET static void KERNEL(split)(nalg_block high, nalg_block low, nalg_block a)
{
    typedef KERNEL(vector) vector;
    typedef KERNEL(loose) loose;
    const double s = NALG_KERNEL_SPLIT, inverse = 1 / NALG_KERNEL_SPLIT;
    const vector vs = SPLAT(-s), vi = SPLAT(inverse), rounder = SPLAT(ROUNDER);
    for (size_t i = 0; i < a.rows; i++) {
        const double *from = a.at + i * a.stride;
        double *up = high.at + i * high.stride, *down = low.at + i * low.stride;
        size_t j = 0;
        for (; j + LANES <= a.cols; j += LANES) {
            vector x = *(const loose *)(from + j), q = (x * vi + rounder) - rounder;
            *(loose *)(up + j) = q;
            *(loose *)(down + j) = MULTIPLY_ADD(q, vs, x);
        }
        for (; j < a.cols; j++) {
            double q = (from[j] * inverse + ROUNDER) - ROUNDER;
            up[j] = q;
            down[j] = from[j] - q * s;
        }
    }
}

KERNEL_TARGET static void KERNEL(subtract_multiple_one)(const nalg_modulus *modulus, double *row, double factor,
                                                        const double *from, size_t n)
{
    typedef KERNEL(vector) vector;
    typedef KERNEL(loose) loose;
    const double p = modulus->p, inverse = modulus->inverse;
    const vector vp = SPLAT(-p), vi = SPLAT(inverse), rounder = SPLAT(ROUNDER), vf = SPLAT(-factor);
    size_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        vector x = MULTIPLY_ADD(vf, *(const loose *)(from + j), *(loose *)(row + j)), q = (x * vi + rounder) - rounder;
        *(loose *)(row + j) = MULTIPLY_ADD(q, vp, x);
    }
    for (; j < n; j++) {
        double x = row[j] - factor * from[j];
        row[j] = x - ((x * inverse + ROUNDER) - ROUNDER) * p;
    }
}

/* With two limbs the high product is reduced before it is shifted: |x| stays below 2^47. */
KERNEL_TARGET static void KERNEL(subtract_multiple_two)(const nalg_modulus *modulus, double *row, double factor,
                                                        const double *from, size_t n)
{
    typedef KERNEL(vector) vector;
    typedef KERNEL(loose) loose;
    const double p = modulus->p, inverse = modulus->inverse, s = NALG_KERNEL_SPLIT;
    const double high = (factor * (1 / s) + ROUNDER) - ROUNDER, low = factor - high * s;
    const vector vp = SPLAT(-p), vi = SPLAT(inverse), rounder = SPLAT(ROUNDER), vs = SPLAT(-s);
    const vector vh = SPLAT(high), vl = SPLAT(-low);
    size_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        vector y = *(const loose *)(from + j), t = vh * y, q = (t * vi + rounder) - rounder;
        t = MULTIPLY_ADD(q, vp, t);
        t = MULTIPLY_ADD(vs, t, *(loose *)(row + j));
        t = MULTIPLY_ADD(vl, y, t);
        q = (t * vi + rounder) - rounder;
        *(loose *)(row + j) = MULTIPLY_ADD(q, vp, t);
    }
    for (; j < n; j++) {
        double y = from[j], t = high * y;
        t -= ((t * inverse + ROUNDER) - ROUNDER) * p;
        t = row[j] - s * t - low * y;
        row[j] = t - ((t * inverse + ROUNDER) - ROUNDER) * p;
    }
}

KERNEL_TARGET static void KERNEL(subtract_multiple)(const nalg_modulus *modulus, double *row, double factor,
                                                    const double *from, size_t n)
{
    if (modulus->limbs == 1)
        KERNEL(subtract_multiple_one)(modulus, row, factor, from, n);
    else
        KERNEL(subtract_multiple_two)(modulus, row, factor, from, n);
}

KERNEL_TARGET static void KERNEL(combine_one)(const nalg_modulus *modulus, double *row, double scale, double factor,
                                              const double *from, size_t n)
{
    typedef KERNEL(vector) vector;
    typedef KERNEL(loose) loose;
    const double p = modulus->p, inverse = modulus->inverse;
    const vector vp = SPLAT(-p), vi = SPLAT(inverse), rounder = SPLAT(ROUNDER), vs = SPLAT(scale), vf = SPLAT(-factor);
    size_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        vector x = vs * *(loose *)(row + j), q;
        x = MULTIPLY_ADD(vf, *(const loose *)(from + j), x);
        q = (x * vi + rounder) - rounder;
        *(loose *)(row + j) = MULTIPLY_ADD(q, vp, x);
    }
    for (; j < n; j++) {
        double x = scale * row[j] - factor * from[j];
        row[j] = x - ((x * inverse + ROUNDER) - ROUNDER) * p;
    }
}

/* The high parts of both products are reduced together, then shifted. */
KERNEL_TARGET static void KERNEL(combine_two)(const nalg_modulus *modulus, double *row, double scale, double factor,
                                              const double *from, size_t n)
{
    typedef KERNEL(vector) vector;
    typedef KERNEL(loose) loose;
    const double p = modulus->p, inverse = modulus->inverse, s = NALG_KERNEL_SPLIT;
    const double scale_high = (scale * (1 / s) + ROUNDER) - ROUNDER, scale_low = scale - scale_high * s;
    const double factor_high = (factor * (1 / s) + ROUNDER) - ROUNDER, factor_low = factor - factor_high * s;
    const vector vp = SPLAT(-p), vi = SPLAT(inverse), rounder = SPLAT(ROUNDER), vs = SPLAT(s);
    const vector sh = SPLAT(scale_high), sl = SPLAT(scale_low), fh = SPLAT(-factor_high), fl = SPLAT(-factor_low);
    size_t j = 0;
    for (; j + LANES <= n; j += LANES) {
        vector x = *(loose *)(row + j), y = *(const loose *)(from + j), t = sh * x, q;
        t = MULTIPLY_ADD(fh, y, t);
        q = (t * vi + rounder) - rounder;
        t = MULTIPLY_ADD(q, vp, t) * vs;
        t = MULTIPLY_ADD(sl, x, t);
        t = MULTIPLY_ADD(fl, y, t);
        q = (t * vi + rounder) - rounder;
        *(loose *)(row + j) = MULTIPLY_ADD(q, vp, t);
    }
    for (; j < n; j++) {
        double t = scale_high * row[j] - factor_high * from[j];
        t -= ((t * inverse + ROUNDER) - ROUNDER) * p;
        t = s * t + scale_low * row[j] - factor_low * from[j];
        row[j] = t - ((t * inverse + ROUNDER) - ROUNDER) * p;
    }
}

KERNEL_TARGET static void KERNEL(combine)(const nalg_modulus *modulus, double *row, double scale, double factor,
                                          const double *from, size_t n)
{
    if (modulus->limbs == 1)
        KERNEL(combine_one)(modulus, row, scale, factor, from, n);
    else
        KERNEL(combine_two)(modulus, row, scale, factor, from, n);
}

/* c (TILE_ROWS x 2 vectors) -= a b, where b is packed: depth rows of 2 vectors. */
KERNEL_TARGET static inline __attribute__((always_inline)) void KERNEL(tile)(double *c, size_t c_stride, const double *a,
                                                                            size_t a_stride, const double *b, size_t depth)
{
    typedef KERNEL(vector) vector;
    typedef KERNEL(loose) loose;
    vector sum[TILE_ROWS][2];
    for (int i = 0; i < TILE_ROWS; i++) sum[i][0] = sum[i][1] = SPLAT(0.0);
    for (size_t l = 0; l < depth; l++) {
        const vector b0 = *(const vector *)(b + 2 * LANES * l), b1 = *(const vector *)(b + 2 * LANES * l + LANES);
        for (int i = 0; i < TILE_ROWS; i++) {
            const vector x = SPLAT(a[(size_t)i * a_stride + l]);
            sum[i][0] = MULTIPLY_ADD(x, b0, sum[i][0]);
            sum[i][1] = MULTIPLY_ADD(x, b1, sum[i][1]);
        }
    }
    for (int i = 0; i < TILE_ROWS; i++) {
        loose *row = (loose *)(c + (size_t)i * c_stride);
        row[0] -= sum[i][0];
        row[1] -= sum[i][1];
    }
}

/* A tile that does not fit: computed in full beside C, then the part inside C is stored. */
KERNEL_TARGET static void KERNEL(partial_tile)(nalg_block c, const double *a, size_t a_stride, const double *b, size_t depth)
{
    double beside[TILE_ROWS * 2 * LANES] __attribute__((aligned(64))) = {0}, left[TILE_ROWS * STRIP_DEPTH];
    for (size_t i = 0; i < TILE_ROWS; i++)
        for (size_t l = 0; l < depth; l++) left[i * STRIP_DEPTH + l] = i < c.rows ? a[i * a_stride + l] : 0;
    KERNEL(tile)(beside, 2 * LANES, left, STRIP_DEPTH, b, depth);
    for (size_t i = 0; i < c.rows; i++)
        for (size_t j = 0; j < c.cols; j++) c.at[i * c.stride + j] += beside[i * 2 * LANES + j];
}

/* One strip of B, 2 vectors wide and at most STRIP_DEPTH deep, packed so that it stays in the first-level cache. */
KERNEL_TARGET static void KERNEL(strip)(nalg_block c, nalg_block a, nalg_block b)
{
    double packed[STRIP_DEPTH * 2 * LANES] __attribute__((aligned(64)));
    for (size_t l = 0; l < b.rows; l++)
        for (size_t j = 0; j < 2 * LANES; j++) packed[2 * LANES * l + j] = j < b.cols ? b.at[l * b.stride + j] : 0;
    size_t i = 0;
    if (b.cols == 2 * LANES)
        for (; i + TILE_ROWS <= c.rows; i += TILE_ROWS)
            KERNEL(tile)(c.at + i * c.stride, c.stride, a.at + i * a.stride, a.stride, packed, b.rows);
    for (; i < c.rows; i += TILE_ROWS) {
        size_t height = c.rows - i < TILE_ROWS ? c.rows - i : TILE_ROWS;
        nalg_block corner = {c.at + i * c.stride, height, b.cols, c.stride};
        KERNEL(partial_tile)(corner, a.at + i * a.stride, a.stride, packed, b.rows);
    }
}

KERNEL_TARGET static void KERNEL(subtract_product)(nalg_block c, nalg_block a, nalg_block b)
{
    for (size_t l = 0; l < b.rows; l += STRIP_DEPTH) {
        const size_t depth = b.rows - l < STRIP_DEPTH ? b.rows - l : STRIP_DEPTH;
        const nalg_block left = {a.at + l, a.rows, depth, a.stride};
        for (size_t j = 0; j < c.cols; j += 2 * LANES) {
            const size_t width = c.cols - j < 2 * LANES ? c.cols - j : 2 * LANES;
            const nalg_block to = {c.at + j, c.rows, width, c.stride};
            const nalg_block right = {b.at + l * b.stride + j, depth, width, b.stride};
            KERNEL(strip)(to, left, right);
        }
    }
}

static const nalg_kernels KERNEL(table) = {KERNEL(reduce), KERNEL(subtract_product), KERNEL(subtract_multiple),
                                           KERNEL(combine), KERNEL(split)};

#undef KERNEL
#undef KERNEL_TARGET
#undef LANES
#undef SPLAT
#undef MULTIPLY_ADD
