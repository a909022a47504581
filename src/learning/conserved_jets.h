/* The number system F_p[e1..ek]/(e1^2, .., ek^2): values with k independent first derivatives, and all their products.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_LEARNING_CONSERVED_JETS_H
#define NALG_LEARNING_CONSERVED_JETS_H

#include "field/field.h"

#define NALG_JET_LIMIT 6

/* Elements are 2^infinitesimals words: the coefficient of the product of e_i over the bits i of s at position s. */
void nalg_field_jets(nalg_field *f, uint64_t p, unsigned infinitesimals);

#endif
