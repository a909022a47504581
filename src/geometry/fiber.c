/* The generic fiber of the parametrisation (METHODS 3).
 *
 * Dimension and symmetries come from `dim`. For the finite part the frozen weights move together with the
 * data y: monodromy finds all points (w over y, frozen weights); those with the function of the start point
 * are its fiber in the slice. Two of them lie in one irreducible component of the fiber exactly when loops of
 * the frozen weights alone exchange them; components are what is counted. SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include "core/complex.h"
#include <math.h>
#include <string.h>
#include "core/memory.h"
#include "core/random.h"
#include "core/result.h"
#include "geometry/chain.h"
#include "geometry/degree.h"
#include "geometry/upper_bounds.h"
#include "model/document.h"
#include "track/monodromy.h"

/* Points of all fibers over y that are kept: beyond this the finite order is unknown. */
#define POINTS_LIMIT 20000
/* With so many the ways back from points with equal functions are tried first. */
#define POINTS_FIRST 3000
#define QUIET_EDGES 6
/* So many ways back to the start for each point, and so many more, leave one of F points out with a chance
 * below F e^-8. */
#define WAYS_FACTOR 8
#define WAYS_LEAST 16
/* Loops of the frozen weights: stop when so many in a row have joined nothing. A loop that could join two
 * components often goes around none of the branch points that exchange their points (measured: every second
 * or third does). */
#define QUIET_LOOPS 30
/* A loop is a polygon around 0 or beside it in each coordinate, and never close to 0, where solutions run
 * together or apart. */
#define CORNERS 5
#define ANGLE_SPREAD 0.35
#define RADIUS_SPREAD 1.6 /* of its logarithm: branch points of every size are met */
#define LOOP_STREAM 2001
#define TWO_PI 6.283185307179586476925
/* Points are the same when they agree to this, relative to their size: Newton's method leaves errors near
 * 1e-14. */
#define SAME_POINT 1e-7

typedef struct {
    nalg_ctx *ctx;
    const nalg_model *model;
    nalg_degree_options options;
    size_t dimension;
    bool dimension_proved;
    nalg_upper_bounds bounds;
    size_t fiber, hidden; /* dimensions: of the fiber; of it, what no known symmetry explains */
    uint64_t known;       /* order of the known finite group; 0: not known */
    nalg_interpolation system;
    nalg_monodromy_result found;
    double complex *point; /* points of the fiber of the start: count x D */
    size_t points, components;
    bool complete; /* all points were found, as far as monodromy tells */
    nalg_certificate certificate;
} computation;

static double distance(const double complex *a, const double complex *b, size_t n)
{
    double d = 0, size = 1;
    for (size_t i = 0; i < n; i++) {
        d = fmax(d, cabs(a[i] - b[i]));
        size = fmax(size, cabs(a[i]));
    }
    return d / size;
}

static size_t points_limit(const computation *c)
{
    return c->options.limit ? c->options.limit : POINTS_LIMIT;
}

/* All points over y, or as many as the limit allows. */
static nalg_status search(computation *c, size_t limit)
{
    nalg_monodromy_problem problem = {.system = c->system.system,
                                      .function = c->system.fingerprint,
                                      .z = c->system.z,
                                      .start_count = 1,
                                      .p = c->system.p};
    nalg_monodromy_options options;
    nalg_monodromy_options_init(&options);
    options.limit = limit;
    options.quiet_edges = QUIET_EDGES;
    options.edge_limit = 60;
    nalg_status status = nalg_monodromy(c->ctx, &c->found, &problem, &options);
    if (status == NALG_OK && c->found.reason == NALG_MONODROMY_INTERRUPTED) return nalg_checkpoint(c->ctx);
    /* An edge matches all solutions one to one: a lost path leads to a known one when there are as many at
     * both ends. */
    bool matched = !c->found.lost || (!c->found.jumps && c->found.opposite == c->found.count);
    c->complete = status == NALG_OK && c->found.reason == NALG_MONODROMY_STAGNATED && matched;
    return status;
}

/* Keep those of the points whose function is that of the start point. */
static nalg_status select_fiber(computation *c, const double complex *z, size_t count)
{
    size_t n = c->dimension, k = NALG_FINGERPRINT_SAMPLES;
    double complex *values = nalg_array(count * k, sizeof *values), *start = nalg_array(k, sizeof *start);
    c->point = nalg_array(count * n, sizeof *c->point);
    nalg_status status = values && start && c->point ? NALG_OK : nalg_fail_memory(c->ctx);
    if (status == NALG_OK)
        status = nalg_system_evaluate(c->ctx, values, NULL, c->system.fingerprint, z, count, c->system.p);
    if (status == NALG_OK)
        status =
            nalg_system_evaluate(c->ctx, start, NULL, c->system.fingerprint, c->system.z, 1, c->system.p);
    for (size_t i = 0; status == NALG_OK && i < count; i++)
        if (distance(start, values + i * k, k) < SAME_POINT)
            memcpy(c->point + c->points++ * n, z + i * n, n * sizeof *c->point);
    free(values);
    free(start);
    return status;
}

/* The start and the points that ways back from others led to: all of the fiber if there were many more ways
 * than points. */
static nalg_status select_returned(computation *c)
{
    const size_t n = c->dimension, count = c->found.returned_count + 1;
    double complex *z = nalg_array(count * n, sizeof *z);
    if (!z) return nalg_fail_memory(c->ctx);
    memcpy(z, c->system.z, n * sizeof *z);
    if (count > 1) memcpy(z + n, c->found.returned, (count - 1) * n * sizeof *z);
    nalg_status status = select_fiber(c, z, count);
    c->complete =
        status == NALG_OK && c->points == count && c->found.ways >= WAYS_FACTOR * c->points + WAYS_LEAST;
    free(z);
    return status;
}

static uint64_t factorial(size_t n)
{
    uint64_t f = 1;
    for (size_t i = 2; i <= n; i++)
        if (__builtin_mul_overflow(f, (uint64_t)i, &f)) return 0;
    return f;
}

/* Greatest common divisor of g and the differences of the first `count` exponents. */
static uint64_t exponent_gcd(uint64_t g, const nalg_polynomial *f, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint64_t a = f->term[0].exponent - f->term[i].exponent;
        while (a) {
            uint64_t t = g % a;
            g = a;
            a = t;
        }
    }
    return g;
}

/* Number of zeta with f(zeta x) = zeta^k f(x) for some k: zeta^g = 1, g the greatest common divisor of the
 * differences of the numerator's exponents and of the denominator's. With biases a polynomial's constant term
 * is part of the next bias. */
static uint64_t unit_roots(const nalg_rational_function *f, bool bias)
{
    const nalg_polynomial *top = &f->numerator;
    bool constant =
        bias && nalg_rational_function_is_polynomial(f) && top->term[top->count - 1].exponent == 0;
    return exponent_gcd(exponent_gcd(0, top, top->count - constant), &f->denominator, f->denominator.count);
}

/* Order of the finite group the architecture is known to have beyond its continuous symmetries: permutations
 * of hidden units, and roots of unity that multiply one. 0: not known. */
static uint64_t known_order(const nalg_model *model, size_t hidden)
{
    nalg_chain chain;
    uint64_t order = 1;
    if (hidden) return 0; /* a hidden continuous group may contain them */
    if (!nalg_chain_read(&chain, model)) return 0;
    for (size_t l = 1; l < chain.layers; l++) {
        if (!chain.activation[l] || nalg_rational_function_is_identity(chain.activation[l])) continue;
        uint64_t permutations = factorial(chain.width[l]), roots = 1;
        if (!nalg_chain_scales(&chain, l)) roots = unit_roots(chain.activation[l], chain.bias);
        for (size_t i = 0; i < chain.width[l]; i++)
            if (__builtin_mul_overflow(permutations, roots, &permutations)) return 0;
        if (!permutations || __builtin_mul_overflow(order, permutations, &order)) return 0;
    }
    return order;
}

/* Known symmetries alone make more points than are kept. */
static bool hopeless(const computation *c)
{
    return c->known > points_limit(c);
}

static nalg_status find_points(computation *c)
{
    const size_t most = points_limit(c), limits[] = {most < POINTS_FIRST ? most : POINTS_FIRST, most};
    nalg_status status = hopeless(c) ? select_fiber(c, c->system.z, 1) : NALG_OK;
    for (size_t k = 0; k < 2 && status == NALG_OK && !c->complete && !hopeless(c); k++) {
        if (k && (limits[0] == most || c->found.reason != NALG_MONODROMY_LIMIT)) break;
        nalg_monodromy_result_clear(&c->found);
        free(c->point);
        c->point = NULL;
        c->points = 0;
        status = search(c, limits[k]);
        if (status == NALG_OK)
            status = c->found.ways ? select_returned(c) : select_fiber(c, c->found.z, c->found.count);
    }
    return status;
}

static size_t root(size_t *parent, size_t i)
{
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
}

/* Points on their way around a loop. */
typedef struct {
    double complex *z, *corner; /* points x D; CORNERS parameters, the first is the base point */
    bool *lost;                 /* this path did not arrive */
    nalg_path_result *path;
    size_t *parent; /* joined points form trees */
    bool careful;   /* small steps */
} journey;

static void draw_corners(const computation *c, double complex *corner, size_t number)
{
    const size_t q = c->system.p_count;
    nalg_random r = nalg_random_stream(nalg_ctx_seed(c->ctx), LOOP_STREAM + number);
    for (size_t k = 0; k < CORNERS; k++) memcpy(corner + k * q, c->system.p, q * sizeof *corner);
    for (size_t i = c->dimension; i < c->system.p_fixed; i++) {
        double winding = floor(3 * nalg_random_unit(&r)) - 1;
        for (size_t k = 1; k < CORNERS; k++) {
            double angle =
                winding * TWO_PI * (double)k / CORNERS + ANGLE_SPREAD * (2 * nalg_random_unit(&r) - 1);
            double radius = exp(RADIUS_SPREAD * (2 * nalg_random_unit(&r) - 1));
            corner[k * q + i] *= CMPLX(radius * cos(angle), radius * sin(angle));
        }
    }
}

/* All points around the loop of j->corner. */
static nalg_status go_around(computation *c, journey *j)
{
    const size_t q = c->system.p_count;
    nalg_status status = NALG_OK;
    memcpy(j->z, c->point, c->points * c->dimension * sizeof *j->z);
    memset(j->lost, 0, c->points * sizeof *j->lost);
    for (size_t k = 0; status == NALG_OK && k < CORNERS; k++) {
        nalg_segment segment = {.from = j->corner + k * q, .to = j->corner + (k + 1) % CORNERS * q};
        nalg_track_job job = {.system = c->system.system,
                              .segment = &segment,
                              .z_start = j->z,
                              .count = c->points,
                              .options = {.careful = j->careful}};
        status = nalg_track(c->ctx, j->z, j->path, &job);
        for (size_t i = 0; i < c->points; i++)
            j->lost[i] = j->lost[i] || j->path[i].outcome != NALG_PATH_CONVERGED;
    }
    return status;
}

/* Where point i has arrived; c->points: nowhere. */
static size_t arrival(const computation *c, const journey *j, size_t i)
{
    const size_t n = c->dimension;
    size_t k = j->lost[i] ? c->points : 0;
    while (k < c->points && !(distance(c->point + k * n, j->z + i * n, n) < SAME_POINT)) k++;
    return k;
}

/* Does the loop exchange points that are not joined yet? Join them, if `act`. */
static bool exchanges(computation *c, journey *j, bool act)
{
    bool found = false;
    for (size_t i = 0; i < c->points; i++) {
        size_t k = arrival(c, j, i);
        if (k == c->points || root(j->parent, i) == root(j->parent, k)) continue;
        found = true;
        if (!act) break;
        j->parent[root(j->parent, i)] = root(j->parent, k);
        c->components--;
    }
    return found;
}

/* One loop with y fixed. A path that jumps would join what does not belong together: only what small steps
 * confirm is joined. */
static nalg_status loop(computation *c, size_t number, journey *j)
{
    draw_corners(c, j->corner, number);
    j->careful = false;
    nalg_status status = go_around(c, j);
    if (status != NALG_OK || !exchanges(c, j, false)) return status;
    j->careful = true;
    status = go_around(c, j);
    if (status == NALG_OK) exchanges(c, j, true);
    return status;
}

static nalg_status count_components(computation *c)
{
    journey j = {.z = nalg_array(c->points * c->dimension, sizeof *j.z),
                 .corner = nalg_array(CORNERS * c->system.p_count, sizeof *j.corner),
                 .lost = nalg_array(c->points, sizeof *j.lost),
                 .path = nalg_array(c->points, sizeof *j.path),
                 .parent = nalg_array(c->points, sizeof *j.parent)};
    nalg_status status = j.z && j.corner && j.lost && j.path && j.parent ? NALG_OK : nalg_fail_memory(c->ctx);
    const bool frozen = c->system.p_fixed > c->dimension;
    c->components = c->points;
    for (size_t i = 0; j.parent && i < c->points; i++) j.parent[i] = i;
    for (size_t k = 0, quiet = 0; status == NALG_OK && frozen && c->components > 1 && quiet < QUIET_LOOPS;
         k++) {
        size_t before = c->components;
        nalg_progress(c->ctx, "components", k, 0, NULL);
        status = loop(c, k, &j);
        quiet = c->components == before ? quiet + 1 : 0;
    }
    free(j.z);
    free(j.corner);
    free(j.lost);
    free(j.path);
    free(j.parent);
    return status;
}

/* Existence of the points, as zeros told apart by their weights. */
static nalg_status certify(computation *c)
{
    const nalg_interpolation *s = &c->system;
    const double complex *input[] = {NULL, s->frozen, s->x, s->c};
    nalg_certify_problem problem = nalg_interpolation_certify(s, input, input);
    problem.fingerprint = (nalg_certify_map){0};
    return nalg_certify_solutions(c->ctx, &c->certificate, &problem, c->point, c->points, NULL);
}

/* Why the number of points is not known. */
static void write_obstacle(const computation *c, nalg_text *out)
{
    if (hopeless(c))
        nalg_text_format(out,
                         "the known finite group alone has order %llu, more than the limit of %zu points",
                         (unsigned long long)c->known, points_limit(c));
    else if (c->found.count >= points_limit(c))
        nalg_text_format(out, "the search stopped at its limit of %zu points", points_limit(c));
    else if (c->found.lost)
        nalg_text_format(out, "%llu paths were lost", (unsigned long long)c->found.lost);
    else
        nalg_text_format(out, "%s", nalg_monodromy_reason_text(c->found.reason));
}

static void verdict(const computation *c, nalg_text *out)
{
    const bool finite = c->fiber == 0;
    if (c->hidden)
        nalg_text_format(
            out, "not identifiable: %zu of the %zu fiber dimensions are explained by no known symmetry",
            c->hidden, c->fiber);
    else if (!c->complete) {
        nalg_text_format(out, "%s; their number was not determined: ",
                         finite ? "identifiable up to finitely many points"
                                : "identifiable up to the listed symmetries and finitely many points");
        write_obstacle(c, out);
    } else if (c->components == 1)
        nalg_text_format(out, "globally identifiable%s", finite ? "" : " up to the listed symmetries");
    else if (c->known && c->known == c->components)
        nalg_text_format(
            out, "globally identifiable up to%s permutations of hidden units and roots of unity (%zu points)",
            finite ? "" : " the listed symmetries,", c->components);
    else
        nalg_text_format(out, "finitely identifiable%s: %zu points share a generic function",
                         finite ? "" : " up to the listed symmetries", c->components);
}

static json_t *answer_json(const computation *c)
{
    nalg_text text = {0};
    verdict(c, &text);
    json_t *answer =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:o}", "dimension", nalg_json_unsigned(c->dimension),
                  "fiber_dimension", nalg_json_unsigned(c->fiber), "symmetries",
                  nalg_upper_bounds_symmetries(&c->bounds), "hidden_dimension", nalg_json_unsigned(c->hidden),
                  "finite_order", c->complete ? nalg_json_unsigned(c->components) : json_null(),
                  "known_finite_order", c->known ? nalg_json_unsigned(c->known) : json_null(), "verdict",
                  text.data ? text.data : "", "points_in_slice", nalg_json_unsigned(c->points));
    nalg_text_clear(&text);
    return answer;
}

/* Why the search for points ended. */
static const char *stopped(const computation *c)
{
    if (hopeless(c)) return "no search: the known finite group has more points than the limit";
    if (c->complete && c->found.ways) return "many more ways back to the start than points";
    return nalg_monodromy_reason_text(c->found.reason);
}

static json_t *evidence_json(const computation *c)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:o}", "status",
                     c->complete ? "numerical" : "unknown", "stopped", stopped(c), "dimension",
                     c->dimension_proved ? "proved" : "probable", "points_certified",
                     nalg_json_unsigned(c->certificate.distinct), "tracked", (json_int_t)c->found.tracked,
                     "lost", (json_int_t)c->found.lost, "ways_back", (json_int_t)c->found.ways, "solutions",
                     nalg_complex_list(c->point, c->points, c->dimension));
}

static nalg_status compute(computation *c, nalg_result **out, double started)
{
    nalg_status status = nalg_dimension_of(c->ctx, &c->dimension, &c->dimension_proved, c->model);
    if (status == NALG_OK) status = nalg_upper_bounds_find(c->ctx, &c->bounds, c->model);
    c->fiber = c->model->parameters - c->dimension;
    c->hidden = c->fiber - c->bounds.symmetry_rank;
    if (status == NALG_OK) c->known = known_order(c->model, c->hidden);
    if (status == NALG_OK)
        status = nalg_interpolation_create(c->ctx, &c->system, c->model, c->dimension, true);
    if (status == NALG_OK) status = find_points(c);
    if (status == NALG_OK) status = count_components(c);
    if (status == NALG_OK) status = certify(c);
    if (status != NALG_OK) return status;
    return nalg_result_create(c->ctx, out, "fiber", started, nalg_model_document(c->model), answer_json(c),
                              evidence_json(c));
}

nalg_status nalg_fiber(nalg_ctx *ctx, nalg_result **out, const nalg_model *model,
                       const nalg_degree_options *options)
{
    computation c = {.ctx = ctx, .model = model};
    nalg_degree_options_init(&c.options);
    if (options) c.options = *options;
    nalg_graph_init(&c.system.graph);
    nalg_graph_init(&c.system.check_graph);
    nalg_status status = compute(&c, out, nalg_seconds());
    nalg_certificate_clear(&c.certificate);
    nalg_monodromy_result_clear(&c.found);
    nalg_interpolation_clear(&c.system);
    nalg_upper_bounds_clear(&c.bounds);
    free(c.point);
    return status;
}
