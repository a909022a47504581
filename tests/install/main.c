/* A user's first program: reads a model and prints the number of its parameters.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <neuroalg/neuroalg.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    static const char phrase[] = "mlp 2-3-1 x^2"; /* 2*3 + 3*1 = 9 weights */
    int result = 1;
    nalg_ctx *ctx = NULL;
    nalg_model *model = NULL;
    if (nalg_ctx_create(&ctx) != NALG_OK) goto done;
    if (nalg_model_parse(ctx, &model, phrase, strlen(phrase)) != NALG_OK) {
        fprintf(stderr, "%s\n", nalg_ctx_last_error(ctx).what);
        goto done;
    }
    printf("neuroalg %s: %s has %zu parameters\n", nalg_version(), phrase, nalg_model_parameters(model));
    result = nalg_model_parameters(model) == 9 ? 0 : 1;
done:
    nalg_model_free(model);
    nalg_ctx_free(ctx);
    return result;
}
