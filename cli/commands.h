/* All commands.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NEUROALG_COMMANDS_H
#define NEUROALG_COMMANDS_H

#include "cli.h"

extern const cli_command cli_command_dim, cli_command_equations, cli_command_show, cli_command_verify, cli_command_report, cli_command_degree, cli_command_fiber, cli_command_critical, cli_command_solve, cli_command_conserved, cli_command_export, cli_command_rlct, cli_command_bounds, cli_command_singular;
extern const cli_command cli_command_flow, cli_command_tangent;
extern const cli_command cli_command_bias;

extern const cli_command cli_command_landscape, cli_command_discriminant;

#endif
