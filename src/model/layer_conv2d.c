/* conv2d HxW: 2-D convolution; see convolution.h.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/convolution.h"

static nalg_status configure(nalg_layer *layer, nalg_arguments *a)
{
    return nalg_convolution_configure(layer, a, 2);
}

extern const nalg_layer_type nalg_layer_conv2d;
const nalg_layer_type nalg_layer_conv2d =
    NALG_CONVOLUTION_TYPE("conv2d", "conv2d HxW [stride=S or SxT] [pad=N or NxM] [out=CHANNELS] [bias] [share=NAME]", configure);
