/* neuroalg singular: subnetworks as singular points.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

static int run(cli *c)
{
    nalg_singular_options options;
    nalg_result *result;
    cli_inputs in;
    nalg_singular_options_init(&options);
    if (!cli_count(c, "depth", &options.depth) || !cli_count(c, "limit", &options.limit) || !cli_number(c, "degree-limit", &options.degree_limit))
        return CLI_USAGE;
    if (cli_value(c, "no-multiplicity")) options.multiplicity = false;
    int code = cli_inputs_read(c, &in);
    if (code) return code;
    options.weights = in.weights;
    options.weights_length = in.weights_length;
    code = cli_outcome(c, nalg_singular(c->ctx, &result, in.model, &options), &result);
    cli_inputs_free(&in);
    return code;
}

static const cli_option options[] = {
    {"weights", "FILE", "decimals, one for each parameter in the order of `show`: is this network singular, and which subnetwork is nearest"},
    {"depth", "N", "most places of the network that are reduced at once (default 2)"},
    {"limit", "N", "most subnetworks listed (default 100)"},
    {"degree-limit", "N", "compute multiplicities up to this degree of the function space (default 500 up to 9 dimensions, fewer above, 50 from 18 on, none above 56)"},
    {"no-multiplicity", NULL, "exact ranks and theorems only, no path tracking"},
    {0},
};

const cli_command cli_command_singular = {
    "singular", "MODEL [--weights FILE]", "which subnetworks are singular points of the model's function space",
    "Lists the smaller networks inside the model (inactive or redundant units, lower ranks, filters padded with zeros, heads dropped): how many dimensions\n"
    "their functions have, the exact rank of the parametrisation there, how many branches of the function space meet (the multiplicity), and whether the\n"
    "space is singular along them: a cusp (the rank drops), a node (smooth branches cross), or only the parametrisation is (ramification). Singularity is proved\n"
    "by theorems or by tangent directions that span more than the dimension; multiplicities by tracking are numerical. With weights: the same for one network,\n"
    "and its nearest subnetwork.",
    "neuroalg singular mlp 2-2-1 x^3+x^2", options, run};
