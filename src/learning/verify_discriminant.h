/* Checking results of `discriminant`.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_VERIFY_DISCRIMINANT_H
#define NALG_LEARNING_VERIFY_DISCRIMINANT_H

#include "geometry/verify.h"

void nalg_verify_discriminant(nalg_verification *v);

#endif
