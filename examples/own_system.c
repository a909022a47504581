/* A system of one's own: the points of the ellipse x^2 + 4 y^2 = 1 where the distance to (u, v) is critical.
 *
 *   x^2 + 4 y^2 = 1,   x - u = m x,   y - v = 4 m y      unknowns x, y, m; parameters u, v
 *
 * For generic (u, v) there are 4 complex solutions (the Euclidean distance degree of an ellipse). They are
 * found from one that is known, and then followed to real (u, v): inside the evolute (2u)^(2/3) + v^(2/3) =
 * (3/2)^(2/3) all 4 are real, outside 2.
 *
 *   cc -std=c17 own_system.c $(pkg-config --cflags --libs neuroalg) -lm
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <complex.h>
#include <math.h>
#include <neuroalg/neuroalg.h>
#include <stdio.h>
#include <stdlib.h>

/* a + k b */
static int plus(nalg_family *f, int a, double k, int b)
{
    return nalg_family_sum(f, a, nalg_family_product(f, nalg_family_constant(f, k, 0), b));
}

static nalg_status add_equations(nalg_ctx *ctx, nalg_family *f)
{
    int x = nalg_family_unknown(f, 0), y = nalg_family_unknown(f, 1), m = nalg_family_unknown(f, 2);
    int u = nalg_family_parameter(f, 0), v = nalg_family_parameter(f, 1);
    int xx = nalg_family_product(f, x, x), yy = nalg_family_product(f, y, y);
    int ellipse = nalg_family_sum(f, plus(f, xx, 4, yy), nalg_family_constant(f, -1, 0));
    int along_x = plus(f, plus(f, x, -1, u), -1, nalg_family_product(f, m, x));
    int along_y = plus(f, plus(f, y, -1, v), -4, nalg_family_product(f, m, y));
    nalg_status status = nalg_family_add(ctx, f, ellipse);
    if (status == NALG_OK) status = nalg_family_add(ctx, f, along_x);
    if (status == NALG_OK) status = nalg_family_add(ctx, f, along_y);
    return status; /* a node that could not be made is refused here */
}

/* One complex solution: take a point of the ellipse and m, then read off (u, v). Numbers are pairs (real,
 * imaginary). */
static void start_pair(double z[6], double p[4])
{
    double complex t = 0.7 + 0.4 * I, m = -0.3 + 0.8 * I, x = (1 - t * t) / (1 + t * t), y = t / (1 + t * t);
    double complex unknown[3] = {x, y, m}, parameter[2] = {x - m * x, y - 4 * m * y};
    for (int i = 0; i < 3; i++) z[2 * i] = creal(unknown[i]), z[2 * i + 1] = cimag(unknown[i]);
    for (int i = 0; i < 2; i++) p[2 * i] = creal(parameter[i]), p[2 * i + 1] = cimag(parameter[i]);
}

/* Follow the solutions to real (u, v) and print those that are real. */
static nalg_status follow(nalg_ctx *ctx, const nalg_family *f, const double *p, const double *z, size_t count,
                          double u, double v)
{
    const double to[] = {u, 0, v, 0};
    const nalg_homotopy homotopy = {.start = z, .count = count, .from = p, .to = to};
    nalg_solutions *end = NULL;
    nalg_status status = nalg_family_track(ctx, &end, f, &homotopy);
    if (status != NALG_OK) return status;
    printf("(u, v) = (%g, %g): %zu solutions, real ones\n", u, v,
           nalg_solutions_count(end, NALG_END_REGULAR));
    for (size_t k = 0; k < nalg_solutions_paths(end); k++) {
        nalg_solution s = nalg_solutions_path(end, k);
        if (s.end == NALG_END_REGULAR && fabs(s.imag[0]) + fabs(s.imag[1]) < 1e-9)
            printf("  x = %.6f, y = %.6f, distance %.6f\n", s.real[0], s.real[1],
                   hypot(s.real[0] - u, s.real[1] - v));
    }
    nalg_solutions_free(end);
    return NALG_OK;
}

int main(void)
{
    nalg_ctx *ctx = NULL;
    nalg_family *family = NULL;
    nalg_solutions *all = NULL;
    double p[4], z[6], *start = NULL;
    size_t count = 0;
    start_pair(z, p);
    nalg_status status = nalg_ctx_create(&ctx);
    if (status == NALG_OK) status = nalg_family_create(ctx, &family, 3, 2);
    if (status == NALG_OK) status = add_equations(ctx, family);
    if (status == NALG_OK) status = nalg_family_monodromy(ctx, &all, family, p, z, 1, 0);
    if (status == NALG_OK) {
        count = nalg_solutions_paths(all);
        start = malloc(6 * count * sizeof *start);
        if (!start) status = NALG_E_MEMORY;
    }
    for (size_t k = 0; start && k < 3 * count; k++) {
        nalg_solution s = nalg_solutions_path(all, k / 3);
        start[2 * k] = s.real[k % 3];
        start[2 * k + 1] = s.imag[k % 3];
    }
    if (status == NALG_OK) status = follow(ctx, family, p, start, count, 0.1, 0.1);
    if (status == NALG_OK) status = follow(ctx, family, p, start, count, 2, 1);
    if (status != NALG_OK) fprintf(stderr, "%s\n", ctx ? nalg_ctx_last_error(ctx).what : "no memory");
    free(start);
    nalg_solutions_free(all);
    nalg_family_free(family);
    nalg_ctx_free(ctx);
    return status == NALG_OK ? 0 : 1;
}
