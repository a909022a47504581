/* FLINT 2.9 with the separate Arb (Debian 12), and FLINT 3, behind one header. Never touch the fields of
 * FLINT structs. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_CORE_FLINT_H
#define NALG_CORE_FLINT_H

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#include <flint/flint.h>
#include <flint/fmpz.h>
#include <flint/fmpz_poly.h>
#include <flint/fmpq.h>
#pragma push_macro("I") /* mpoly.h names a parameter as <complex.h> names the imaginary unit */
#undef I
#include <flint/fmpq_mpoly.h>
#pragma pop_macro("I")
#include <flint/nmod_mat.h>
#include <flint/ulong_extras.h>
#if __FLINT_RELEASE >= 30000
#include <flint/acb.h>
#include <flint/acb_mat.h>
#include <flint/arb.h>
#else
#include <acb.h>
#include <acb_mat.h>
#include <arb.h>
#endif
#pragma GCC diagnostic pop

#endif
