/* neuroalg verify: check a result again.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <stdlib.h>
#include "commands.h"

#define RESULT_BYTES ((size_t)1 << 31)

static int run(cli *c)
{
    nalg_result *given, *checked;
    size_t length;
    int code;
    if (c->word_count != 1)
        return cli_complain(c, NULL, "write neuroalg verify result.json", "verify needs one file");
    char *text = cli_read_file(c, c->words[0], RESULT_BYTES, &length, &code);
    if (!text) return code;
    nalg_status status = nalg_result_read(c->ctx, &given, text, length);
    free(text);
    if (status != NALG_OK) return cli_fail(c);
    status = nalg_verify(c->ctx, &checked, given);
    nalg_result_free(given);
    if (status != NALG_OK) return cli_fail(c);
    nalg_truth valid = nalg_result_truth(checked, "valid");
    code = cli_answer(c, checked, true);
    return code ? code : valid == NALG_TRUE ? CLI_OK : CLI_REJECTED;
}

const cli_command cli_command_verify = {
    "verify",
    "FILE",
    "check a result again: every claim derived from the document",
    "FILE is a result of dim, degree, fiber, critical, equations, singular, bias, landscape, discriminant, "
    "conserved, "
    "tangent, rlct, bounds or flow written with "
    "--json (- for standard input). Every claim is\n"
    "derived again from the document: a minor modulo the prime by separate scalar code and FLINT, the upper "
    "bound by its proof, recorded solutions and the\n"
    "losses and gradients at recorded weights in ball arithmetic, multiplicities and lists of critical "
    "points "
    "under another seed, shares from the recorded\n"
    "outcomes. What singular, bias, landscape, discriminant, tangent and flow compute in floating point is partly "
    "repeated "
    "with the same "
    "code, and is confirmed as numerical, not proved;\n"
    "laws are tested at points and confirmed as probable. The same code alone computes again what bounds "
    "says beside Warren's inequality, and rlct of\n"
    "truths that are neither regular nor of linear networks. The integration of flow is not repeated.\n"
    "Exit code 0: confirmed; 1: rejected.",
    "neuroalg dim mlp 2-3-1 x^2 --json -o result.json && neuroalg verify result.json",
    NULL,
    run};
