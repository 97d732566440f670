#include "cis_png.h"
#include "cis_png_failure.h"

#include <stdlib.h>
#include <string.h>

typedef struct reader {
    png_structp png;
    png_infop info;
    png_failure failure;
    const uint8_t *data;
    size_t size, position;
    /// A picture with alpha is decoded here first.
    void *with_alpha;
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
    // Whoever calls decides about the size, from the header; and a damaged chunk is damage, also where it only describes.
    png_set_user_limits(r->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_crc_action(r->png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
    // Descriptions do not change the samples: skipping them also skips the compressed ones among them, unexpanded.
    static const png_byte skipped[] =
        "bKGD\0cHRM\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0tEXt\0tIME\0zTXt";
    png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
    png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, skipped, (int)(sizeof skipped / 5));
    png_read_info(r->png, r->info);
}

static void close_picture(reader *r) {
    if (r->png) png_destroy_read_struct(&r->png, &r->info, NULL);
    free(r->with_alpha);
}

static void read_header_guarded(reader *r, cis_header *header) {
    if (setjmp(r->failure.escape)) return;
    open_picture(r);
    *header = (cis_header){
        .width = png_get_image_width(r->png, r->info),
        .height = png_get_image_height(r->png, r->info),
        .channels = png_get_color_type(r->png, r->info) & PNG_COLOR_MASK_COLOR ? 3 : 1,
        .bit_depth = png_get_bit_depth(r->png, r->info) == 16 ? 16 : 8,
        .orientation = 1,
    };
}

cis_code cis_png_read_header(const uint8_t *data, size_t size, cis_header *header, cis_error *error) {
    reader r = {.data = data, .size = size, .failure.error = error};
    read_header_guarded(&r, header);
    close_picture(&r);
    return error->code;
}

static void compose_over_black_8(const uint8_t *in, size_t pixels, size_t channels, uint8_t *out) {
    for (size_t i = 0; i < pixels; i++, in += channels + 1)
        for (size_t c = 0; c < channels; c++) *out++ = (uint8_t)((in[c] * in[channels] + 127u) / 255u);
}

static void compose_over_black_16(const uint16_t *in, size_t pixels, size_t channels, uint16_t *out) {
    for (size_t i = 0; i < pixels; i++, in += channels + 1)
        for (size_t c = 0; c < channels; c++) *out++ = (uint16_t)(((uint32_t)in[c] * in[channels] + 32767u) / 65535u);
}

static void decode_guarded(reader *r, const cis_header *header, uint8_t *pixels) {
    if (setjmp(r->failure.escape)) return;
    open_picture(r);
    png_set_expand(r->png);  // palette to RGB, fewer bits to 8, transparency to alpha
    const uint16_t one = 1;
    if (*(const uint8_t *)&one == 1) png_set_swap(r->png);
    int passes = png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);

    size_t width = png_get_image_width(r->png, r->info), height = png_get_image_height(r->png, r->info);
    size_t stored_channels = png_get_channels(r->png, r->info), bytes_per_sample = header->bit_depth / 8;
    size_t row_bytes = png_get_rowbytes(r->png, r->info);
    if (width != header->width || height != header->height || row_bytes != width * stored_channels * bytes_per_sample ||
        (stored_channels != header->channels && stored_channels != header->channels + 1))
        png_error(r->png, "its layout is not what its header says");
    uint8_t *rows = pixels;
    if (stored_channels != header->channels) {
        r->with_alpha = malloc(height * row_bytes);
        if (!r->with_alpha) png_error(r->png, "no memory for the picture with its alpha channel");
        rows = r->with_alpha;
    }
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < height; y++) png_read_row(r->png, rows + y * row_bytes, NULL);
    png_read_end(r->png, NULL);
    if (!r->with_alpha) return;
    if (bytes_per_sample == 1)
        compose_over_black_8(r->with_alpha, width * height, header->channels, pixels);
    else
        compose_over_black_16(r->with_alpha, width * height, header->channels, (uint16_t *)(void *)pixels);
}

cis_code cis_png_decode(const uint8_t *data, size_t size, const cis_header *header, void *pixels, cis_error *error) {
    reader r = {.data = data, .size = size, .failure.error = error};
    decode_guarded(&r, header, pixels);
    close_picture(&r);
    return error->code;
}
