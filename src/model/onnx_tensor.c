/* Stored tensors of an ONNX file: shapes, element types, data inside the file or beside it.
 * SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/memory.h"
#include "model/floats.h"
#include "model/onnx_import.h"

enum {
    FLOAT = 1,
    UINT8,
    INT8,
    UINT16,
    INT16,
    INT32,
    INT64,
    STRING,
    BOOL,
    FLOAT16,
    DOUBLE,
    UINT32,
    UINT64,
    COMPLEX64,
    COMPLEX128,
    BFLOAT16
};

/* Bytes of an element, 0 for types that hold no real numbers. */
static size_t element_bytes(int type)
{
    static const size_t bytes[] = {0, 4, 1, 1, 2, 2, 4, 8, 0, 1, 2, 8, 4, 8, 0, 0, 2};
    return type > 0 && type <= BFLOAT16 ? bytes[type] : 0;
}

static const char *name_of(const Onnx__TensorProto *t)
{
    return t->name && *t->name ? t->name : "(without a name)";
}

size_t nalg_onnx_size(size_t rank, const size_t *dim)
{
    size_t size = 1;
    for (size_t i = 0; i < rank; i++)
        if (!nalg_size_multiply(&size, size, dim[i])) return SIZE_MAX;
    return size;
}

bool nalg_onnx_tensor_is_integer(const Onnx__TensorProto *t)
{
    return t->data_type != FLOAT && t->data_type != DOUBLE && t->data_type != FLOAT16 &&
           t->data_type != BFLOAT16;
}

nalg_status nalg_onnx_tensor_shape(nalg_onnx_import *m, const Onnx__TensorProto *t, size_t *rank, size_t *dim)
{
    if (!element_bytes(t->data_type))
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED,
                              "export real numbers: float32, float64, float16, bfloat16 or integers",
                              "tensor %.200s has elements of type %d", name_of(t), t->data_type);
    if (t->n_dims > NALG_ONNX_RANK)
        return nalg_onnx_fail(m, NALG_E_LIMIT, "use at most 8 axes", "tensor %.200s has %zu axes", name_of(t),
                              t->n_dims);
    *rank = t->n_dims;
    for (size_t i = 0; i < t->n_dims; i++) {
        if (t->dims[i] < 0)
            return nalg_onnx_fail(m, NALG_E_PARSE, "export the model again",
                                  "tensor %.200s has a negative extent", name_of(t));
        dim[i] = (size_t)t->dims[i];
    }
    if (nalg_onnx_size(*rank, dim) > NALG_TENSOR_LIMIT)
        return nalg_onnx_fail(m, NALG_E_LIMIT, "use a smaller model",
                              "tensor %.200s has more than 2^27 elements", name_of(t));
    return NALG_OK;
}

/* ---- external data ---- */

typedef struct {
    const char *location;
    uint64_t offset, length;
    bool length_given;
} external;

static bool read_unsigned(const char *s, uint64_t *out)
{
    if (!s || !*s || strspn(s, "0123456789") != strlen(s) || strlen(s) > 18) return false;
    *out = strtoull(s, NULL, 10);
    return true;
}

static bool read_external(const Onnx__TensorProto *t, external *e)
{
    *e = (external){0};
    for (size_t i = 0; i < t->n_external_data; i++) {
        const char *key = t->external_data[i]->key, *value = t->external_data[i]->value;
        if (!key || !value) return false;
        if (!strcmp(key, "location")) e->location = value;
        if (!strcmp(key, "offset") && !read_unsigned(value, &e->offset)) return false;
        if (!strcmp(key, "length") && !(e->length_given = read_unsigned(value, &e->length))) return false;
    }
    return e->location && *e->location;
}

/* No absolute paths, no `..`: the data lie in the model's own folder. */
static bool inside_folder(const char *path)
{
    if (path[0] == '/') return false;
    for (const char *s = path; *s; s += strcspn(s, "/"), s += *s == '/') {
        size_t length = strcspn(s, "/");
        if (length == 2 && !strncmp(s, "..", 2)) return false;
    }
    return true;
}

/* Open it without following a link out of the folder. */
static int open_external(const nalg_onnx_import *m, const char *location)
{
    char path[PATH_MAX], real[PATH_MAX], folder[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", m->folder, location) >= (int)sizeof path) return -1;
    if (!realpath(path, real) || !realpath(m->folder, folder)) return -1;
    size_t length = strlen(folder);
    if (strncmp(real, folder, length) || (real[length] != '/' && length > 1)) {
        errno = EACCES;
        return -1;
    }
    return open(real, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
}

static nalg_status read_at(nalg_onnx_import *m, int file, uint8_t *out, size_t bytes, uint64_t offset)
{
    while (bytes) {
        ssize_t got = pread(file, out, bytes, (off_t)offset);
        if (got <= 0)
            return nalg_onnx_fail(m, NALG_E_IO, "check the file", "external data cannot be read: %s",
                                  got < 0 ? strerror(errno) : "the file is cut off");
        out += got;
        bytes -= (size_t)got;
        offset += (uint64_t)got;
    }
    return NALG_OK;
}

static nalg_status load_external(nalg_onnx_import *m, const Onnx__TensorProto *t, size_t bytes, uint8_t **out)
{
    external e;
    struct stat about;
    const char *name = name_of(t),
               *hint = "keep the file of weights beside the .onnx file, under the name the exporter gave it";
    if (!read_external(t, &e))
        return nalg_onnx_fail(m, NALG_E_PARSE, "export the model again",
                              "tensor %.200s does not say where its data are", name);
    if (!m->folder)
        return nalg_onnx_fail(m, NALG_E_UNSUPPORTED, "give the model as a file",
                              "tensor %.200s keeps its data in another file", name);
    if (!inside_folder(e.location))
        return nalg_onnx_fail(m, NALG_E_PARSE, hint,
                              "tensor %.200s points outside the model's folder: %.200s", name, e.location);
    int file = open_external(m, e.location);
    if (file < 0)
        return nalg_onnx_fail(m, NALG_E_IO, hint,
                              "the data of tensor %.200s, file %.200s, cannot be opened: %s", name,
                              e.location, strerror(errno));
    nalg_status status = NALG_OK;
    uint8_t *data = NULL;
    if (fstat(file, &about) || !S_ISREG(about.st_mode))
        status = nalg_onnx_fail(m, NALG_E_IO, hint, "%.200s is no regular file", e.location);
    else if ((e.length_given && e.length != bytes) || e.offset > (uint64_t)about.st_size ||
             bytes > (uint64_t)about.st_size - e.offset)
        status = nalg_onnx_fail(m, NALG_E_PARSE, "export the model again",
                                "tensor %.200s needs %zu bytes, which %.200s does not hold at %llu", name,
                                bytes, e.location, (unsigned long long)e.offset);
    else if (!(data = nalg_array(bytes, 1)))
        status = nalg_fail_memory(m->ctx);
    else
        status = read_at(m, file, data, bytes, e.offset);
    close(file);
    if (status == NALG_OK)
        *out = data;
    else
        free(data);
    return status;
}

/* ---- elements ---- */

static nalg_status wrong_length(nalg_onnx_import *m, const Onnx__TensorProto *t, size_t size)
{
    return nalg_onnx_fail(m, NALG_E_PARSE, "export the model again",
                          "tensor %.200s does not hold the %zu elements of its shape", name_of(t), size);
}

/* Raw bytes, little-endian; *owned is freed by the caller. *raw NULL: the elements are in a typed list. */
static nalg_status raw_bytes(nalg_onnx_import *m, const Onnx__TensorProto *t, size_t size,
                             const uint8_t **raw, uint8_t **owned)
{
    size_t bytes = size * element_bytes(t->data_type);
    *raw = NULL;
    *owned = NULL;
    if (t->has_data_location && t->data_location == ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL) {
        nalg_status status = load_external(m, t, bytes, owned);
        *raw = *owned;
        return status;
    }
    if (!t->has_raw_data) return NALG_OK;
    if (t->raw_data.len != bytes) return wrong_length(m, t, size);
    static const uint8_t empty;
    *raw = t->raw_data.data ? t->raw_data.data : &empty;
    return NALG_OK;
}

static double real_element(int type, const uint8_t *raw, size_t i)
{
    switch (type) {
    case FLOAT:
        return nalg_float32(raw + 4 * i);
    case DOUBLE:
        return nalg_float64(raw + 8 * i);
    case FLOAT16:
        return nalg_float16(raw + 2 * i);
    default:
        return nalg_bfloat16(raw + 2 * i);
    }
}

/* From the typed lists: float16 and bfloat16 stand in int32_data as bits. */
static double listed_element(const Onnx__TensorProto *t, size_t i)
{
    uint8_t bits[2];
    if (t->data_type == FLOAT) return (double)t->float_data[i];
    if (t->data_type == DOUBLE) return t->double_data[i];
    bits[0] = (uint8_t)(t->int32_data[i] & 0xff);
    bits[1] = (uint8_t)(t->int32_data[i] >> 8 & 0xff);
    return real_element(t->data_type, bits, 0);
}

static size_t listed(const Onnx__TensorProto *t)
{
    switch (t->data_type) {
    case FLOAT:
        return t->n_float_data;
    case DOUBLE:
        return t->n_double_data;
    case INT64:
        return t->n_int64_data;
    case UINT32:
    case UINT64:
        return t->n_uint64_data;
    default:
        return t->n_int32_data;
    }
}

nalg_status nalg_onnx_tensor_doubles(nalg_onnx_import *m, const Onnx__TensorProto *t, size_t size,
                                     double **out)
{
    const uint8_t *raw;
    uint8_t *owned;
    double *x = NULL;
    nalg_status status = raw_bytes(m, t, size, &raw, &owned);
    if (status == NALG_OK && !raw && listed(t) != size) status = wrong_length(m, t, size);
    if (status == NALG_OK && !(x = nalg_array(size, sizeof *x))) status = nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < size && status == NALG_OK; i++) {
        x[i] = raw ? real_element(t->data_type, raw, i) : listed_element(t, i);
        if (!isfinite(x[i]))
            status = nalg_onnx_fail(m, NALG_E_PARSE, "train again or replace this weight",
                                    "element %zu of tensor %.200s is %s", i, name_of(t),
                                    isnan(x[i]) ? "not a number" : "infinite");
    }
    free(owned);
    if (status == NALG_OK)
        *out = x;
    else
        free(x);
    return status;
}

static int64_t raw_integer(int type, const uint8_t *raw, size_t i)
{
    size_t bytes = element_bytes(type);
    uint64_t value = 0;
    for (size_t b = bytes; b-- > 0;) value = value << 8 | raw[i * bytes + b];
    bool is_signed = type == INT8 || type == INT16 || type == INT32;
    if (is_signed && value >> (8 * bytes - 1)) value |= ~UINT64_C(0) << (8 * bytes);
    return (int64_t)value;
}

nalg_status nalg_onnx_tensor_integers(nalg_onnx_import *m, const Onnx__TensorProto *t, size_t size,
                                      int64_t **out)
{
    const uint8_t *raw;
    uint8_t *owned;
    int64_t *x = NULL;
    if (size > NALG_ONNX_INTEGERS)
        return nalg_onnx_fail(m, NALG_E_LIMIT, "integers can only be shapes and indices",
                              "tensor %.200s holds %zu integers", name_of(t), size);
    nalg_status status = raw_bytes(m, t, size, &raw, &owned);
    if (status == NALG_OK && !raw && listed(t) != size) status = wrong_length(m, t, size);
    if (status == NALG_OK && !(x = nalg_array(size, sizeof *x))) status = nalg_fail_memory(m->ctx);
    for (size_t i = 0; i < size && status == NALG_OK; i++) {
        if (raw)
            x[i] = raw_integer(t->data_type, raw, i);
        else if (t->data_type == INT64)
            x[i] = t->int64_data[i];
        else if (t->data_type == UINT32 || t->data_type == UINT64)
            x[i] = (int64_t)t->uint64_data[i];
        else
            x[i] = t->int32_data[i];
    }
    free(owned);
    if (status == NALG_OK)
        *out = x;
    else
        free(x);
    return status;
}
