#include "cis_png_stored.h"
#include "cis_png_failure.h"

#include <stdlib.h>
#include <string.h>

typedef struct reader {
    png_structp png;
    png_infop info;
    png_failure failure;
    const uint8_t *data;
    size_t size, position;
    uint8_t *rows;
} reader;

static void read_bytes(png_structp png, png_bytep out, size_t count) {
    reader *r = png_get_io_ptr(png);
    if (r->size - r->position < count) {
        cis_fail(r->failure.error, CIS_TRUNCATED, "the data ends after %zu bytes, before the IEND chunk", r->size);
        longjmp(r->failure.escape, 1);
    }
    memcpy(out, r->data + r->position, count);
    r->position += count;
}

// Everything up to the pixel data. Runs under the caller's setjmp.
static void open_picture(reader *r) {
    r->png = png_create_read_struct(
        PNG_LIBPNG_VER_STRING, &r->failure, png_failure_on_error, png_failure_on_warning);
    r->info = r->png ? png_create_info_struct(r->png) : NULL;
    if (!r->info) {
        cis_fail(r->failure.error, CIS_NO_MEMORY, "no memory to start reading");
        longjmp(r->failure.escape, 1);
    }
    png_set_read_fn(r->png, r, read_bytes);
    png_set_user_limits(r->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
    png_read_info(r->png, r->info);
}

static void close_picture(reader *r) {
    if (r->png) png_destroy_read_struct(&r->png, &r->info, NULL);
    free(r->rows);
}

static void describe(reader *r, cis_stored *header) {
    header->width = png_get_image_width(r->png, r->info);
    header->height = png_get_image_height(r->png, r->info);
    header->channels = png_get_channels(r->png, r->info);
    header->is_palette = png_get_color_type(r->png, r->info) == PNG_COLOR_TYPE_PALETTE;
}

static void header_guarded(reader *r, cis_stored *header) {
    if (setjmp(r->failure.escape)) return;
    open_picture(r);
    describe(r, header);
}

cis_code cis_png_stored_header(const uint8_t *data, size_t size, cis_stored *header, cis_error *error) {
    reader r = {.data = data, .size = size, .failure.error = error};
    header_guarded(&r, header);
    close_picture(&r);
    return error->code;
}

static void read_guarded(reader *r, const cis_stored *header, uint16_t *samples) {
    if (setjmp(r->failure.escape)) return;
    open_picture(r);
    cis_stored found;
    describe(r, &found);
    png_set_packing(r->png);  // 1, 2 and 4 bits to a byte each, their values as they are
    int passes = png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    size_t bytes = png_get_bit_depth(r->png, r->info) == 16 ? 2 : 1;
    size_t row_bytes = png_get_rowbytes(r->png, r->info), per_row = (size_t)found.width * found.channels;
    if (found.width != header->width || found.height != header->height || found.channels != header->channels ||
        row_bytes != per_row * bytes)
        png_error(r->png, "its layout is not what its header says");
    r->rows = malloc(row_bytes * found.height);
    if (!r->rows) {
        cis_fail(r->failure.error, CIS_NO_MEMORY, "no memory for its samples");
        longjmp(r->failure.escape, 1);
    }
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < found.height; y++) png_read_row(r->png, r->rows + y * row_bytes, NULL);
    png_read_end(r->png, NULL);
    const uint8_t *in = r->rows;
    for (size_t i = 0; i < per_row * found.height; i++, in += bytes)
        samples[i] = bytes == 2 ? (uint16_t)(in[0] << 8 | in[1]) : in[0];
}

cis_code cis_png_stored_read(
    const uint8_t *data, size_t size, const cis_stored *header, uint16_t *samples, cis_error *error) {
    reader r = {.data = data, .size = size, .failure.error = error};
    read_guarded(&r, header, samples);
    close_picture(&r);
    return error->code;
}
