/* neuroalg discriminant: how the critical points change with the targets.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#include <stdlib.h>
#include <string.h>
#include "commands.h"

/* --plane I,J: the targets number I and J, counted sample by sample from 1. NULL in *out for a random plane.
 */
static bool read_plane(cli *c, const char *text, const nalg_data *data, double **out)
{
    size_t count = data->samples * data->output_size, at[2] = {0, 0};
    char *end = NULL;
    *out = NULL;
    if (!text || !strcmp(text, "random")) return true;
    const char *digits = "0123456789";
    if (strspn(text, digits)) {
        at[0] = (size_t)strtoul(text, &end, 10);
        if (*end == ',' && strspn(end + 1, digits)) at[1] = (size_t)strtoul(end + 1, &end, 10);
    }
    if (!end || *end || at[0] < 1 || at[1] < 1 || at[0] > count || at[1] > count || at[0] == at[1]) {
        cli_complain(c, "--plane",
                     "write random, or the numbers of two targets such as 1,2, counted sample by sample",
                     "the plane cannot be read");
        return false;
    }
    *out = calloc(2 * count, sizeof **out);
    if (!*out) {
        cli_complain(c, "--plane", "free some memory", "out of memory");
        return false;
    }
    (*out)[at[0] - 1] = (*out)[count + at[1] - 1] = 1;
    return true;
}

static bool read_numbers(cli *c, nalg_discriminant_options *o)
{
    return cli_count(c, "size", &o->size) && cli_number(c, "limit", &o->limit) &&
           cli_real(c, "extent", &o->extent);
}

static int run(cli *c)
{
    nalg_discriminant_options options;
    nalg_result *result;
    cli_inputs in;
    double *direction = NULL;
    nalg_discriminant_options_init(&options);
    if (!cli_value(c, "data"))
        return cli_complain(c, "--data", "give --data FILE.csv: inputs, then targets, one sample a line",
                            "discriminant needs data");
    if (!read_numbers(c, &options)) return CLI_USAGE;
    int code = cli_inputs_read(c, &in);
    if (code) return code;
    code = CLI_USAGE;
    if (read_plane(c, cli_value(c, "plane"), in.data, &direction)) {
        options.direction = direction;
        code = cli_outcome(c, nalg_discriminant(c->ctx, &result, in.model, in.data, &options), &result);
    }
    free(direction);
    cli_inputs_free(&in);
    return code;
}

static const cli_option options[] = {
    {"data", "FILE", "samples, one a line: the model's inputs, then its targets"},
    {"plane", "PLANE", "random (default), or two targets such as 1,2, counted sample by sample"},
    {"size", "N", "pixels along a side (default 256)"},
    {"extent", "X",
     "half the side of the picture, as a distance in target space (default 1.5 times the length of the "
     "targets)"},
    {"limit", "N", "most critical points kept"},
    {0},
};

const cli_command cli_command_discriminant = {
    "discriminant",
    "MODEL --data FILE [--plane random|I,J]",
    "how the number of critical points and minima changes with the targets",
    "A plane through your data in the space of targets is divided into chambers in which the numbers of real "
    "critical points and of minima are\n"
    "constant. All complex critical points are followed to the pixels of a quadtree that is fine at the "
    "walls; --plot FILE.svg draws it. The nearest\n"
    "wall says how far your data is from a change.",
    "neuroalg discriminant cnn k=2,2 x^2 --data examples/data/cnn_2_2.csv --plot walls.svg",
    options,
    run};
