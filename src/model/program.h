/* Tensor programs: what a model does between layers that have names, as a list of instructions that can be
 * written down, read back and lowered. Values are flat vectors; x is the input, v1, v2, ... the results of
 * the instructions in order.
 *
 *   w(N)                       N new parameters             c(1/2,3,...)            fixed rational numbers
 *   add(a,b)  mul(a,b)         entry by entry; an operand of one entry is spread over the other
 *   inv(a)    pow(a,n)         1 / a, a^n entry by entry    mm(a,b,m,k,n)           matrix product (m x k)(k
 * x n), row-major view(a,o,d:s,d:s,...)      out[i_1, i_2, ...] = a[o + sum i_j s_j], extents d
 *   put(a,size,o,d:s,...)      out[o + sum i_j s_j] += a[i_1, i_2, ...] on `size` zeros: sums, padding,
 * concatenation SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_PROGRAM_H
#define NALG_MODEL_PROGRAM_H

#include "model/arguments.h"
#include "model/layer.h"

#define NALG_STRIDED_AXES 12
#define NALG_PROGRAM_LIMIT 100000

typedef struct {
    int64_t offset;
    size_t axes;
    size_t dim[NALG_STRIDED_AXES];
    int64_t stride[NALG_STRIDED_AXES];
} nalg_strided;

typedef enum {
    NALG_PROGRAM_INPUT,
    NALG_PROGRAM_WEIGHTS,
    NALG_PROGRAM_NUMBERS,
    NALG_PROGRAM_ADD,
    NALG_PROGRAM_MULTIPLY,
    NALG_PROGRAM_INVERSE,
    NALG_PROGRAM_POWER,
    NALG_PROGRAM_PRODUCT,
    NALG_PROGRAM_VIEW,
    NALG_PROGRAM_PUT
} nalg_program_op;

typedef struct {
    nalg_program_op op;
    size_t a, b;  /* operands: numbers of earlier instructions */
    size_t size;  /* entries of the result */
    size_t first; /* WEIGHTS: first parameter; NUMBERS: first number */
    size_t m, k, n;
    uint64_t exponent;
    nalg_strided map;
} nalg_instruction;

typedef struct {
    nalg_instruction *item; /* item[0] is the input */
    size_t count, capacity;
    fmpq *number;
    size_t numbers, number_capacity;
    size_t weights;
} nalg_program;

void nalg_program_clear(nalg_program *p);
/* How many operands an instruction has: 0, 1 or 2. */
unsigned nalg_program_operands(const nalg_instruction *i);
/* Append an instruction; its number or SIZE_MAX when memory is out. */
size_t nalg_program_push(nalg_program *p, nalg_instruction i);
/* A place for `count` numbers, set to 0; SIZE_MAX when memory is out. */
size_t nalg_program_numbers(nalg_program *p, size_t count);

/* Entries the map visits; false when more than NALG_TENSOR_LIMIT. */
bool nalg_strided_size(const nalg_strided *s, size_t *out);
/* Every index lies in 0 .. size - 1. */
bool nalg_strided_within(const nalg_strided *s, size_t size);
/* The indices, in row-major order of the extents, into out. */
void nalg_strided_fill(const nalg_strided *s, int64_t *out);

/* Instructions separated by `;`. */
NALG_NODISCARD nalg_status nalg_program_parse(nalg_ctx *ctx, nalg_program *out, nalg_span text);
/* Sizes of all results, from the size of the input. */
NALG_NODISCARD nalg_status nalg_program_check(nalg_ctx *ctx, nalg_program *p, size_t input,
                                              const char *where);
void nalg_program_print(const nalg_program *p, nalg_text *out);
/* The last value; parameters at offset. */
int nalg_program_lower(const nalg_program *p, nalg_graph *g, int input, size_t offset);

/* ---- program_algebra.c; sizes are known ---- */

/* Degrees in the input of the last value's entries, bit e for degree e; 0: unknown, or more than 63. False
 * when memory is out. */
NALG_NODISCARD bool nalg_program_degrees(const nalg_program *p, uint64_t *out);
/* Is every entry a polynomial of degree 1 at most in the input's entry at the same place, with coefficients
 * that are the same at all entries of a channel? channels: of the input, stored one after another. False when
 * memory is out. */
NALG_NODISCARD bool nalg_program_is_channelwise(const nalg_program *p, size_t channels, bool *out);
/* Number of vector fields on the weights along which no value changes, from the inner indices of products;
 * their names are appended to *names (may be NULL). None when memory is out. */
size_t nalg_program_symmetries(const nalg_program *p, nalg_text *names);
/* Field number `index`; the weights stand at offset. */
void nalg_program_symmetry_field(const nalg_program *p, size_t offset, size_t index, nalg_vector_field *v);
/* Is the input only multiplied, as a vector, with matrices that the weights can change? And the change of the
 * weights that undoes x + factor E_ij x. */
bool nalg_program_absorbs(const nalg_program *p);
void nalg_program_absorb_field(const nalg_program *p, size_t offset, size_t i, size_t j, int64_t factor,
                               nalg_vector_field *v);

/* The program of a layer, or NULL when it is another layer. */
const nalg_program *nalg_layer_program_of(const nalg_layer *layer);

#endif
