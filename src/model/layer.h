/* A layer type is one file layer_<name>.c that defines `const nalg_layer_type nalg_layer_<name>`: how it is written, what it does
 * to shapes, how it becomes graph nodes, which symmetries it supplies. The build collects these files by name.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_LAYER_H
#define NALG_MODEL_LAYER_H

#include <stdbool.h>
#include "core/context.h"
#include "core/text.h"
#include "graph/graph.h"
#include "model/arguments.h"
#include "model/degrees.h"
#include "model/rational_function.h"

#define NALG_RANK_LIMIT 3
/* Entries of one tensor (activations of one sample, or one weight). */
#define NALG_TENSOR_LIMIT (UINT64_C(1) << 27)

typedef struct {
    size_t rank; /* 1: vector, 2: channels x length or features x tokens, 3: channels x height x width */
    size_t dim[NALG_RANK_LIMIT];
} nalg_shape;

size_t nalg_shape_size(const nalg_shape *s);
bool nalg_shape_equal(const nalg_shape *a, const nalg_shape *b);
void nalg_shape_print(const nalg_shape *s, nalg_text *out);

typedef enum { NALG_CLASS_LINEAR, NALG_CLASS_POLYNOMIAL, NALG_CLASS_RATIONAL } nalg_model_class;

/* An infinitesimal action on a tensor of order * block entries, entry (i, r) at i * block + r: M in the algebra of order x order
 * matrices acts as factor * (M (x) identity of the block). Translations add a constant to every entry. */
typedef enum { NALG_ALGEBRA_NONE, NALG_ALGEBRA_TORUS, NALG_ALGEBRA_GL } nalg_algebra;
typedef struct {
    nalg_algebra algebra;
    size_t order, block;
    int64_t factor;
    bool translations;
} nalg_gauge;

/* A vector field on parameter space with linear (or constant, source -1) entries: delta w[target] += coefficient * w[source]. */
typedef struct {
    size_t target;
    int64_t source, coefficient;
} nalg_field_term;
typedef struct {
    nalg_field_term *term;
    size_t count, capacity;
    bool failed;
} nalg_vector_field;

void nalg_vector_field_add(nalg_vector_field *v, size_t target, int64_t source, int64_t coefficient);

typedef struct nalg_layer nalg_layer;
typedef struct nalg_pipeline nalg_pipeline;

typedef struct {
    const char *keyword; /* NULL for the activation, which is recognised by not being a keyword */
    const char *usage;   /* shown when the words after the keyword are wrong */
    bool body;           /* takes something in parentheses after the keyword */
    /* Read the words after the keyword into layer->data. */
    nalg_status (*configure)(nalg_layer *layer, nalg_arguments *a);
    /* in -> out, parameters; fails with NALG_E_SHAPE. */
    nalg_status (*infer)(nalg_ctx *ctx, nalg_layer *layer);
    void (*print)(const nalg_layer *layer, nalg_text *out);
    int (*lower)(const nalg_layer *layer, nalg_graph *g, int input);
    void (*clear)(nalg_layer *layer); /* may be NULL: data is freed by the caller */
    nalg_model_class (*class_of)(const nalg_layer *layer); /* NULL: linear */
    uint64_t (*exponent)(const nalg_layer *layer); /* largest exponent of a function it applies; NULL: 1 */
    /* Degrees of the output's monomials from those of the input's; NULL: the same. False when memory is out. */
    bool (*degrees)(const nalg_layer *layer, nalg_degrees *d);

    /* Symmetries (METHODS 1): all may be NULL.
     * emit: the largest action on the output this layer can produce by changing its own parameters, and the change for E_ij or
     * for the translation of entry i. absorb: shrink an action on the input to what this layer can undo, and the change that
     * undoes it. transport: an action on the input as an action on the output, for layers without parameters. own: further
     * fields, index 0 .. own_count - 1; own_name describes them. */
    void (*emit)(const nalg_layer *layer, nalg_gauge *gauge);
    void (*emit_field)(const nalg_layer *layer, size_t i, size_t j, nalg_vector_field *v);
    void (*emit_translation)(const nalg_layer *layer, size_t i, nalg_vector_field *v);
    void (*absorb)(const nalg_layer *layer, nalg_gauge *gauge);
    void (*absorb_field)(const nalg_layer *layer, const nalg_gauge *gauge, size_t i, size_t j, nalg_vector_field *v);
    void (*absorb_translation)(const nalg_layer *layer, const nalg_gauge *gauge, size_t i, nalg_vector_field *v);
    void (*transport)(const nalg_layer *layer, nalg_gauge *gauge);
    size_t (*own_count)(const nalg_layer *layer);
    void (*own_field)(const nalg_layer *layer, size_t index, nalg_vector_field *v);
    void (*own_name)(const nalg_layer *layer, nalg_text *out);
} nalg_layer_type;

struct nalg_layer {
    const nalg_layer_type *type;
    void *data;           /* of the layer type */
    nalg_pipeline *inner; /* residual blocks: the pipeline inside */
    nalg_shape in, out;
    size_t parameters, offset; /* length and place in the parameter vector */
    char share[32];            /* name given with share=, empty for none */
    bool tied;                 /* another layer uses the same parameters */
    size_t column;             /* where it was written */
};

struct nalg_pipeline {
    nalg_layer *layer;
    size_t count, capacity;
    nalg_shape in, out;
};

/* All layer types, ended by NULL; generated from the file names. */
extern const nalg_layer_type *const nalg_layer_types[];
extern const nalg_layer_type nalg_layer_activation;

/* Fail with "column N" of the layer. */
nalg_status nalg_layer_fail(nalg_ctx *ctx, const nalg_layer *layer, const char *hint, const char *format, ...) NALG_PRINTF(4, 5);
/* data, zeroed. */
nalg_status nalg_layer_new_data(nalg_ctx *ctx, nalg_layer *layer, size_t size);

/* The function of an activation layer. */
const nalg_rational_function *nalg_activation_function(const nalg_layer *layer);

/* Pieces of layer_dense.c and layer_attention.c that rules of theory/ read. */
bool nalg_dense_has_bias(const nalg_layer *layer);
typedef struct {
    size_t out, score, heads, value; /* d', a, number of heads, dv (0: full value matrix) */
    bool normalised;
    nalg_rational_function norm;
} nalg_attention;
const nalg_attention *nalg_attention_data(const nalg_layer *layer); /* NULL if the layer is no attention */
extern const nalg_layer_type nalg_layer_dense, nalg_layer_attention, nalg_layer_conv, nalg_layer_conv2d;

#endif
