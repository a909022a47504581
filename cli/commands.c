/* The table of commands and the options all of them take.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "commands.h"

const cli_option cli_common_options[] = {
    {"json", NULL, "print one JSON object (docs/results.md) in place of text"},
    {"seed", "N", "seed of every random choice; the same seed gives the same answer (default 1)"},
    {"threads", "N", "threads, 0 for all processors (default 0); the answer does not depend on it"},
    {"timeout", "S", "stop after S seconds with exit code 4"},
    {"require", "EVIDENCE", "exit with 3 when the answer is known less well than proved, probable, numerical, ..."},
    {"o", "FILE", "write the answer to FILE, all at once"},
    {"plot", "FILE", "draw the answer into FILE.svg or FILE.png with gnuplot (docs/plots.md)"},
    {"tied", NULL, "MODEL.onnx: parameters the exporter merged are one weight tensor"},
    {"untied", NULL, "MODEL.onnx: parameters the exporter merged only have equal values"},
    {"constants", "NAMES", "MODEL.onnx: tensors that are not trained, such as fc1.weight,bn.*"},
    {"parameters", "NAMES", "MODEL.onnx: tensors that are trained although they look like constants"},
    {"quiet", NULL, "no progress bar"},
    {"q", NULL, "the same"},
    {"help", NULL, "help for the command"},
    {"h", NULL, "the same"},
    {0},
};

const cli_command *const cli_commands[] = {
    &cli_command_dim, &cli_command_show, &cli_command_degree, &cli_command_fiber, &cli_command_critical, &cli_command_landscape,
    &cli_command_discriminant, &cli_command_singular, &cli_command_equations, &cli_command_bias, &cli_command_conserved, &cli_command_flow,
    &cli_command_tangent, &cli_command_rlct, &cli_command_bounds, &cli_command_export, &cli_command_solve, &cli_command_verify,
    &cli_command_report, NULL};
