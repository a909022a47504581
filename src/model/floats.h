/* Little-endian floating-point numbers of weight files as doubles: all of them are exact in double.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_FLOATS_H
#define NALG_MODEL_FLOATS_H

#include <stdint.h>
#include "core/flint.h"

double nalg_float64(const uint8_t *bytes);
double nalg_float32(const uint8_t *bytes);
double nalg_float16(const uint8_t *bytes);
double nalg_bfloat16(const uint8_t *bytes);
/* A finite double as the rational number it is. */
void nalg_rational_of_double(fmpq_t out, double x);

#endif
