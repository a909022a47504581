/* protobuf-c trusts its input: it recurses once for every nested message and allocates as the counts say.
 * This pass reads the wire format by the schema of onnx.proto (Debian's libonnx-dev 1.12) and bounds depth,
 * counts and lengths, so that the real decoder only sees files it can handle in bounded memory.  Source:
 * protobuf wire format; onnx.proto.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/onnx_wire.h"
#include <stdio.h>

typedef enum {
    LEAF, /* no messages inside */
    MODEL,
    GRAPH,
    NODE,
    ATTRIBUTE,
    TENSOR,
    SPARSE,
    VALUE_INFO,
    TYPE,
    TYPE_TENSOR,
    TYPE_SEQUENCE,
    TYPE_MAP,
    TYPE_OPTIONAL,
    SHAPE,
    ANNOTATION,
    TRAINING,
    FUNCTION,
    PACKED, /* a list of varints */
    BYTES
} kind;

/* Which fields of a message hold messages or packed varints; all others are numbers or bytes. */
static const struct {
    kind message;
    uint32_t field;
    kind inside;
} schema[] = {
    {MODEL, 7, GRAPH},       {MODEL, 8, LEAF},          {MODEL, 14, LEAF},       {MODEL, 20, TRAINING},
    {MODEL, 25, FUNCTION},   {GRAPH, 1, NODE},          {GRAPH, 5, TENSOR},      {GRAPH, 15, SPARSE},
    {GRAPH, 11, VALUE_INFO}, {GRAPH, 12, VALUE_INFO},   {GRAPH, 13, VALUE_INFO}, {GRAPH, 14, ANNOTATION},
    {NODE, 5, ATTRIBUTE},    {ATTRIBUTE, 5, TENSOR},    {ATTRIBUTE, 6, GRAPH},   {ATTRIBUTE, 10, TENSOR},
    {ATTRIBUTE, 11, GRAPH},  {ATTRIBUTE, 22, SPARSE},   {ATTRIBUTE, 23, SPARSE}, {ATTRIBUTE, 14, TYPE},
    {ATTRIBUTE, 15, TYPE},   {ATTRIBUTE, 8, PACKED},    {TENSOR, 3, LEAF},       {TENSOR, 13, LEAF},
    {TENSOR, 1, PACKED},     {TENSOR, 5, PACKED},       {TENSOR, 7, PACKED},     {TENSOR, 11, PACKED},
    {SPARSE, 1, TENSOR},     {SPARSE, 2, TENSOR},       {SPARSE, 3, PACKED},     {VALUE_INFO, 2, TYPE},
    {TYPE, 1, TYPE_TENSOR},  {TYPE, 4, TYPE_SEQUENCE},  {TYPE, 5, TYPE_MAP},     {TYPE, 9, TYPE_OPTIONAL},
    {TYPE, 8, TYPE_TENSOR},  {TYPE_SEQUENCE, 1, TYPE},  {TYPE_MAP, 2, TYPE},     {TYPE_OPTIONAL, 1, TYPE},
    {TYPE_TENSOR, 2, SHAPE}, {SHAPE, 1, LEAF},          {ANNOTATION, 2, LEAF},   {TRAINING, 1, GRAPH},
    {TRAINING, 2, GRAPH},    {TRAINING, 3, LEAF},       {TRAINING, 4, LEAF},     {FUNCTION, 7, NODE},
    {FUNCTION, 9, LEAF},     {FUNCTION, 11, ATTRIBUTE}, /* newer than 1.12 */
};

static kind inside(kind message, uint32_t field)
{
    for (size_t i = 0; i < sizeof schema / sizeof *schema; i++)
        if (schema[i].message == message && schema[i].field == field) return schema[i].inside;
    return BYTES;
}

typedef struct {
    nalg_ctx *ctx;
    const uint8_t *data;
    uint64_t fields, messages;
} reader;

static nalg_status fail(const reader *r, size_t at, nalg_status status, const char *what)
{
    char where[48];
    snprintf(where, sizeof where, "byte %zu", at);
    return nalg_fail(r->ctx, status, where,
                     status == NALG_E_LIMIT ? "give a smaller model" : "export the model again",
                     "this is no ONNX file that can be read: %s", what);
}

/* A varint of at most ten bytes below `end`. */
static bool varint(const reader *r, size_t *at, size_t end, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70 && *at < end; shift += 7) {
        uint8_t byte = r->data[(*at)++];
        if (shift == 63 && byte > 1) return false;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

static nalg_status packed(const reader *r, size_t at, size_t end)
{
    uint64_t value;
    if (end - at > NALG_WIRE_PACKED)
        return fail(r, at, NALG_E_LIMIT, "a list of integers is longer than 16 MiB");
    while (at < end)
        if (!varint(r, &at, end, &value)) return fail(r, at, NALG_E_PARSE, "a list of integers is damaged");
    return NALG_OK;
}

static nalg_status message(reader *r, kind type, size_t at, size_t end, unsigned depth);

/* The value of a length-delimited field, at r->data[at .. at + length). */
static nalg_status delimited(reader *r, kind type, uint32_t field, size_t at, size_t length, unsigned depth)
{
    kind type_inside = inside(type, field);
    if (type_inside == BYTES) return NALG_OK;
    if (type_inside == PACKED) return packed(r, at, at + length);
    return message(r, type_inside, at, at + length, depth + 1);
}

static nalg_status message(reader *r, kind type, size_t at, size_t end, unsigned depth)
{
    if (depth > NALG_WIRE_DEPTH) return fail(r, at, NALG_E_LIMIT, "messages are nested more than 64 deep");
    if (++r->messages > NALG_WIRE_MESSAGES) return fail(r, at, NALG_E_LIMIT, "it has too many parts");
    while (at < end) {
        uint64_t key, value;
        size_t start = at;
        if (++r->fields > NALG_WIRE_FIELDS) return fail(r, at, NALG_E_LIMIT, "it has too many fields");
        if ((r->fields & 0xffff) == 0) {
            nalg_status stop = nalg_checkpoint(r->ctx);
            if (stop != NALG_OK) return stop;
        }
        if (!varint(r, &at, end, &key) || key >> 3 == 0 || key >> 3 > 0x1fffffff)
            return fail(r, start, NALG_E_PARSE, "a field is damaged or cut off");
        unsigned wire = (unsigned)key & 7;
        size_t skip = wire == 1 ? 8 : 4;
        if (wire == 0) {
            if (!varint(r, &at, end, &value))
                return fail(r, start, NALG_E_PARSE, "a number is damaged or cut off");
        } else if (wire == 2) {
            if (!varint(r, &at, end, &value) || value > end - at)
                return fail(r, start, NALG_E_PARSE,
                            "a field reaches beyond its end; the file is cut off or damaged");
            nalg_status status = delimited(r, type, (uint32_t)(key >> 3), at, value, depth);
            if (status != NALG_OK) return status;
            at += value;
        } else if (wire == 1 || wire == 5) {
            if (skip > end - at) return fail(r, start, NALG_E_PARSE, "a number is cut off");
            at += skip;
        } else {
            return fail(r, start, NALG_E_PARSE, "a field has an unknown type");
        }
    }
    return NALG_OK;
}

nalg_status nalg_onnx_wire_check(nalg_ctx *ctx, const uint8_t *data, size_t length)
{
    reader r = {.ctx = ctx, .data = data};
    if (length == 0) return fail(&r, 0, NALG_E_PARSE, "it is empty");
    return message(&r, MODEL, 0, length, 0);
}
