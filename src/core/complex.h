/* <complex.h> with CMPLX also where the C library leaves it out (glibc with clang).  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CORE_COMPLEX_H
#define NALG_CORE_COMPLEX_H

#include <complex.h>

#ifndef CMPLX
#define CMPLX(re, im) __builtin_complex((double)(re), (double)(im))
#endif

#endif
