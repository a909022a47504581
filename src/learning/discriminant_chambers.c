/* The table of chambers of a picture.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "core/memory.h"
#include "learning/discriminant_internal.h"

#define CHAMBERS 200

typedef struct {
    uint16_t real, minima;
    size_t pixels;
    double u, v, edge; /* a sample: the pixel farthest from other chambers that was seen */
} chamber;

static double place_of(size_t n, double step, size_t pixel)
{
    return ((double)pixel - (double)(n - 1) / 2) * step;
}

/* Chambers by their numbers, the sample being the pixel with the largest square of its own kind around it. */
static size_t find_chambers(chamber *list, size_t most, const uint16_t *real, const uint16_t *minima,
                            size_t n, double step)
{
    size_t count = 0;
    for (size_t y = 0; y < n; y++)
        for (size_t x = 0; x < n; x++) {
            size_t i = 0, p = y * n + x;
            while (i < count && (list[i].real != real[p] || list[i].minima != minima[p])) i++;
            if (i == most) continue;
            if (i == count) list[count++] = (chamber){real[p], minima[p], 0, 0, 0, -1};
            list[i].pixels++;
            size_t radius = 0;
            while (radius < 40 && x > radius && y > radius && x + radius + 1 < n && y + radius + 1 < n) {
                size_t r = radius + 1;
                bool same = true;
                for (size_t k = 0; k < 4; k++) {
                    size_t q = (y + (k & 1 ? r : -r)) * n + x + (k & 2 ? r : -r);
                    same = same && real[q] == real[p] && minima[q] == minima[p];
                }
                if (!same) break;
                radius = r;
            }
            if ((double)radius > list[i].edge)
                list[i].edge = (double)radius, list[i].u = place_of(n, step, x),
                list[i].v = place_of(n, step, y);
        }
    return count;
}

json_t *nalg_discriminant_chambers(const uint16_t *real, const uint16_t *minima, size_t size, double extent)
{
    chamber *list = nalg_array(CHAMBERS, sizeof *list);
    json_t *chambers = list ? json_array() : NULL;
    size_t count =
        chambers ? find_chambers(list, CHAMBERS, real, minima, size, 2 * extent / (double)(size - 1)) : 0;
    for (size_t i = 0; i < count; i++)
        json_array_append_new(chambers, json_pack("{s:i, s:i, s:f, s:[f, f]}", "real_critical_points",
                                                  (int)list[i].real, "minima", (int)list[i].minima, "share",
                                                  (double)list[i].pixels / (double)(size * size), "sample",
                                                  list[i].u, list[i].v));
    free(list);
    return chambers;
}
