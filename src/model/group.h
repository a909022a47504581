/* Small finite groups by name: cyclic Zn, symmetric Sn, dihedral Dn.  SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NALG_MODEL_GROUP_H
#define NALG_MODEL_GROUP_H

#include "model/arguments.h"

typedef struct {
    char kind; /* 'Z', 'S', 'D' */
    size_t n;
} nalg_group;

/* `z4`, `s3`, `d5` (any case). */
NALG_NODISCARD nalg_status nalg_group_parse(nalg_ctx *ctx, nalg_group *out, nalg_span name);
size_t nalg_group_order(const nalg_group *group);
/* Number of the element g h^-1. */
size_t nalg_group_quotient(const nalg_group *group, size_t g, size_t h);

#endif
