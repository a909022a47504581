/* Continuous symmetries of a model: vector fields on parameter space along which the function does not change.
 *
 * An action that one layer can produce on its output travels through activations (c x^r turns a scaling by s into one by s^r)
 * until a layer undoes it. The rules are those of the layer types, so every field found lies in the kernel of d phi identically.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_SYMMETRY_H
#define NALG_MODEL_SYMMETRY_H

#include "model/model.h"

#define NALG_HOP_LIMIT 16

typedef struct {
    const nalg_layer *layer;
    nalg_gauge gauge; /* the action where this layer meets it */
    bool emits;
} nalg_hop;

typedef struct {
    char *name;
    size_t fields;               /* number of generators */
    const nalg_layer *own;       /* symmetries inside one layer, or NULL */
    nalg_hop hop[NALG_HOP_LIMIT];
    size_t hops;
    nalg_gauge gauge;            /* the action in force on the whole path */
} nalg_symmetry;

typedef struct {
    nalg_symmetry *item;
    size_t count, capacity;
} nalg_symmetries;

NALG_NODISCARD nalg_status nalg_symmetries_find(nalg_ctx *ctx, nalg_symmetries *out, const nalg_model *model);
void nalg_symmetries_clear(nalg_symmetries *s);

/* Generator number `index` of a symmetry into the emptied field v. False after an allocation failure. */
bool nalg_symmetry_field(const nalg_symmetry *s, size_t index, nalg_vector_field *v);

/* All generators of all symmetries; SIZE_MAX on overflow. */
size_t nalg_symmetries_fields(const nalg_symmetries *s);

#endif
