/* conv K: 1-D convolution; see convolution.h.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/convolution.h"

static nalg_status configure(nalg_layer *layer, nalg_arguments *a)
{
    return nalg_convolution_configure(layer, a, 1);
}

const nalg_layer_type nalg_layer_conv =
    NALG_CONVOLUTION_TYPE("conv", "conv SIZE [stride=S] [pad=N] [out=CHANNELS] [bias] [share=NAME]", configure);
