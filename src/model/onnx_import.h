/* Inside the ONNX reader: an ONNX graph is first run symbolically, with integers (shapes) folded, into one
 * tensor program over all its values; then its named layers are found again and the whole is written down in
 * the model language. SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_ONNX_IMPORT_H
#define NALG_MODEL_ONNX_IMPORT_H

#include <onnx.pb-c.h>
#include "core/json.h"
#include "model/onnx.h"
#include "model/program.h"

#define NALG_ONNX_RANK 8
/* Integers folded in one tensor (shapes, indices). */
#define NALG_ONNX_INTEGERS 65536

typedef struct {
    size_t rank;
    size_t dim[NALG_ONNX_RANK];
    int64_t *integers; /* a known integer tensor, or NULL */
    size_t node;       /* else: the instruction that computes it */
} nalg_onnx_value;

/* A trainable tensor of the file. */
typedef struct {
    const char *name;
    size_t rank, size;
    size_t dim[NALG_ONNX_RANK];
    double *element;
    size_t *place; /* of each element in the parameter vector; SIZE_MAX: not used yet */
} nalg_onnx_parameter;

/* What a product instruction was in the file. */
typedef struct {
    bool convolution; /* one the language has: one or two axes, no groups, no dilation, symmetric padding */
    size_t data, weight, axes;
    size_t channels_in, channels, in[2], filter[2], stride[2], pad[2];
} nalg_onnx_origin;

typedef struct {
    nalg_ctx *ctx;
    const nalg_onnx_options *options;
    const Onnx__GraphProto *graph;
    const char *folder;   /* of the file, for external data; NULL: none */
    const char *where;    /* the node at work, for messages */
    nalg_program program; /* WEIGHTS: `first` is the number of the parameter */
    nalg_onnx_origin *origin;
    size_t origin_capacity;
    json_t *values;  /* name -> number of a value */
    json_t *tensors; /* name -> number of an initializer */
    nalg_onnx_value *value;
    size_t value_count, value_capacity;
    nalg_onnx_parameter *parameter;
    size_t parameter_count, parameter_capacity;
    size_t *transpose_of;      /* of each initializer: an earlier one that holds its transpose, or SIZE_MAX */
    json_t *notes, *constants; /* arrays of strings */
    size_t entries;            /* of all values so far */
    size_t numbers;            /* of all constants */
    size_t number_words;       /* machine words of those that are longer than one */
    nalg_shape input;
} nalg_onnx_import;

/* NALG_E_UNSUPPORTED or another status, at the node at work. */
nalg_status nalg_onnx_fail(nalg_onnx_import *m, nalg_status status, const char *hint, const char *format, ...)
    NALG_PRINTF(4, 5);
nalg_status nalg_onnx_note(nalg_onnx_import *m, const char *format, ...) NALG_PRINTF(2, 3);

/* ---- onnx_functions.c ---- */

/* Is it an operator that is understood? */
bool nalg_onnx_is_known(const Onnx__NodeProto *node);
/* Replace calls of the file's own functions by their nodes, in file->graph. Bounded depth, count and size. */
NALG_NODISCARD nalg_status nalg_onnx_inline_functions(nalg_onnx_import *m, Onnx__ModelProto *file);

/* ---- onnx_tensor.c ---- */

size_t nalg_onnx_size(size_t rank, const size_t *dim);
/* Shape of a stored tensor, checked. */
NALG_NODISCARD nalg_status nalg_onnx_tensor_shape(nalg_onnx_import *m, const Onnx__TensorProto *t,
                                                  size_t *rank, size_t *dim);
bool nalg_onnx_tensor_is_integer(const Onnx__TensorProto *t);
/* Numbers that an optimiser lifted out of the graph, constants unless the options name them. */
bool nalg_onnx_is_lifted(const nalg_onnx_import *m, const Onnx__TensorProto *t, size_t size);
/* Whether a name is in a list such as "fc1.weight,fc2.*". */
bool nalg_onnx_listed(const char *list, const char *name);
/* Elements as doubles (all floating types are exact in double) or as integers; on the heap. NaN and infinity
 * are refused. */
NALG_NODISCARD nalg_status nalg_onnx_tensor_doubles(nalg_onnx_import *m, const Onnx__TensorProto *t,
                                                    size_t size, double **out);
NALG_NODISCARD nalg_status nalg_onnx_tensor_integers(nalg_onnx_import *m, const Onnx__TensorProto *t,
                                                     size_t size, int64_t **out);

/* ---- onnx_values.c ---- */

/* The value of a name: an earlier result or an initializer. */
NALG_NODISCARD nalg_status nalg_onnx_lookup(nalg_onnx_import *m, const char *name, nalg_onnx_value *out);
/* The same, an initializer being a constant whatever the options say. */
NALG_NODISCARD nalg_status nalg_onnx_lookup_constant(nalg_onnx_import *m, const char *name,
                                                     nalg_onnx_value *out);
/* Bind a result; takes over v->integers. */
NALG_NODISCARD nalg_status nalg_onnx_bind(nalg_onnx_import *m, const char *name, nalg_onnx_value v);
/* A stored tensor as a constant. */
NALG_NODISCARD nalg_status nalg_onnx_constant(nalg_onnx_import *m, const Onnx__TensorProto *t,
                                              nalg_onnx_value *out);

/* Instructions, with constants folded and trivial ones left out. Each gives the number in *out. */
NALG_NODISCARD nalg_status nalg_onnx_push(nalg_onnx_import *m, nalg_instruction i, size_t *out);
NALG_NODISCARD nalg_status nalg_onnx_add(nalg_onnx_import *m, size_t a, size_t b, size_t *out);
NALG_NODISCARD nalg_status nalg_onnx_multiply(nalg_onnx_import *m, size_t a, size_t b, size_t *out);
NALG_NODISCARD nalg_status nalg_onnx_inverse(nalg_onnx_import *m, size_t a, size_t *out);
NALG_NODISCARD nalg_status nalg_onnx_power(nalg_onnx_import *m, size_t a, uint64_t exponent, size_t *out);
NALG_NODISCARD nalg_status nalg_onnx_view(nalg_onnx_import *m, size_t a, const nalg_strided *map,
                                          size_t *out);
NALG_NODISCARD nalg_status nalg_onnx_put(nalg_onnx_import *m, size_t a, size_t size, const nalg_strided *map,
                                         size_t *out);
NALG_NODISCARD nalg_status nalg_onnx_product(nalg_onnx_import *m, size_t a, size_t b, size_t rows,
                                             size_t inner, size_t columns, size_t *out);
NALG_NODISCARD nalg_status nalg_onnx_scalar(nalg_onnx_import *m, const fmpq_t value, size_t *out);
NALG_NODISCARD nalg_status nalg_onnx_doubles(nalg_onnx_import *m, const double *x, size_t count, size_t *out);
/* A value as an instruction (integers become numbers). */
NALG_NODISCARD nalg_status nalg_onnx_node(nalg_onnx_import *m, const nalg_onnx_value *v, size_t *out);
/* Numbers of a constant instruction, or NULL. */
const fmpq *nalg_onnx_numbers(const nalg_onnx_import *m, size_t node);

/* ---- onnx_merged.c ---- */

/* Parameters that may be one: NALG_E_ARGUMENT with all of them unless the options decide. */
NALG_NODISCARD nalg_status nalg_onnx_check_merged(nalg_onnx_import *m);
/* An Identity of an initializer that the options make a parameter of its own. */
bool nalg_onnx_is_copy(const nalg_onnx_import *m, const Onnx__NodeProto *node);
NALG_NODISCARD nalg_status nalg_onnx_bind_copy(nalg_onnx_import *m, const Onnx__NodeProto *node);
/* Number of the earlier tensor whose transpose this one is, when the options make them one; SIZE_MAX for
 * none. */
size_t nalg_onnx_transpose_of(const nalg_onnx_import *m, size_t tensor);

/* ---- onnx_operators*.c ---- */

typedef nalg_status nalg_onnx_operator(nalg_onnx_import *m, const Onnx__NodeProto *node);
typedef struct {
    const char *name;
    nalg_onnx_operator *run;
} nalg_onnx_operator_entry;
extern const nalg_onnx_operator_entry nalg_onnx_arithmetic[], nalg_onnx_shapes[], nalg_onnx_contractions[],
    nalg_onnx_layers[]; /* ended by NULL */

const Onnx__AttributeProto *nalg_onnx_attribute(const Onnx__NodeProto *node, const char *name);
int64_t nalg_onnx_attribute_int(const Onnx__NodeProto *node, const char *name, int64_t otherwise);
double nalg_onnx_attribute_float(const Onnx__NodeProto *node, const char *name, double otherwise);
/* Operand k; NALG_E_PARSE when it is missing. */
NALG_NODISCARD nalg_status nalg_onnx_operand(nalg_onnx_import *m, const Onnx__NodeProto *node, size_t k,
                                             nalg_onnx_value *out);
/* The same, integers made numbers. */
NALG_NODISCARD nalg_status nalg_onnx_real_operand(nalg_onnx_import *m, const Onnx__NodeProto *node, size_t k,
                                                  nalg_onnx_value *out);
bool nalg_onnx_has_operand(const Onnx__NodeProto *node, size_t k);
NALG_NODISCARD nalg_status nalg_onnx_shapes_differ(nalg_onnx_import *m);
/* Integers of operand k, or of an attribute; *count entries owned by the caller; NULL with NALG_OK when
 * neither is there. */
NALG_NODISCARD nalg_status nalg_onnx_integers(nalg_onnx_import *m, const Onnx__NodeProto *node, size_t k,
                                              const char *attribute, int64_t **out, size_t *count);
/* An axis in -rank .. rank - 1. */
NALG_NODISCARD nalg_status nalg_onnx_axis(nalg_onnx_import *m, int64_t axis, size_t rank, size_t *out);
/* The map that reads a tensor row by row. */
nalg_strided nalg_onnx_rows(size_t rank, const size_t *dim);
/* The map that spreads a value to a larger shape, and the value spread. */
nalg_strided nalg_onnx_broadcast_map(const nalg_onnx_value *v, size_t rank, const size_t *dim);
NALG_NODISCARD nalg_status nalg_onnx_broadcast(nalg_onnx_import *m, const nalg_onnx_value *v, size_t rank,
                                               const size_t *dim, size_t *out);
NALG_NODISCARD nalg_status nalg_onnx_result(nalg_onnx_import *m, const Onnx__NodeProto *node, size_t k,
                                            nalg_onnx_value v);

/* ---- onnx_recognise.c, onnx_write.c ---- */

typedef enum {
    NALG_ONNX_ACTIVATION,
    NALG_ONNX_DENSE,
    NALG_ONNX_CONVOLUTION,
    NALG_ONNX_SUMPOOL,
    NALG_ONNX_RESIDUAL,
    NALG_ONNX_ATTENTION,
    NALG_ONNX_PROGRAM
} nalg_onnx_kind;

typedef struct nalg_onnx_segments nalg_onnx_segments;
/* What lies between two values of the program. */
typedef struct {
    nalg_onnx_kind kind;
    size_t from, to;
    char *text;                    /* activations */
    size_t product, weight, bias;  /* dense, convolution: instructions; bias SIZE_MAX when there is none */
    nalg_onnx_segments *inner;     /* residual */
    struct nalg_onnx_heads *heads; /* attention */
} nalg_onnx_segment;
struct nalg_onnx_segments {
    nalg_onnx_segment *item; /* last layer first */
    size_t count, capacity;
};

/* A weight matrix (outputs x inputs), stored transposed or not. */
typedef struct {
    size_t node;
    bool transposed;
} nalg_onnx_matrix;
typedef struct {
    nalg_onnx_matrix query, key, value;
    size_t factor; /* of the scores: a constant, or SIZE_MAX */
} nalg_onnx_head;
typedef struct nalg_onnx_heads {
    nalg_onnx_head *head;
    size_t count, capacity;
    size_t tokens, features, score, out;
    bool rows; /* the input is tokens x features, as exporters have it */
} nalg_onnx_heads;

/* The layers from value `from` to value `to`, last first; false in *found when `from` does not separate them.
 */
NALG_NODISCARD nalg_status nalg_onnx_recognise(nalg_onnx_import *m, size_t from, size_t to, unsigned depth,
                                               nalg_onnx_segments *out, bool *found);
/* The layer that ends at v, on the value x, when it is attention. */
NALG_NODISCARD nalg_status nalg_onnx_match_attention(nalg_onnx_import *m, size_t x, size_t v,
                                                     nalg_onnx_segment *s, bool *found);
void nalg_onnx_segments_clear(nalg_onnx_segments *s);
/* The parameter whose elements an instruction reads and which ones (on the heap); *map NULL when it is not
 * made of one parameter only. */
NALG_NODISCARD nalg_status nalg_onnx_parameter_map(nalg_onnx_import *m, size_t node, size_t *parameter,
                                                   int64_t **map);

/* Order of the parameters. */
typedef struct {
    size_t parameter, element;
} nalg_onnx_slot;
typedef struct {
    nalg_onnx_slot *slot;
    size_t count, capacity;
} nalg_onnx_order;
/* The model in the language, and the order of its parameters. */
NALG_NODISCARD nalg_status nalg_onnx_write(nalg_onnx_import *m, size_t output, nalg_text *phrase,
                                           nalg_onnx_order *order);

#endif
