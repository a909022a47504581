// Rank over F_p by FFLAS-FFPACK, for bench/rank.c.  SPDX-License-Identifier: LGPL-2.1-or-later
#include <cstddef>
#include <fflas-ffpack/fflas-ffpack-config.h>
#include <givaro/modular-balanced.h>
#include <fflas-ffpack/fflas-ffpack.h>

extern "C" __attribute__((visibility("default"))) std::size_t bench_rank_fflas(double *a, std::size_t n, double p)
{
    const Givaro::ModularBalanced<double> field(p);
    for (std::size_t i = 0; i < n * n; i++) field.init(a[i], a[i]);
    return FFPACK::Rank(field, n, n, a, n);
}
