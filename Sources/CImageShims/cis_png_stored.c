#include "cis_png_stored.h"
#include "cis_png_source.h"

#include <stdlib.h>

typedef struct reader {
    png_source source;
    uint8_t *rows;
} reader;

// Everything up to the pixel data. Runs under the caller's setjmp.
static void open_picture(reader *r) {
    png_source_open(&r->source);
    png_read_info(r->source.png, r->source.info);
}

static void close_picture(reader *r) {
    png_source_close(&r->source);
    free(r->rows);
}

static void describe(reader *r, cis_stored *header) {
    header->width = png_get_image_width(r->source.png, r->source.info);
    header->height = png_get_image_height(r->source.png, r->source.info);
    header->channels = png_get_channels(r->source.png, r->source.info);
    header->is_palette = png_get_color_type(r->source.png, r->source.info) == PNG_COLOR_TYPE_PALETTE;
}

static void header_guarded(reader *r, cis_stored *header) {
    if (setjmp(r->source.failure.escape)) return;
    open_picture(r);
    describe(r, header);
}

cis_code cis_png_stored_header(const uint8_t *data, size_t size, cis_stored *header, cis_error *error) {
    reader r = {.source.data = data, .source.size = size, .source.failure.error = error};
    header_guarded(&r, header);
    close_picture(&r);
    return error->code;
}

static void read_guarded(reader *r, const cis_stored *header, uint16_t *samples) {
    if (setjmp(r->source.failure.escape)) return;
    open_picture(r);
    cis_stored found;
    describe(r, &found);
    png_set_packing(r->source.png);  // 1, 2 and 4 bits to a byte each, their values as they are
    int passes = png_set_interlace_handling(r->source.png);
    png_read_update_info(r->source.png, r->source.info);
    size_t bytes = png_get_bit_depth(r->source.png, r->source.info) == 16 ? 2 : 1;
    size_t row_bytes = png_get_rowbytes(r->source.png, r->source.info), per_row = (size_t)found.width * found.channels;
    if (found.width != header->width || found.height != header->height || found.channels != header->channels ||
        row_bytes != per_row * bytes)
        png_error(r->source.png, "its layout is not what its header says");
    r->rows = malloc(row_bytes * found.height);
    if (!r->rows) {
        cis_fail(r->source.failure.error, CIS_NO_MEMORY, "no memory for its samples");
        longjmp(r->source.failure.escape, 1);
    }
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < found.height; y++) png_read_row(r->source.png, r->rows + y * row_bytes, NULL);
    png_read_end(r->source.png, NULL);
    const uint8_t *in = r->rows;
    for (size_t i = 0; i < per_row * found.height; i++, in += bytes)
        samples[i] = bytes == 2 ? (uint16_t)(in[0] << 8 | in[1]) : in[0];
}

cis_code cis_png_stored_read(
    const uint8_t *data, size_t size, const cis_stored *header, uint16_t *samples, cis_error *error) {
    reader r = {.source.data = data, .source.size = size, .source.failure.error = error};
    read_guarded(&r, header, samples);
    close_picture(&r);
    return error->code;
}
