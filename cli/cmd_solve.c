/* neuroalg solve: all solutions of a polynomial system.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include "commands.h"

#define SYSTEM_BYTES ((size_t)1 << 28)

static int run(cli *c)
{
    nalg_result *result;
    size_t length;
    int code;
    if (c->word_count != 1) return cli_complain(c, NULL, "write neuroalg solve katsura5.txt", "solve needs one file");
    char *text = cli_read_file(c, c->words[0], SYSTEM_BYTES, &length, &code);
    if (!text) return code;
    code = cli_outcome(c, nalg_solve(c->ctx, &result, text, length), &result);
    free(text);
    return code;
}

const cli_command cli_command_solve = {
    "solve", "FILE", "all isolated complex solutions of a polynomial system",
    "FILE holds as many polynomials as variables, each ended by `;` (docs/systems.md); - reads standard input. Paths are tracked from a total-degree\n"
    "start; every outcome (regular, singular, infinite, lost) is counted. This is the tracker that `degree` uses, on systems of your own.",
    "neuroalg solve examples/systems/katsura-5.txt", NULL, run};
