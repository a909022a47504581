/* Check the wire format of an ONNX file before protobuf-c unpacks it.  SPDX-License-Identifier:
 * LGPL-2.1-or-later */
#ifndef NALG_MODEL_ONNX_WIRE_H
#define NALG_MODEL_ONNX_WIRE_H

#include <stdint.h>
#include "core/context.h"

/* Messages inside messages; protobuf-c recurses without a limit of its own. */
#define NALG_WIRE_DEPTH 64
/* Fields and messages of one file: what unpacking allocates is proportional to them. */
#define NALG_WIRE_FIELDS (UINT64_C(1) << 21)
#define NALG_WIRE_MESSAGES (UINT64_C(1) << 18)
/* Bytes of one packed list of varints, each of which may unpack to eight times its size. */
#define NALG_WIRE_PACKED ((size_t)1 << 24)

/* NALG_OK when the bytes are a well-formed ModelProto within the limits; NALG_E_PARSE or NALG_E_LIMIT with
 * the byte otherwise. */
NALG_NODISCARD nalg_status nalg_onnx_wire_check(nalg_ctx *ctx, const uint8_t *data, size_t length);

#endif
