/* Reading training data from text. One separator for the whole file, found in its first line, so that an
 * empty field is an error and not a missing sample; numbers are read in the C locale whatever the program's
 * is.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/dataset.h"
#include <ctype.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/memory.h"

#define NUMBER_LIMIT 400 /* characters of one field */
#define SHOWN 40         /* of them in a message */

struct nalg_dataset {
    double *inputs, *targets;
    size_t samples, input_size, output_size;
};

typedef struct {
    const char *text;
    size_t length;
} field;

typedef struct {
    nalg_ctx *ctx;
    const char *text, *end;
    size_t line;
    char separator; /* '\0': not known yet; ' ': any white space */
    size_t columns, inputs;
    double *row;
    double *value; /* samples x columns */
    size_t samples, capacity;
    bool first;
} reader;

static bool blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v';
}

static field trim(field f)
{
    while (f.length && blank(*f.text)) f.text++, f.length--;
    while (f.length && blank(f.text[f.length - 1])) f.length--;
    if (f.length >= 2 && *f.text == '"' && f.text[f.length - 1] == '"') f.text++, f.length -= 2;
    return f;
}

/* [sign] digits [. digits] [e [sign] digits], nothing else: what strtod reads beyond that (hexadecimal,
 * "nan") is refused. */
static bool is_decimal(field f)
{
    size_t i = 0, digits = 0;
    if (i < f.length && (f.text[i] == '-' || f.text[i] == '+')) i++;
    for (; i < f.length && isdigit((unsigned char)f.text[i]); i++) digits++;
    if (i < f.length && f.text[i] == '.')
        for (i++; i < f.length && isdigit((unsigned char)f.text[i]); i++) digits++;
    if (!digits) return false;
    if (i == f.length) return true;
    if (f.text[i] != 'e' && f.text[i] != 'E') return false;
    i++;
    if (i < f.length && (f.text[i] == '-' || f.text[i] == '+')) i++;
    size_t first = i;
    while (i < f.length && isdigit((unsigned char)f.text[i])) i++;
    return i > first && i == f.length;
}

/* Words for numbers that are not finite: no header, an error. */
static bool is_not_finite(field f)
{
    static const char *const words[] = {"nan", "inf", "infinity"};
    if (f.length && (*f.text == '-' || *f.text == '+')) f.text++, f.length--;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t k = 0;
        while (k < f.length && words[i][k] && tolower((unsigned char)f.text[k]) == words[i][k]) k++;
        if (k == f.length && !words[i][k]) return true;
    }
    return false;
}

/* In the C locale (see nalg_dataset_parse). */
static bool read_number(double *out, field f)
{
    char buffer[NUMBER_LIMIT + 1];
    if (f.length > NUMBER_LIMIT || !is_decimal(f)) return false;
    memcpy(buffer, f.text, f.length);
    buffer[f.length] = '\0';
    *out = strtod(buffer, NULL);
    return isfinite(*out);
}

static nalg_status complain(const reader *r, size_t column, field f)
{
    char where[96];
    snprintf(where, sizeof where, "line %zu, column %zu", r->line, column);
    const char *hint = "write decimals such as -1.25 or 3e-4; a header needs a name in every column";
    if (f.length == 0)
        hint = "a field is empty: give every number, with one separator between two";
    else if (is_not_finite(f))
        hint = "leave out samples with missing or infinite values";
    else if (memchr(f.text, ',', f.length))
        hint = "write decimals with a point, or separate fields with one kind of separator";
    return nalg_fail(r->ctx, NALG_E_PARSE, where, hint, "data: '%.*s' is not a finite number",
                     f.length > SHOWN ? SHOWN : (int)f.length, f.text);
}

/* The next line without its end and its comment. */
static field next_line(reader *r)
{
    const char *end = memchr(r->text, '\n', (size_t)(r->end - r->text));
    field line = {r->text, (size_t)((end ? end : r->end) - r->text)};
    r->text = end ? end + 1 : r->end;
    r->line++;
    const char *comment = memchr(line.text, '#', line.length);
    if (comment) line.length = (size_t)(comment - line.text);
    /* An empty first or last column between tabs must stay; so only the ends that are no separators go. */
    while (line.length && blank(line.text[line.length - 1]) && line.text[line.length - 1] != '\t')
        line.length--;
    while (line.length && blank(*line.text) && *line.text != '\t') line.text++, line.length--;
    return line;
}

static bool only_blank(field f)
{
    return trim(f).length == 0;
}

static char find_separator(field line)
{
    if (memchr(line.text, '\t', line.length)) return '\t';
    if (memchr(line.text, ';', line.length)) return ';';
    return memchr(line.text, ',', line.length) ? ',' : ' ';
}

/* Split off the next field; false at the end of the line. */
static bool next_field(field *out, field *line, char separator, bool *more)
{
    if (!*more) return false;
    size_t i = 0;
    if (separator == ' ') {
        while (line->length && blank(*line->text)) line->text++, line->length--;
        while (i < line->length && !blank(line->text[i])) i++;
        if (i == 0) return false;
    } else {
        while (i < line->length && line->text[i] != separator) i++;
    }
    *out = trim((field){line->text, i});
    *more = i < line->length;
    size_t used = i + *more;
    line->text += used;
    line->length -= used;
    return true;
}

/* Is no field a number? Then the line is a header. */
static bool is_header(field line, char separator)
{
    field f;
    bool more = true;
    double value;
    while (next_field(&f, &line, separator, &more))
        if (f.length == 0 || is_decimal(f) || is_not_finite(f) || read_number(&value, f)) return false;
    return true;
}

static nalg_status wrong_width(const reader *r, size_t found)
{
    char where[64], hint[160];
    snprintf(where, sizeof where, "line %zu", r->line);
    snprintf(hint, sizeof hint, "give the model's %zu inputs, then its %zu outputs on each line", r->inputs,
             r->columns - r->inputs);
    return nalg_fail(r->ctx, NALG_E_SHAPE, where, hint, "data: the line has %zu fields, the model needs %zu",
                     found, r->columns);
}

static nalg_status add_sample(reader *r)
{
    if (r->samples == NALG_SAMPLE_LIMIT)
        return nalg_fail(r->ctx, NALG_E_LIMIT, NULL, "take a part of the data", "data: more than %zu samples",
                         NALG_SAMPLE_LIMIT);
    if (r->samples == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 16;
        double *more = nalg_array(capacity * r->columns, sizeof *more);
        if (!more) return nalg_fail_memory(r->ctx);
        if (r->samples) memcpy(more, r->value, r->samples * r->columns * sizeof *more);
        free(r->value);
        r->value = more;
        r->capacity = capacity;
    }
    memcpy(r->value + r->samples++ * r->columns, r->row, r->columns * sizeof *r->row);
    return NALG_OK;
}

static nalg_status read_sample(reader *r, field line)
{
    field f;
    bool more = true;
    size_t found = 0;
    while (next_field(&f, &line, r->separator, &more)) {
        if (found < r->columns && !read_number(&r->row[found], f)) return complain(r, found + 1, f);
        found++;
    }
    return found == r->columns ? add_sample(r) : wrong_width(r, found);
}

static nalg_status read_all(reader *r)
{
    nalg_status status = NALG_OK;
    if (r->end - r->text >= 3 && !memcmp(r->text, "\xEF\xBB\xBF", 3)) r->text += 3;
    while (status == NALG_OK && r->text < r->end) {
        field line = next_line(r);
        if (only_blank(line)) continue;
        if (memchr(line.text, '\0', line.length)) {
            char where[64];
            snprintf(where, sizeof where, "line %zu", r->line);
            return nalg_fail(r->ctx, NALG_E_PARSE, where, "give a text file",
                             "data: the file holds bytes that are no text");
        }
        if (!r->separator) r->separator = find_separator(line);
        bool header = r->first && is_header(line, r->separator);
        r->first = false;
        if (!header) status = read_sample(r, line);
    }
    if (status == NALG_OK && r->samples == 0)
        status = nalg_fail(r->ctx, NALG_E_PARSE, NULL, "give one sample a line: inputs, then targets",
                           "data: there are no samples");
    return status;
}

static nalg_status hand_over(reader *r, nalg_dataset **out)
{
    nalg_dataset *d = nalg_array_zero(1, sizeof *d);
    if (!d) return nalg_fail_memory(r->ctx);
    *d = (nalg_dataset){nalg_array(r->samples * r->inputs, sizeof(double)),
                        nalg_array(r->samples * (r->columns - r->inputs), sizeof(double)), r->samples,
                        r->inputs, r->columns - r->inputs};
    if (!d->inputs || !d->targets) {
        nalg_dataset_free(d);
        return nalg_fail_memory(r->ctx);
    }
    for (size_t s = 0; s < d->samples; s++) {
        memcpy(d->inputs + s * d->input_size, r->value + s * r->columns, d->input_size * sizeof(double));
        memcpy(d->targets + s * d->output_size, r->value + s * r->columns + d->input_size,
               d->output_size * sizeof(double));
    }
    *out = d;
    return NALG_OK;
}

nalg_status nalg_dataset_parse(nalg_ctx *ctx, nalg_dataset **out, const char *text, size_t length,
                               const nalg_model *model)
{
    size_t inputs = nalg_shape_size(&model->layers->in), outputs = nalg_shape_size(&model->layers->out);
    reader r = {.ctx = ctx,
                .text = text,
                .end = text + length,
                .columns = inputs + outputs,
                .inputs = inputs,
                .first = true};
    r.row = nalg_array(r.columns, sizeof *r.row);
    locale_t c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0), before = (locale_t)0;
    nalg_status status = r.row && c_locale ? NALG_OK : nalg_fail_memory(ctx);
    if (c_locale) before = uselocale(c_locale);
    if (status == NALG_OK) status = read_all(&r);
    if (c_locale) {
        uselocale(before);
        freelocale(c_locale);
    }
    if (status == NALG_OK) status = hand_over(&r, out);
    free(r.row);
    free(r.value);
    return status;
}

void nalg_dataset_free(nalg_dataset *dataset)
{
    if (!dataset) return;
    free(dataset->inputs);
    free(dataset->targets);
    free(dataset);
}

nalg_data nalg_dataset_view(const nalg_dataset *d)
{
    return (nalg_data){d->inputs, d->targets, d->samples, d->input_size, d->output_size};
}

nalg_status nalg_data_check(nalg_ctx *ctx, const nalg_data *data, const nalg_model *model)
{
    size_t inputs = nalg_shape_size(&model->layers->in), outputs = nalg_shape_size(&model->layers->out);
    if (data->input_size != inputs || data->output_size != outputs)
        return nalg_fail(ctx, NALG_E_SHAPE, "data", "give samples of the model's sizes",
                         "the data has %zu inputs and %zu targets, the model %zu and %zu", data->input_size,
                         data->output_size, inputs, outputs);
    if (data->samples == 0)
        return nalg_fail(ctx, NALG_E_ARGUMENT, "data", "give at least one sample", "there are no samples");
    if (data->samples > NALG_SAMPLE_LIMIT)
        return nalg_fail(ctx, NALG_E_LIMIT, "data", "take a part of the data", "more than %zu samples",
                         NALG_SAMPLE_LIMIT);
    for (size_t i = 0; i < data->samples * inputs; i++)
        if (!isfinite(data->inputs[i]))
            return nalg_fail(ctx, NALG_E_ARGUMENT, "data", "leave out such samples",
                             "input %zu of sample %zu is not finite", i % inputs + 1, i / inputs + 1);
    for (size_t i = 0; i < data->samples * outputs; i++)
        if (!isfinite(data->targets[i]))
            return nalg_fail(ctx, NALG_E_ARGUMENT, "data", "leave out such samples",
                             "target %zu of sample %zu is not finite", i % outputs + 1, i / outputs + 1);
    return NALG_OK;
}

/* ---- repeated inputs: samples sorted by their inputs ---- */

typedef struct {
    const double *inputs, *targets;
    size_t size;
} sample;

static int by_inputs(const void *a, const void *b)
{
    const sample *x = a, *y = b;
    for (size_t i = 0; i < x->size; i++)
        if (x->inputs[i] != y->inputs[i]) return x->inputs[i] < y->inputs[i] ? -1 : 1;
    return 0;
}

nalg_status nalg_data_repeats(nalg_ctx *ctx, size_t *repeats, size_t *conflicts, const nalg_data *data)
{
    sample *s = nalg_array(data->samples, sizeof *s);
    if (!s) return nalg_fail_memory(ctx);
    for (size_t i = 0; i < data->samples; i++)
        s[i] = (sample){data->inputs + i * data->input_size, data->targets + i * data->output_size,
                        data->input_size};
    qsort(s, data->samples, sizeof *s, by_inputs);
    size_t first = 0;
    *repeats = *conflicts = 0;
    for (size_t i = 1; i < data->samples; i++) {
        if (by_inputs(&s[first], &s[i])) {
            first = i;
            continue;
        }
        ++*repeats;
        *conflicts += memcmp(s[first].targets, s[i].targets, data->output_size * sizeof(double)) != 0;
    }
    free(s);
    return NALG_OK;
}
