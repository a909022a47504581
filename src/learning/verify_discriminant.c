/* Checking pictures of the discriminant. The picture determines the table of chambers. At the data, at a
 * sample of each chamber and at some pixels the critical points are counted again by `landscape` under
 * another seed: monodromy from the start for these targets, other chart, no path of the picture's. The
 * nearest wall must separate: other numbers beyond it, the data's numbers before it and on a circle within
 * its distance. SPDX-License-Identifier: LGPL-2.1-or-later */
#include "learning/verify_discriminant.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "core/result.h"
#include "learning/data_document.h"
#include "learning/discriminant_internal.h"
#include "model/dataset.h"
#include "neuroalg/landscape.h"

#define OTHER_SEED 0x9e3779b97f4a7c15ULL
#define CHAMBERS 8 /* counted again */
#define PIXELS 6
#define ANGLES 6
#define BESIDE 1e-4 /* of the distance to the wall, on both sides of it: chambers may be thin */
#define SIZE_MOST 1024
#define EQUAL 1e-9
enum { STREAM_PIXELS = 6801 };

typedef struct {
    uint16_t real, minima;
} numbers;

typedef struct {
    nalg_verification *v;
    nalg_data data;
    double *span, *targets; /* directions, 2 x values; targets of the question that is asked */
    size_t values, limit, size;
    double extent;
    uint16_t *real, *minima; /* of the picture */
    numbers origin;
    json_t *complex_count, *completeness; /* of the last search */
} checker;

/* ---- reading ---- */

static bool read_question(checker *k)
{
    const json_t *q = json_object_get(k->v->evidence, "question");
    uint64_t limit;
    size_t length;
    if (!nalg_json_get_unsigned(q, "limit", &limit) ||
        !nalg_data_read(&k->data, json_object_get(q, "data"), k->v->model) ||
        nalg_data_check(k->v->ctx, &k->data, k->v->model) != NALG_OK)
        return false;
    k->limit = limit;
    k->values = k->data.samples * k->data.output_size;
    k->span = nalg_reals_read(json_object_get(q, "directions"), &length);
    k->targets = nalg_array(k->values, sizeof *k->targets);
    if (!k->span || !k->targets || length != 2 * k->values) return false;
    double product[3] = {0};
    for (size_t i = 0; i < k->values; i++) {
        double a = k->span[i], b = k->span[k->values + i];
        product[0] += a * a, product[1] += a * b, product[2] += b * b;
    }
    return fabs(product[0] - 1) <= EQUAL && fabs(product[1]) <= EQUAL && fabs(product[2] - 1) <= EQUAL;
}

/* Rows of runs [number, length, ...], each of exactly `size` pixels. */
static bool read_rows(const checker *k, uint16_t *out, const json_t *rows)
{
    if (json_array_size(rows) != k->size) return false;
    for (size_t y = 0; y < k->size; y++) {
        const json_t *row = json_array_get(rows, y);
        size_t x = 0;
        if (json_array_size(row) % 2) return false;
        for (size_t i = 0; i < json_array_size(row); i += 2) {
            const json_t *value = json_array_get(row, i), *run = json_array_get(row, i + 1);
            json_int_t n = json_integer_value(value), length = json_integer_value(run);
            if (!json_is_integer(value) || !json_is_integer(run) || n < 0 || n > UINT16_MAX || length < 1 ||
                (size_t)length > k->size - x)
                return false;
            for (; length > 0; length--, x++) out[y * k->size + x] = (uint16_t)n;
        }
        if (x != k->size) return false;
    }
    return true;
}

static bool read_picture(checker *k)
{
    const json_t *picture = json_object_get(k->v->result, "picture"),
                 *extent = json_object_get(picture, "extent");
    uint64_t size = 0, real = UINT64_MAX, minima = UINT64_MAX;
    if (!nalg_json_get_unsigned(picture, "size", &size) || size < 8 || size > SIZE_MOST ||
        !json_is_real(extent) || !(json_real_value(extent) > 0))
        return false;
    k->size = size;
    k->extent = json_real_value(extent);
    k->real = nalg_array(k->size * k->size, sizeof *k->real);
    k->minima = nalg_array(k->size * k->size, sizeof *k->minima);
    if (!k->real || !k->minima || !nalg_json_get_unsigned(k->v->result, "real_critical_points", &real) ||
        !nalg_json_get_unsigned(k->v->result, "minima", &minima) || real > UINT16_MAX || minima > UINT16_MAX)
        return false;
    k->origin = (numbers){(uint16_t)real, (uint16_t)minima};
    return read_rows(k, k->real, json_object_get(picture, "real")) &&
           read_rows(k, k->minima, json_object_get(picture, "minima"));
}

/* The status says no more than that no critical point over the data is missing. */
static bool evidence_follows(const nalg_verification *v)
{
    uint64_t missing = 0;
    const json_t *status = json_object_get(v->evidence, "status"),
                 *reason = json_object_get(v->evidence, "reason");
    return nalg_json_get_unsigned(v->evidence, "missing", &missing) && json_is_string(status) &&
           json_is_string(reason) && !strcmp(json_string_value(status), missing ? "unknown" : "numerical") &&
           !strcmp(json_string_value(reason), nalg_discriminant_reason(missing > 0));
}

/* ---- what follows from the picture ---- */

static bool same(numbers a, numbers b)
{
    return a.real == b.real && a.minima == b.minima;
}

static double place_of(const checker *k, size_t pixel)
{
    return ((double)pixel - (double)(k->size - 1) / 2) * (2 * k->extent / (double)(k->size - 1));
}

static bool read_pair(const json_t *pair, double *u, double *v)
{
    const json_t *a = json_array_get(pair, 0), *b = json_array_get(pair, 1);
    *u = json_number_value(a);
    *v = json_number_value(b);
    return json_array_size(pair) == 2 && json_is_real(a) && json_is_real(b);
}

static bool read_chamber(const json_t *row, numbers *n, double *u, double *v)
{
    uint64_t real, minima;
    bool ok = nalg_json_get_unsigned(row, "real_critical_points", &real) &&
              nalg_json_get_unsigned(row, "minima", &minima) && real <= UINT16_MAX && minima <= UINT16_MAX &&
              read_pair(json_object_get(row, "sample"), u, v);
    if (ok) *n = (numbers){(uint16_t)real, (uint16_t)minima};
    return ok;
}

static void check_chambers(checker *k)
{
    const json_t *list = json_object_get(k->v->result, "chambers");
    json_t *again = nalg_discriminant_chambers(k->real, k->minima, k->size, k->extent);
    nalg_verification_record(k->v, "the chambers, their shares and samples follow from the picture",
                             nalg_json_agree(list, again, EQUAL), "%zu chambers", json_array_size(list));
    json_decref(again);
}

/* ---- counting again ---- */

/* Numbers at targets y + u d1 + v d2. *known: false where that search loses a path. */
static nalg_status recount(checker *k, numbers *out, bool *known, double u, double v)
{
    nalg_ctx *ctx = k->v->ctx;
    uint64_t seed = nalg_ctx_seed(ctx);
    nalg_landscape_options options = {.limit = k->limit};
    nalg_data moved = k->data;
    nalg_result *again = NULL;
    for (size_t i = 0; i < k->values; i++)
        k->targets[i] = k->data.targets[i] + u * k->span[i] + v * k->span[k->values + i];
    moved.targets = k->targets;
    *known = false;
    nalg_ctx_set_seed(ctx, seed ^ OTHER_SEED);
    nalg_status status = nalg_landscape(ctx, &again, k->v->model, &moved, &options);
    nalg_ctx_set_seed(ctx, seed);
    if (status != NALG_OK) return status;
    const json_t *result = json_object_get(again->document, "result"), *point;
    uint64_t real;
    size_t i;
    *out = (numbers){0, 0};
    if (nalg_json_get_unsigned(result, "count_real", &real)) {
        *known = true;
        json_array_foreach(json_object_get(result, "critical_points"), i, point)
        {
            bool pure = !strcmp(json_string_value(json_object_get(point, "kind")), "pure");
            out->real = (uint16_t)(out->real + pure);
            out->minima = (uint16_t)(out->minima + (pure && json_is_true(json_object_get(point, "minimum"))));
        }
    }
    json_decref(k->complex_count);
    json_decref(k->completeness);
    k->complex_count = json_incref(json_object_get(result, "count_complex"));
    k->completeness =
        json_incref(json_object_get(json_array_get(json_object_get(result, "strata"), 0), "completeness"));
    nalg_result_free(again);
    return NALG_OK;
}

/* The numbers at a place are (or, not `equal`, are not) these; *ok stays true then, *tried counts places. */
static nalg_status expect(checker *k, double u, double v, numbers wanted, bool equal, bool *ok, size_t *tried)
{
    numbers found;
    bool known;
    nalg_status status = recount(k, &found, &known, u, v);
    if (status == NALG_OK && known) {
        *ok = *ok && same(found, wanted) == equal;
        ++*tried;
    }
    return status;
}

/* The last search found as many complex critical points, and knows it in the same way. */
static bool same_start(const checker *k)
{
    return json_equal(json_object_get(k->v->result, "count_complex"), k->complex_count) &&
           json_equal(json_object_get(k->v->evidence, "completeness"), k->completeness);
}

static nalg_status check_samples(checker *k)
{
    const json_t *list = json_object_get(k->v->result, "chambers");
    bool ok = true;
    size_t tried = 0, count = json_array_size(list);
    nalg_status status = expect(k, 0, 0, k->origin, true, &ok, &tried);
    ok = ok && (!tried || same_start(k));
    for (size_t i = 0; status == NALG_OK && i < count && i < CHAMBERS; i++) {
        numbers n;
        double u, v;
        if (!read_chamber(json_array_get(list, i), &n, &u, &v)) continue;
        nalg_progress(k->v->ctx, "chambers", i, count, NULL);
        status = expect(k, u, v, n, true, &ok, &tried);
    }
    if (status == NALG_OK)
        nalg_verification_record(k->v, "counts at the data and in the chambers by another search", ok,
                                 "%zu places", tried);
    return status;
}

static numbers at_pixel(const checker *k, size_t i)
{
    return (numbers){k->real[i], k->minima[i]};
}

/* Pixels whose neighbours have the same numbers: there no wall is near. */
static nalg_status check_pixels(checker *k)
{
    nalg_random r = nalg_random_stream(nalg_ctx_seed(k->v->ctx) ^ OTHER_SEED, STREAM_PIXELS);
    bool ok = true;
    size_t tried = 0;
    nalg_status status = NALG_OK;
    for (int i = 0; status == NALG_OK && i < PIXELS; i++) {
        size_t x = 1 + nalg_random_bits(&r) % (k->size - 2), y = 1 + nalg_random_bits(&r) % (k->size - 2);
        size_t at = y * k->size + x;
        if (same(at_pixel(k, at), at_pixel(k, at + 1)) && same(at_pixel(k, at), at_pixel(k, at - 1)) &&
            same(at_pixel(k, at), at_pixel(k, at + k->size)) &&
            same(at_pixel(k, at), at_pixel(k, at - k->size)))
            status = expect(k, place_of(k, x), place_of(k, y), at_pixel(k, at), true, &ok, &tried);
    }
    if (status == NALG_OK)
        nalg_verification_record(k->v, "counts at random pixels by another search", ok, "%zu pixels", tried);
    return status;
}

static nalg_status check_wall(checker *k)
{
    const json_t *wall = json_object_get(k->v->result, "nearest_wall");
    double u = 0, v = 0, size = 0, within = 1.4 * k->extent;
    bool ok = true, any = !json_is_null(wall);
    size_t tried = 0, circle = 0;
    nalg_status status = NALG_OK;
    for (size_t i = 0; i < k->values; i++) size += k->data.targets[i] * k->data.targets[i];
    if (any) {
        double distance = json_number_value(json_object_get(wall, "distance")),
               relative = json_number_value(json_object_get(wall, "relative"));
        ok = json_is_string(json_object_get(wall, "known")) &&
             !strcmp(json_string_value(json_object_get(wall, "known")),
                     "first change on rays in the plane, bisected: an upper bound of the distance in target "
                     "space") &&
             read_pair(json_object_get(wall, "at"), &u, &v) && distance > 0 &&
             fabs(hypot(u, v) - distance) <= EQUAL * distance &&
             fabs(relative * sqrt(size) - distance) <= EQUAL * distance;
        within = 0.9 * distance;
        if (ok) status = expect(k, u * (1 - BESIDE), v * (1 - BESIDE), k->origin, true, &ok, &tried);
        if (ok && status == NALG_OK)
            status = expect(k, u * (1 + BESIDE), v * (1 + BESIDE), k->origin, false, &ok, &tried);
        if (status == NALG_OK)
            nalg_verification_record(k->v, "the nearest wall separates different numbers", ok,
                                     "on both sides, at %.10g", distance);
    }
    for (int i = 0; status == NALG_OK && ok && i < ANGLES; i++)
        status = expect(k, within * cos(2 * M_PI * (i + 0.5) / ANGLES),
                        within * sin(2 * M_PI * (i + 0.5) / ANGLES), k->origin, true, &ok, &circle);
    if (status == NALG_OK)
        nalg_verification_record(k->v, "no wall is nearer in some directions", ok, "%zu directions", circle);
    return status;
}

static void settle(checker *k, nalg_status status)
{
    if (status == NALG_E_ARGUMENT || status == NALG_E_SHAPE || status == NALG_E_LIMIT ||
        status == NALG_E_UNSUPPORTED)
        nalg_verification_record(k->v, "the question can be asked", false, "%s",
                                 nalg_ctx_last_error(k->v->ctx).what);
    else if (status != NALG_OK)
        k->v->status = status;
}

void nalg_verify_discriminant(nalg_verification *v)
{
    checker k = {.v = v};
    v->strength = "numerical";
    const json_t *q = json_object_get(v->evidence, "question");
    if (json_is_object(q) && json_is_null(json_object_get(q, "data"))) {
        v->status = nalg_fail(v->ctx, NALG_E_LIMIT, NULL, "use fewer samples",
                              "this document has not kept its data, which is too large");
        return;
    }
    bool readable = read_question(&k) && read_picture(&k) && evidence_follows(v);
    nalg_verification_record(v, "question, data, plane and picture can be read", readable,
                             "%zu pixels a side", k.size);
    if (v->valid) check_chambers(&k);
    if (v->valid) settle(&k, check_wall(&k));
    if (v->status == NALG_OK && v->valid) settle(&k, check_samples(&k));
    if (v->status == NALG_OK && v->valid) settle(&k, check_pixels(&k));
    nalg_data_release(&k.data);
    free(k.span);
    free(k.targets);
    free(k.real);
    free(k.minima);
    json_decref(k.complex_count);
    json_decref(k.completeness);
}
