/* Checking results of `bias`.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_VERIFY_BIAS_H
#define NALG_LEARNING_VERIFY_BIAS_H

#include "geometry/verify.h"

void nalg_verify_bias(nalg_verification *v);

#endif
