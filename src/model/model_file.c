/* Models from files.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "core/memory.h"
#include "model/onnx.h"

#ifdef NEUROALG_ONNX

/* protobuf holds no more than 2 GiB. */
#define FILE_LIMIT ((off_t)1 << 31)

static nalg_status complain(nalg_ctx *ctx, const char *path, const char *hint, const char *why)
{
    return nalg_fail(ctx, NALG_E_IO, path, hint, "%.300s cannot be read: %s", path, why);
}

/* A whole regular file. */
static nalg_status read_file(nalg_ctx *ctx, const char *path, uint8_t **out, size_t *length)
{
    struct stat about;
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (file < 0) return complain(ctx, path, "check the name of the file", strerror(errno));
    nalg_status status = NALG_OK;
    uint8_t *data = NULL;
    size_t size = 0, used = 0;
    if (fstat(file, &about))
        status = complain(ctx, path, "check the file", strerror(errno));
    else if (!S_ISREG(about.st_mode))
        status = complain(ctx, path, "give a file", "it is no regular file");
    else if (about.st_size > FILE_LIMIT)
        status = complain(ctx, path, "export with external data", "it is larger than 2 GiB");
    else
        size = (size_t)about.st_size;
    if (status == NALG_OK && !(data = nalg_array(size, 1))) status = nalg_fail_memory(ctx);
    while (status == NALG_OK && used < size) {
        ssize_t got = read(file, data + used, size - used);
        if (got <= 0)
            status = complain(ctx, path, "check the file",
                              got < 0 ? strerror(errno) : "it was cut off while it was read");
        else
            used += (size_t)got;
    }
    close(file);
    *length = size;
    if (status == NALG_OK)
        *out = data;
    else
        free(data);
    return status;
}

nalg_status nalg_model_read_onnx(nalg_ctx *ctx, nalg_model **out, const char *path,
                                 const nalg_onnx_options *options)
{
    uint8_t *data = NULL;
    size_t length = 0;
    const char *slash = strrchr(path, '/');
    size_t lead = slash ? (size_t)(slash - path) : 0;
    char *folder = slash ? strndup(path, lead ? lead : 1) : strdup(".");
    nalg_status status = folder ? read_file(ctx, path, &data, &length) : nalg_fail_memory(ctx);
    if (status == NALG_OK) status = nalg_onnx_model(ctx, out, data, length, folder, path, options);
    free(data);
    free(folder);
    return status;
}

#else

nalg_status nalg_model_read_onnx(nalg_ctx *ctx, nalg_model **out, const char *path,
                                 const nalg_onnx_options *options)
{
    (void)out, (void)options;
    return nalg_fail(ctx, NALG_E_UNSUPPORTED, path,
                     "install libprotobuf-c-dev, protobuf-c-compiler and libonnx-dev and build again",
                     "this build reads no ONNX files");
}

#endif
