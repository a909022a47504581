/* The syntax of the other systems.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <string.h>
#include "geometry/export.h"

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
    const char *before, *between, *after; /* around a fraction */
    bool words;                           /* no integers longer than WORD_DIGITS */
} number_style;

/* In Sage a rational number does not act on a ring over GF(p) before it is taken into the field. */
static const number_style plain = {"", "/", "", false}, julia = {"", "//", "", false}, sage = {"K(", "/", ")", false}, words = {"", "/", "", true};

struct nalg_export_target {
    const char *name, *comment; /* comment: NULL if the format has none */
    unsigned usual, largest; /* primes to compute modulo: the default and the largest; 0: floating-point numbers */
    bool comment_last;       /* what follows the polynomials is ignored */
    const number_style *numbers;
    const char *shape[2], *run[2]; /* of a parametrisation and of a system */
};

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
    bool whole = fmpz_is_one(fmpq_denref(c));
    if (!whole) nalg_text_string(out, style->before);
    write_digits(out, fmpq_numref(c), style);
    if (!whole) {
        nalg_text_string(out, style->between);
        write_digits(out, fmpq_denref(c), style);
        nalg_text_string(out, style->after);
    }
    return true;
}

/* The polynomial times a number. */
static void write_polynomial(nalg_text *out, const fmpq_mpoly_struct *p, const fmpz_t scale, const nalg_export_system *s, const number_style *style)
{
    slong length = fmpq_mpoly_length(p, s->ring);
    fmpq_t c;
    fmpq_init(c);
    if (length == 0) nalg_text_string(out, "0");
    for (slong i = 0; i < length; i++) {
        if (i % TERMS_PER_POLL == 0 && nalg_stopping(s->ctx)) break;
        fmpq_mpoly_get_term_coeff_fmpq(c, p, i, s->ring);
        fmpq_mul_fmpz(c, c, scale);
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

static void common_denominator(fmpz_t out, const fmpq_mpoly_struct *p, const nalg_export_system *s)
{
    fmpq_t c;
    fmpq_init(c);
    fmpz_one(out);
    for (slong i = 0; i < fmpq_mpoly_length(p, s->ring); i++) {
        fmpq_mpoly_get_term_coeff_fmpq(c, p, i, s->ring);
        fmpz_lcm(out, out, fmpq_denref(c));
    }
    fmpq_clear(c);
}

/* ---- the shape of a file ----
 *
 * Text with marks; an argument ends with a backtick and may hold marks itself.
 *   $u S`       the unknowns, separated by S            $y, $f   y0,y1,... and f0,f1,..., one for each polynomial
 *   $p A`B`C`   the polynomials, each after A (its number in place of %), B between them, C after the last;
 *               # in A: the polynomial is multiplied by its common denominator, which stands here with *, unless it is 1
 *   $n, $v, $t  numbers of polynomials, of unknowns, of both together             $m  the modulus
 *   $q A`B`     A when there is a modulus, else B       $s A`B`  A when there are as many polynomials as unknowns, else B */

typedef struct {
    nalg_text *out;
    const nalg_export_system *s;
    const number_style *style;
} page;

typedef struct {
    const char *text;
    size_t length;
} piece;

static piece argument(const char **at, const char *end)
{
    piece p = {*at, 0};
    while (*at < end && **at != '`') ++*at;
    p.length = (size_t)(*at - p.text);
    *at += *at < end;
    return p;
}

static void write_before(const page *w, piece p, size_t number, const fmpz_t scale)
{
    for (size_t i = 0; i < p.length; i++) {
        if (p.text[i] == '%') {
            nalg_text_format(w->out, "%zu", number);
        } else if (p.text[i] != '#') {
            nalg_text_append(w->out, p.text + i, 1);
        } else if (!fmpz_is_one(scale)) {
            write_number(w->out, scale);
            nalg_text_string(w->out, "*");
        }
    }
}

static void write_polynomials(const page *w, piece before, piece between, piece after)
{
    fmpz_t scale;
    fmpz_init_set_ui(scale, 1);
    bool whole = memchr(before.text, '#', before.length) != NULL;
    for (size_t k = 0; k < w->s->count; k++) {
        piece next = k + 1 < w->s->count ? between : after;
        if (whole) common_denominator(scale, w->s->polynomial + k, w->s);
        write_before(w, before, k, scale);
        write_polynomial(w->out, w->s->polynomial + k, scale, w->s, w->style);
        nalg_text_append(w->out, next.text, next.length);
    }
    fmpz_clear(scale);
}

static void write_unknowns(const page *w, piece separator)
{
    size_t first = w->s->what == NALG_EXPORT_INTERPOLATION ? 0 : w->s->inputs;
    for (size_t i = 0; i < w->s->unknowns; i++) {
        if (i) nalg_text_append(w->out, separator.text, separator.length);
        nalg_text_string(w->out, w->s->name[first + i]);
    }
}

static void write_names(const page *w, char letter)
{
    for (size_t k = 0; k < w->s->count; k++) nalg_text_format(w->out, "%s%c%zu", k ? "," : "", letter, k);
}

static void write_shape(const page *w, const char *at, const char *end);

static void write_choice(const page *w, bool first, const char **at, const char *end)
{
    piece yes = argument(at, end), no = argument(at, end), chosen = first ? yes : no;
    write_shape(w, chosen.text, chosen.text + chosen.length);
}

/* The mark whose letter stands at *at. */
static void write_mark(const page *w, const char **at, const char *end)
{
    const nalg_export_system *s = w->s;
    piece first, second;
    char mark = *(*at)++;
    switch (mark) {
    case 'u':
        write_unknowns(w, argument(at, end));
        break;
    case 'p':
        first = argument(at, end);
        second = argument(at, end);
        write_polynomials(w, first, second, argument(at, end));
        break;
    case 'y':
    case 'f':
        write_names(w, mark);
        break;
    case 'q':
        write_choice(w, s->modulus != 0, at, end);
        break;
    case 's':
        write_choice(w, s->count == s->unknowns, at, end);
        break;
    case 'm':
        nalg_text_format(w->out, "%u", s->modulus);
        break;
    default:
        nalg_text_format(w->out, "%zu", mark == 'n' ? s->count : mark == 'v' ? s->unknowns : s->count + s->unknowns);
    }
}

static void write_shape(const page *w, const char *at, const char *end)
{
    while (at < end) {
        if (*at != '$') {
            nalg_text_append(w->out, at++, 1);
            continue;
        }
        at++;
        write_mark(w, &at, end);
    }
}

/* ---- targets ---- */

#define UNLUCKY "the counts are those over QQ unless the prime is unlucky; QQ is slower"
#define M2_FIELD "$qkk = ZZ/$m; -- " UNLUCKY "\n`kk = QQ; -- ZZ/32003 is faster, with the same counts unless the prime is unlucky\n`"
#define SINGULAR_NOTE "$q// modulo $m, which gives the counts over the rationals unless the prime is unlucky; 0 in its place is slower\n``"
#define SAGE_FIELD "$qK = GF($m) # " UNLUCKY "\n`K = QQ\n`"
#define HC_SYSTEM "using HomotopyContinuation, LinearAlgebra\n@var $u `\nF = System([\n$p  `,\n`]; variables = [`$u, `])\n"

#define WORD_PRIME 32003
#define WORD_LARGEST 32749 /* the largest that Macaulay2 and Singular both take as ZZ/p of small numbers */
/* msolve takes primes of 31 bits. Modulo 32003 its search for a separating linear form did not end with 48 solutions. */
#define MSOLVE_PRIME 1073741827
#define MSOLVE_LARGEST 2147483647

static const nalg_export_target targets[] = {
    {"m2", "-- ", WORD_PRIME, WORD_LARGEST, false, &plain,
     {M2_FIELD "W = kk[$u,`];\nY = kk[$y];\nphi = map(W, Y, {\n$p  `,\n`});\n`I = kernel phi;\n"
      "print(\"dimension \" | toString dim I);\nprint(\"degree \" | toString degree I);\n",
      M2_FIELD "R = kk[$u,`];\nI = ideal(\n$p  `,\n`);\n`print(\"dimension \" | toString dim I);\nprint(\"solutions \" | toString degree I);\n"},
     {"M2 --script FILE", "M2 --script FILE"}},
    {"singular", "// ", WORD_PRIME, WORD_LARGEST, false, &plain,
     {SINGULAR_NOTE "ring Y = $m,($y),dp;\nring W = $m,($u,`),dp;\nideal parametrisation =\n$p  `,\n`;\n`map phi = Y, parametrisation;\nsetring Y;\n"
      "ideal I = std(kernel(W, phi));\nprintf(\"dimension %s\", dim(I));\nprintf(\"degree %s\", mult(I));\nquit;\n",
      SINGULAR_NOTE "ring R = $m,($u,`),dp;\nideal I =\n$p  `,\n`;\n`ideal G = slimgb(I);\nattrib(G, \"isSB\", 1);\n"
      "printf(\"dimension %s\", dim(G));\nprintf(\"solutions %s\", vdim(G));\nquit;\n"},
     {"Singular -q FILE", "Singular -q FILE"}},
    {"msolve", NULL, MSOLVE_PRIME, MSOLVE_LARGEST, false, &plain,
     {"$u,`,$y\n$m\n$p-#y% + `,\n`\n`", "$u,`\n$m\n$p`,\n`\n`"},
     {"msolve -e NUMBER_OF_WEIGHTS -g 2 -f FILE (equations of the image: those in y0, y1, ... alone)",
      "msolve -P 2 -f FILE (the parametrisation's degree is the number of solutions)"}},
    {"hc", "# ", 0, 0, false, &julia,
     {HC_SYSTEM "println(\"dimension \", rank(jacobian(F, randn(ComplexF64, $v))))\n", HC_SYSTEM "result = solve(F)\nprintln(\"solutions \", nsolutions(result))\n"},
     {"julia FILE", "julia FILE"}},
    {"sage", "# ", WORD_PRIME, WORD_LARGEST, false, &sage,
     {SAGE_FIELD "W.<$u,`> = PolynomialRing(K, $v, order='degrevlex')\nparametrisation = [\n$p  `,\n`]\n`"
      "J = matrix(W, [[p.derivative(w) for w in W.gens()] for p in parametrisation])\n"
      "point = [K(randint(-1000, 1000)) for w in W.gens()]\nprint('dimension', J(*point).rank())\n",
      SAGE_FIELD "R.<$u,`> = PolynomialRing(K, $v, order='degrevlex')\nI = R.ideal([\n$p  `,\n`])\n`"
      "print('dimension', I.dimension())\nprint('solutions', I.vector_space_dimension())\n"},
     {"sage FILE.sage", "sage FILE.sage"}},
    {"bertini", "% ", 0, 0, false, &plain,
     {"CONFIG\n  TrackType: 1;\nEND;\nINPUT\n  variable_group $u,`,$y;\n  function $f;\n$p  f% = -y% + `;\n`;\nEND;\n`",
      "CONFIG\n  TrackType: 0;\nEND;\nINPUT\n  variable_group $u,`;\n  function $f;\n$p  f% = `;\n`;\nEND;\n`"},
     {"bertini FILE (numerical irreducible decomposition of the graph)", "bertini FILE (number of nonsingular solutions)"}},
    {"phc", "# ", 0, 0, true, &words,
     {"$n $t\n$p -y% + `;\n`;\n`", "$s$n`$n $v`\n$p `;\n`;\n`"},
     {"phc -B FILE OUTPUT (numerical irreducible decomposition of the graph)", "phc -b FILE OUTPUT (number of regular solutions)"}},
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

unsigned nalg_export_target_prime(const nalg_export_target *target)
{
    return target->usual;
}

unsigned nalg_export_target_largest_prime(const nalg_export_target *target)
{
    return target->largest;
}

const char *nalg_export_run(const nalg_export_target *target, nalg_export_what what)
{
    return target->run[what != NALG_EXPORT_PARAM];
}

const char *nalg_export_expectation(nalg_export_what what)
{
    static const char *const texts[] = {
        "the dimension of the image with `neuroalg dim`, its degree with `neuroalg degree`",
        "the number of solutions with the degree (`neuroalg degree`) times the points of a fiber with the frozen weights fixed (points_in_slice of `neuroalg fiber`)",
        "the number of solutions with ed_degree (`neuroalg critical`, same metric) times the points of a fiber with the frozen weights fixed (points_in_slice of `neuroalg fiber`)"};
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
    nalg_text_format(&line, "compare: %s", nalg_export_expectation(s->what));
    if (line.data) comment(out, target, line.data);
    nalg_text_clear(&line);
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
    const char *shape = target->shape[s->what != NALG_EXPORT_PARAM];
    write_shape(&(page){out, s, target->numbers}, shape, shape + strlen(shape));
    if (target->comment_last) nalg_text_string(out, "\n");
    if (target->comment_last) write_comments(out, target, s, seed);
}
