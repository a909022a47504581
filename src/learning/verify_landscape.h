/* Checking results of `landscape`.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_VERIFY_LANDSCAPE_H
#define NALG_LEARNING_VERIFY_LANDSCAPE_H

#include "geometry/verify.h"

void nalg_verify_landscape(nalg_verification *v);

#endif
