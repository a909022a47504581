/* Published degrees of neurovarieties, as rules.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_THEORY_DEGREE_H
#define NALG_THEORY_DEGREE_H

#include "core/flint.h"
#include "model/model.h"

/* Degree of the closure of the model's functions when a theorem gives it; false when none applies. *source is a static citation.
 * linear networks (one matrix of bounded rank): Harris-Tu 1984, Prop. 12; quadratic networks with one output (symmetric matrices of
 * bounded rank): Harris-Tu 1984, Prop. 12; one hidden unit, and single-channel polynomial convolutions or linear ones with strides:
 * Segre-Veronese varieties (arXiv 2410.00722, 2401.16613); two inputs, one output, x^r: secants of the rational normal curve; three inputs,
 * two units, x^r: secant line variety of the Veronese surface; one lightning layer with unrestricted scores: a projected Segre variety. */
bool nalg_theory_degree(fmpz_t degree, const char **source, const nalg_model *model);

#endif
