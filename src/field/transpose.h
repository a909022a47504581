/* Transposed copy of a small matrix of doubles.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_FIELD_TRANSPOSE_H
#define NALG_FIELD_TRANSPOSE_H

#include "core/memory.h"

/* rows x cols -> cols x rows, a new array; NULL when memory is out. */
static inline double *nalg_transpose(const double *a, size_t rows, size_t cols)
{
    double *t = nalg_array_aligned(rows * cols, sizeof *t);
    for (size_t i = 0; t && i < rows; i++)
        for (size_t j = 0; j < cols; j++) t[j * rows + i] = a[i * cols + j];
    return t;
}

#endif
