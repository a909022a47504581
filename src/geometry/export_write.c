/* The syntax of the other systems.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <string.h>
#include "geometry/export.h"

typedef void writer(nalg_text *out, const nalg_export_system *s);

struct nalg_export_target {
    const char *name, *comment; /* comment: NULL if the format has none */
    bool algebra, comment_last; /* comment_last: what follows the polynomials is ignored */
    writer *parametrisation, *system;
    const char *run_parametrisation, *run_system;
};

#define TERMS_PER_POLL 256

/* ---- polynomials ---- */

static void write_number(nalg_text *out, const fmpz_t number)
{
    char *digits = fmpz_get_str(NULL, 10, number);
    nalg_text_string(out, digits);
    flint_free(digits);
}

/* PHCpack reads integers and fractions of decimals into one machine word and lets them overflow: what is longer is rounded to the 17 digits
 * of the double that it would become. */
#define WORD_DIGITS 15

typedef struct {
    const char *fraction; /* between numerator and denominator */
    bool words;           /* no integers longer than WORD_DIGITS */
} number_style;

static const number_style plain = {"/", false}, julia = {"//", false}, words = {"/", true};

static void write_digits(nalg_text *out, const fmpz_t number, const number_style *style)
{
    if (style->words && fmpz_sizeinbase(number, 10) > WORD_DIGITS) nalg_text_format(out, "%.16E", fmpz_get_d(number));
    else write_number(out, number);
}

/* The absolute value of a coefficient; false if it is 1 and not needed. */
static bool write_coefficient(nalg_text *out, fmpq_t c, const number_style *style, bool constant)
{
    fmpq_abs(c, c);
    if (fmpq_is_one(c) && !constant) return false;
    write_digits(out, fmpq_numref(c), style);
    if (!fmpz_is_one(fmpq_denref(c))) {
        nalg_text_string(out, style->fraction);
        write_digits(out, fmpq_denref(c), style);
    }
    return true;
}

static void write_polynomial(nalg_text *out, const fmpq_mpoly_struct *p, const nalg_export_system *s, const number_style *style)
{
    slong length = fmpq_mpoly_length(p, s->ring);
    fmpq_t c;
    fmpq_init(c);
    if (length == 0) nalg_text_string(out, "0");
    for (slong i = 0; i < length; i++) {
        if (i % TERMS_PER_POLL == 0 && nalg_stopping(s->ctx)) break;
        fmpq_mpoly_get_term_coeff_fmpq(c, p, i, s->ring);
        fmpq_mpoly_get_term_exp_ui(s->exponent, p, i, s->ring);
        nalg_text_string(out, fmpq_sgn(c) < 0 ? i ? " - " : "-" : i ? " + " : "");
        bool constant = true;
        for (size_t v = 0; v < s->variables; v++) constant = constant && !s->exponent[v];
        bool started = write_coefficient(out, c, style, constant);
        for (size_t v = 0; v < s->variables; v++) {
            if (!s->exponent[v]) continue;
            nalg_text_string(out, started ? "*" : "");
            nalg_text_string(out, s->name[v]);
            if (s->exponent[v] > 1) nalg_text_format(out, "^%lu", s->exponent[v]);
            started = true;
        }
    }
    fmpq_clear(c);
}

static size_t first_unknown(const nalg_export_system *s)
{
    return s->what == NALG_EXPORT_INTERPOLATION ? 0 : s->inputs;
}

static void write_unknowns(nalg_text *out, const nalg_export_system *s, const char *separator)
{
    for (size_t i = 0; i < s->unknowns; i++) nalg_text_format(out, "%s%s", i ? separator : "", s->name[first_unknown(s) + i]);
}

static void write_coordinates(nalg_text *out, const nalg_export_system *s)
{
    for (size_t k = 0; k < s->count; k++) nalg_text_format(out, k ? ",y%zu" : "y%zu", k);
}

/* All polynomials, each after `open` (with its number when it holds a %) and before `between` or `end`. */
static void write_all(nalg_text *out, const nalg_export_system *s, const char *open, const char *between, const char *end, const number_style *style)
{
    for (size_t k = 0; k < s->count; k++) {
        for (const char *c = open; *c; c++) {
            if (*c == '%') nalg_text_format(out, "%zu", k);
            else nalg_text_append(out, c, 1);
        }
        write_polynomial(out, s->polynomial + k, s, style);
        nalg_text_string(out, k + 1 < s->count ? between : end);
    }
}

/* ---- Macaulay2 ---- */

static void m2_field(nalg_text *out, unsigned modulus)
{
    if (modulus) nalg_text_format(out, "kk = ZZ/%u; -- the counts are those over QQ unless the prime is unlucky; QQ is slower\n", modulus);
    else nalg_text_string(out, "kk = QQ; -- ZZ/32003 is faster, with the same counts unless the prime is unlucky\n");
}

static void m2_parametrisation(nalg_text *out, const nalg_export_system *s)
{
    m2_field(out, s->modulus);
    nalg_text_string(out, "W = kk[");
    write_unknowns(out, s, ",");
    nalg_text_string(out, "];\nY = kk[");
    write_coordinates(out, s);
    nalg_text_string(out, "];\nphi = map(W, Y, {\n");
    write_all(out, s, "  ", ",\n", "});\n", &plain);
    nalg_text_string(out, "I = kernel phi;\nprint(\"dimension \" | toString dim I);\nprint(\"degree \" | toString degree I);\n");
}

static void m2_system(nalg_text *out, const nalg_export_system *s)
{
    m2_field(out, s->modulus);
    nalg_text_string(out, "R = kk[");
    write_unknowns(out, s, ",");
    nalg_text_string(out, "];\nI = ideal(\n");
    write_all(out, s, "  ", ",\n", ");\n", &plain);
    nalg_text_string(out, "print(\"dimension \" | toString dim I);\nprint(\"solutions \" | toString degree I);\n");
}

/* ---- Singular ---- */

static void singular_note(nalg_text *out, unsigned modulus)
{
    if (modulus) nalg_text_format(out, "// modulo %u, which gives the counts over the rationals unless the prime is unlucky; 0 in its place is slower\n", modulus);
}

static void singular_ring(nalg_text *out, const char *name, unsigned modulus)
{
    nalg_text_format(out, "ring %s = %u,(", name, modulus);
}

static void singular_parametrisation(nalg_text *out, const nalg_export_system *s)
{
    singular_note(out, s->modulus);
    singular_ring(out, "Y", s->modulus);
    write_coordinates(out, s);
    nalg_text_string(out, "),dp;\n");
    singular_ring(out, "W", s->modulus);
    write_unknowns(out, s, ",");
    nalg_text_string(out, "),dp;\nideal parametrisation =\n");
    write_all(out, s, "  ", ",\n", ";\n", &plain);
    nalg_text_string(out, "map phi = Y, parametrisation;\nsetring Y;\nideal I = std(kernel(W, phi));\n"
                          "printf(\"dimension %s\", dim(I));\nprintf(\"degree %s\", mult(I));\nquit;\n");
}

static void singular_system(nalg_text *out, const nalg_export_system *s)
{
    singular_note(out, s->modulus);
    singular_ring(out, "R", s->modulus);
    write_unknowns(out, s, ",");
    nalg_text_string(out, "),dp;\nideal I =\n");
    write_all(out, s, "  ", ",\n", ";\n", &plain);
    nalg_text_string(out, "ideal G = slimgb(I);\nattrib(G, \"isSB\", 1);\nprintf(\"dimension %s\", dim(G));\nprintf(\"solutions %s\", vdim(G));\nquit;\n");
}

/* ---- Sage ---- */

static void sage_ring(nalg_text *out, unsigned modulus)
{
    if (modulus) nalg_text_format(out, "K = GF(%u) # the counts are those over QQ unless the prime is unlucky; QQ is slower\n", modulus);
    else nalg_text_string(out, "K = QQ\n");
}

static void sage_parametrisation(nalg_text *out, const nalg_export_system *s)
{
    sage_ring(out, s->modulus);
    nalg_text_string(out, "W.<");
    write_unknowns(out, s, ",");
    nalg_text_string(out, "> = PolynomialRing(K, order='degrevlex')\nparametrisation = [\n");
    write_all(out, s, "  ", ",\n", "]\n", &plain);
    nalg_text_string(out, "J = matrix(W, [[p.derivative(w) for w in W.gens()] for p in parametrisation])\n"
                          "point = [K(randint(-1000, 1000)) for w in W.gens()]\nprint('dimension', J(*point).rank())\n");
}

static void sage_system(nalg_text *out, const nalg_export_system *s)
{
    sage_ring(out, s->modulus);
    nalg_text_string(out, "R.<");
    write_unknowns(out, s, ",");
    nalg_text_string(out, "> = PolynomialRing(K, order='degrevlex')\nI = R.ideal([\n");
    write_all(out, s, "  ", ",\n", "])\n", &plain);
    nalg_text_string(out, "print('dimension', I.dimension())\nprint('solutions', I.vector_space_dimension())\n");
}

/* ---- HomotopyContinuation.jl ---- */

static void hc_start(nalg_text *out, const nalg_export_system *s)
{
    nalg_text_string(out, "using HomotopyContinuation, LinearAlgebra\n@var ");
    write_unknowns(out, s, " ");
    nalg_text_string(out, "\nF = System([\n");
    write_all(out, s, "  ", ",\n", "]; variables = [", &julia);
    write_unknowns(out, s, ", ");
    nalg_text_string(out, "])\n");
}

static void hc_parametrisation(nalg_text *out, const nalg_export_system *s)
{
    hc_start(out, s);
    nalg_text_format(out, "println(\"dimension \", rank(jacobian(F, randn(ComplexF64, %zu))))\n", s->unknowns);
}

static void hc_system(nalg_text *out, const nalg_export_system *s)
{
    hc_start(out, s);
    nalg_text_string(out, "result = solve(F)\nprintln(\"solutions \", nsolutions(result))\n");
}

/* ---- msolve: variables, characteristic, polynomials; no comments ---- */

static void msolve_system(nalg_text *out, const nalg_export_system *s)
{
    write_unknowns(out, s, ",");
    nalg_text_format(out, "\n%u\n", s->modulus);
    write_all(out, s, "", ",\n", "\n", &plain);
}

static void msolve_parametrisation(nalg_text *out, const nalg_export_system *s)
{
    write_unknowns(out, s, ",");
    nalg_text_string(out, ",");
    write_coordinates(out, s);
    nalg_text_format(out, "\n%u\n", s->modulus);
    write_all(out, s, "-y%+", ",\n", "\n", &plain);
}

/* ---- Bertini ---- */

static void bertini(nalg_text *out, const nalg_export_system *s, bool graph)
{
    nalg_text_format(out, "CONFIG\n  TrackType: %d;\nEND;\nINPUT\n  variable_group ", graph);
    write_unknowns(out, s, ",");
    if (graph) {
        nalg_text_string(out, ",");
        write_coordinates(out, s);
    }
    nalg_text_string(out, ";\n  function ");
    for (size_t k = 0; k < s->count; k++) nalg_text_format(out, k ? ",f%zu" : "f%zu", k);
    nalg_text_string(out, ";\n");
    write_all(out, s, graph ? "  f% = -y% + " : "  f% = ", ";\n", ";\nEND;\n", &plain);
}

static void bertini_system(nalg_text *out, const nalg_export_system *s)
{
    bertini(out, s, false);
}

static void bertini_parametrisation(nalg_text *out, const nalg_export_system *s)
{
    bertini(out, s, true);
}

/* ---- PHCpack: what follows the polynomials is ignored ---- */

static void phc_system(nalg_text *out, const nalg_export_system *s)
{
    nalg_text_format(out, s->count == s->unknowns ? "%zu\n" : "%zu %zu\n", s->count, s->unknowns);
    write_all(out, s, " ", ";\n", ";\n", &words);
}

static void phc_parametrisation(nalg_text *out, const nalg_export_system *s)
{
    nalg_text_format(out, "%zu %zu\n", s->count, s->unknowns + s->count);
    write_all(out, s, " -y% + ", ";\n", ";\n", &words);
}

/* ---- targets ---- */

static const nalg_export_target targets[] = {
    {"m2", "-- ", true, false, m2_parametrisation, m2_system, "M2 --script FILE", "M2 --script FILE"},
    {"singular", "// ", true, false, singular_parametrisation, singular_system, "Singular -q FILE", "Singular -q FILE"},
    {"msolve", NULL, true, false, msolve_parametrisation, msolve_system,
     "msolve -e NUMBER_OF_WEIGHTS -g 2 -f FILE (equations of the image: those in y0, y1, ... alone)",
     "msolve -P 2 -f FILE (the parametrisation's degree is the number of solutions)"},
    {"hc", "# ", false, false, hc_parametrisation, hc_system, "julia FILE", "julia FILE"},
    {"sage", "# ", true, false, sage_parametrisation, sage_system, "sage FILE.sage", "sage FILE.sage"},
    {"bertini", "% ", false, false, bertini_parametrisation, bertini_system, "bertini FILE (numerical irreducible decomposition of the graph)",
     "bertini FILE (number of nonsingular solutions)"},
    {"phc", "# ", false, true, phc_parametrisation, phc_system, "phc -B FILE OUTPUT (numerical irreducible decomposition of the graph)",
     "phc -b FILE OUTPUT (number of regular solutions)"},
};

const nalg_export_target *nalg_export_target_find(const char *name)
{
    for (size_t i = 0; name && i < sizeof targets / sizeof *targets; i++)
        if (!strcmp(targets[i].name, name)) return &targets[i];
    return NULL;
}

const char *nalg_export_target_names(void)
{
    return "m2, singular, msolve, hc, sage, bertini or phc";
}

bool nalg_export_target_is_algebra(const nalg_export_target *target)
{
    return target->algebra;
}

const char *nalg_export_run(const nalg_export_target *target, nalg_export_what what)
{
    return what == NALG_EXPORT_PARAM ? target->run_parametrisation : target->run_system;
}

const char *nalg_export_expectation(nalg_export_what what)
{
    static const char *const texts[] = {
        "compare: the dimension of the image with `neuroalg dim`, its degree with `neuroalg degree`",
        "compare: the number of solutions with the degree (`neuroalg degree`) times the points of a fiber with the frozen weights fixed (points_in_slice of `neuroalg fiber`)",
        "compare: the number of solutions with ed_degree (`neuroalg critical`, same metric) times the points of a fiber with the frozen weights fixed (points_in_slice of `neuroalg fiber`)"};
    return texts[what];
}

/* ---- comments ---- */

static void comment_line(nalg_text *out, const char *comment, const char *text, size_t length)
{
    nalg_text_string(out, comment);
    for (size_t i = 0; i < length; i++) nalg_text_append(out, isprint((unsigned char)text[i]) ? text + i : "?", 1);
    nalg_text_string(out, "\n");
}

static void comment(nalg_text *out, const nalg_export_target *target, const char *text)
{
    comment_line(out, target->comment, text, strlen(text));
}

static void comment_solution(nalg_text *out, const nalg_export_target *target, const nalg_export_system *s)
{
    nalg_text line = {0};
    nalg_text_string(&line, "one solution is known:");
    for (size_t i = 0; i < s->unknowns; i++) {
        nalg_text_format(&line, "%s %s = ", i ? "," : "", s->name[i]);
        write_number(&line, fmpq_numref(s->point + i));
        if (!fmpz_is_one(fmpq_denref(s->point + i))) {
            nalg_text_string(&line, "/");
            write_number(&line, fmpq_denref(s->point + i));
        }
    }
    if (line.data) comment(out, target, line.data);
    nalg_text_clear(&line);
}

static void write_comments(nalg_text *out, const nalg_export_target *target, const nalg_export_system *s, uint64_t seed)
{
    static const char *const titles[] = {"coefficients of the outputs of", "networks through random points, of", "critical points of squared distance to a random function, of"};
    nalg_text line = {0};
    nalg_text_format(&line, "%s: %s", titles[s->what], s->model->pipeline);
    if (line.data) comment(out, target, line.data);
    nalg_text_clear(&line);
    nalg_text_format(&line, "run: %s", nalg_export_run(target, s->what));
    if (line.data) comment(out, target, line.data);
    nalg_text_clear(&line);
    comment(out, target, nalg_export_expectation(s->what));
    nalg_text_format(&line, "w1, w2, ...: weights in the order of `neuroalg show`; %zu unknown, %zu frozen at random numbers (seed %llu)", s->weights,
                     s->parameters - s->weights, (unsigned long long)seed);
    if (line.data) comment(out, target, line.data);
    nalg_text_clear(&line);
    if (s->what == NALG_EXPORT_CRITICAL) {
        nalg_text_format(&line, "metric %s; t is the reciprocal of a minor of the Jacobian: no solutions where it drops rank", nalg_metric_name(s->metric));
        if (line.data) comment(out, target, line.data);
        nalg_text_clear(&line);
    }
    if (s->what == NALG_EXPORT_INTERPOLATION) comment_solution(out, target, s);
    const char *legend = s->legend.data ? s->legend.data : "";
    while (s->what == NALG_EXPORT_PARAM && *legend) {
        size_t length = strcspn(legend, "\n");
        comment_line(out, target->comment, legend, length);
        legend += length + 1;
    }
}

void nalg_export_write(nalg_text *out, const nalg_export_target *target, const nalg_export_system *s, uint64_t seed)
{
    if (target->comment && !target->comment_last) write_comments(out, target, s, seed);
    (s->what == NALG_EXPORT_PARAM ? target->parametrisation : target->system)(out, s);
    if (target->comment_last) nalg_text_string(out, "\n");
    if (target->comment_last) write_comments(out, target, s, seed);
}
