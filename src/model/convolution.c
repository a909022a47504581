/* Convolutions as a gather of patches followed by one matrix product.  SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/convolution.h"
#include <string.h>

/* `3` or `3x5` into the last `axes` entries of size[2]. */
static nalg_status read_extent(nalg_ctx *ctx, nalg_span s, size_t axes, const char *what, bool zero_allowed, size_t *size)
{
    nalg_span piece;
    size_t count = 0, value[2] = {0};
    while (nalg_span_cut(&s, 'x', &piece)) {
        if (count == axes) return nalg_span_fail(ctx, &piece, NALG_E_PARSE, axes == 1 ? "write one number" : "write HxW", "%s has too many numbers", what);
        nalg_status status = NALG_OK;
        if (zero_allowed && nalg_span_is(&piece, "0")) value[count] = 0;
        else status = nalg_span_size(ctx, &piece, NALG_WIDTH_LIMIT, what, &value[count]);
        if (status != NALG_OK) return status;
        count++;
    }
    size[0] = axes == 1 ? size[0] : value[0];
    size[1] = count == 2 ? value[1] : value[0];
    return NALG_OK;
}

nalg_status nalg_convolution_configure(nalg_layer *layer, nalg_arguments *a, size_t axes)
{
    nalg_status status = nalg_layer_new_data(a->ctx, layer, sizeof(nalg_convolution));
    if (status != NALG_OK) return status;
    nalg_convolution *c = layer->data;
    *c = (nalg_convolution){.axes = axes, .filter = {1, 1}, .stride = {1, 1}, .channels = 1};
    nalg_span s;
    c->bias = nalg_arguments_flag(a, "bias");
    if (!nalg_arguments_next(a, &s))
        return nalg_span_fail(a->ctx, &a->stage, NALG_E_PARSE, layer->type->usage, "the filter size is missing");
    status = read_extent(a->ctx, s, axes, "filter size", false, c->filter);
    if (status == NALG_OK && nalg_arguments_option(a, "stride", &s)) status = read_extent(a->ctx, s, axes, "stride", false, c->stride);
    if (status == NALG_OK && nalg_arguments_option(a, "pad", &s)) status = read_extent(a->ctx, s, axes, "pad", true, c->pad);
    if (status == NALG_OK && nalg_arguments_option(a, "out", &s)) {
        c->channels_given = true;
        status = nalg_span_size(a->ctx, &s, NALG_WIDTH_LIMIT, "out", &c->channels);
    }
    return status;
}

/* Channels and extents of a tensor seen with a channel axis. */
static void extents(const nalg_shape *s, size_t axes, size_t *channels, size_t extent[2])
{
    bool has_channels = s->rank == axes + 1;
    *channels = has_channels ? s->dim[0] : 1;
    extent[0] = axes == 1 ? 1 : s->dim[has_channels];
    extent[1] = s->dim[s->rank - 1];
}

nalg_status nalg_convolution_infer(nalg_ctx *ctx, nalg_layer *layer)
{
    const nalg_convolution *c = layer->data;
    if (layer->in.rank != c->axes && layer->in.rank != c->axes + 1)
        return nalg_layer_fail(ctx, layer, c->axes == 1 ? "its input must be LENGTH or CHANNELSxLENGTH" : "its input must be HxW or CHANNELSxHxW",
                               "%s cannot follow a tensor of rank %zu", layer->type->keyword, layer->in.rank);
    size_t channels, in[2], out[2];
    extents(&layer->in, c->axes, &channels, in);
    for (size_t d = 0; d < 2; d++) {
        size_t padded = in[d] + 2 * c->pad[d];
        if (padded < c->filter[d])
            return nalg_layer_fail(ctx, layer, "use a smaller filter or a larger input", "a filter of size %zu does not fit an input of length %zu",
                                   c->filter[d], padded);
        out[d] = (padded - c->filter[d]) / c->stride[d] + 1;
    }
    bool keep = c->channels_given || layer->in.rank == c->axes + 1;
    layer->out = (nalg_shape){.rank = c->axes + keep};
    if (keep) layer->out.dim[0] = c->channels;
    if (c->axes == 2) layer->out.dim[keep] = out[0];
    layer->out.dim[layer->out.rank - 1] = out[1];
    layer->parameters = c->channels * (channels * c->filter[0] * c->filter[1] + c->bias);
    return NALG_OK;
}

static void print_extent(const nalg_convolution *c, const char *name, const size_t size[2], size_t skip, nalg_text *out)
{
    if (size[1] == skip && (c->axes == 1 || size[0] == skip)) return;
    nalg_text_string(out, name);
    if (c->axes == 2) nalg_text_format(out, "%zux", size[0]);
    nalg_text_format(out, "%zu", size[1]);
}

void nalg_convolution_print(const nalg_layer *layer, nalg_text *out)
{
    const nalg_convolution *c = layer->data;
    nalg_text_string(out, layer->type->keyword);
    print_extent(c, " ", c->filter, 0, out);
    print_extent(c, " stride=", c->stride, 1, out);
    print_extent(c, " pad=", c->pad, 0, out);
    if (c->channels_given) nalg_text_format(out, " out=%zu", c->channels);
    if (c->bias) nalg_text_string(out, " bias");
}

/* Row (channel, u, v) and column (p, q) of the patch matrix: the input entry under filter position (u, v) at output (p, q). */
static int patches(const nalg_layer *layer, nalg_graph *g, int input, size_t rows, size_t columns)
{
    const nalg_convolution *c = layer->data;
    size_t channels, in[2];
    extents(&layer->in, c->axes, &channels, in);
    size_t width = layer->out.dim[layer->out.rank - 1];
    int map;
    int32_t *entry = nalg_graph_map_new(g, rows * columns, &map);
    if (!entry) return NALG_NO_NODE;
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++) {
            size_t channel = row / (c->filter[0] * c->filter[1]), u = row / c->filter[1] % c->filter[0], v = row % c->filter[1];
            size_t y = column / width * c->stride[0] + u, x = column % width * c->stride[1] + v; /* padded coordinates */
            bool inside = y >= c->pad[0] && y - c->pad[0] < in[0] && x >= c->pad[1] && x - c->pad[1] < in[1];
            entry[row * columns + column] = inside ? (int32_t)((channel * in[0] + y - c->pad[0]) * in[1] + x - c->pad[1]) : -1;
        }
    return nalg_graph_gather(g, input, map);
}

static size_t filter_entries(const nalg_layer *layer)
{
    const nalg_convolution *c = layer->data;
    return layer->parameters / c->channels - c->bias;
}

int nalg_convolution_lower(const nalg_layer *layer, nalg_graph *g, int input)
{
    const nalg_convolution *c = layer->data;
    size_t rows = filter_entries(layer), columns = nalg_shape_size(&layer->out) / c->channels;
    int filters = nalg_graph_parameter(g, layer->offset, c->channels * rows);
    int out = nalg_graph_product(g, filters, false, patches(layer, g, input, rows, columns), false, c->channels, rows, columns);
    if (!c->bias) return out;
    int bias = nalg_graph_parameter(g, layer->offset + c->channels * rows, c->channels);
    return nalg_graph_add(g, out, nalg_graph_repeat(g, bias, columns));
}

bool nalg_convolution_degrees(const nalg_layer *layer, nalg_degrees *d)
{
    return !((const nalg_convolution *)layer->data)->bias || nalg_degrees_add_constant(d);
}

void nalg_convolution_emit(const nalg_layer *layer, nalg_gauge *gauge)
{
    const nalg_convolution *c = layer->data;
    *gauge = (nalg_gauge){NALG_ALGEBRA_GL, c->channels, nalg_shape_size(&layer->out) / c->channels, 1, false};
}

void nalg_convolution_emit_field(const nalg_layer *layer, size_t i, size_t j, nalg_vector_field *v)
{
    const nalg_convolution *c = layer->data;
    size_t n = filter_entries(layer), bias = layer->offset + c->channels * n;
    for (size_t k = 0; k < n; k++) nalg_vector_field_add(v, layer->offset + i * n + k, (int64_t)(layer->offset + j * n + k), 1);
    if (c->bias) nalg_vector_field_add(v, bias + i, (int64_t)(bias + j), 1);
}

/* Only actions on whole channels commute with the sliding of the filter. */
void nalg_convolution_absorb(const nalg_layer *layer, nalg_gauge *gauge)
{
    const nalg_convolution *c = layer->data;
    size_t channels, in[2];
    extents(&layer->in, c->axes, &channels, in);
    if (gauge->order != channels || gauge->block != in[0] * in[1]) gauge->algebra = NALG_ALGEBRA_NONE;
    gauge->translations = false;
}

void nalg_convolution_absorb_field(const nalg_layer *layer, const nalg_gauge *gauge, size_t i, size_t j, nalg_vector_field *v)
{
    const nalg_convolution *c = layer->data;
    size_t n = filter_entries(layer), taps = c->filter[0] * c->filter[1];
    for (size_t o = 0; o < c->channels; o++)
        for (size_t u = 0; u < taps; u++) {
            size_t row = layer->offset + o * n;
            nalg_vector_field_add(v, row + j * taps + u, (int64_t)(row + i * taps + u), -gauge->factor);
        }
}

bool nalg_convolution_has_one_channel(const nalg_layer *layer)
{
    const nalg_convolution *c = layer->data;
    return c->channels == 1 && (layer->in.rank == c->axes || layer->in.dim[0] == 1);
}
