#include "cis_png.h"
#include "cis_png_failure.h"

#include <zlib.h>

typedef struct writer {
    png_structp png;
    png_infop info;
    png_failure failure;
    cis_bytes *out;
} writer;

static void write_bytes(png_structp png, png_bytep bytes, size_t count) {
    writer *w = png_get_io_ptr(png);
    if (!cis_bytes_append(w->out, bytes, count)) png_error(png, "no memory for the encoded bytes");
}

static void flush_nothing(png_structp png) { (void)png; }

static void encode_guarded(writer *w, const cis_png_picture *picture) {
    if (setjmp(w->failure.escape)) return;
    w->png = png_create_write_struct(
        PNG_LIBPNG_VER_STRING, &w->failure, png_failure_on_error, png_failure_on_warning);
    w->info = w->png ? png_create_info_struct(w->png) : NULL;
    if (!w->info) {
        cis_fail(w->failure.error, CIS_NO_MEMORY, "no memory to start writing");
        return;
    }
    png_set_write_fn(w->png, w, write_bytes, flush_nothing);
    png_set_user_limits(w->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_IHDR(
        w->png, w->info, picture->width, picture->height, (int)picture->bit_depth,
        picture->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
        PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_compression_level(w->png, picture->level);
    // One fixed filter is fast; choosing among all five per row costs more than low levels of zlib. What is left of
    // camera images and of smooth maps then is noise and runs of zeros: searching it for longer repetitions costs half
    // the time and gains little (a map of 1024×768 in 16 bits: 13 against 33 ms, 1.18 against 1.07 MB).
    int is_fast = picture->level <= 3;
    png_set_filter(w->png, PNG_FILTER_TYPE_BASE, is_fast ? PNG_FILTER_UP : PNG_ALL_FILTERS);
    if (is_fast) png_set_compression_strategy(w->png, Z_RLE);
    if (picture->text_key && picture->text) {
        png_text text = {
            .compression = PNG_TEXT_COMPRESSION_NONE, .key = (png_charp)picture->text_key,
            .text = (png_charp)picture->text};
        png_set_text(w->png, w->info, &text, 1);
    }
    png_write_info(w->png, w->info);
    const uint16_t one = 1;
    if (picture->bit_depth == 16 && *(const uint8_t *)&one == 1) png_set_swap(w->png);
    size_t row_bytes = (size_t)picture->width * picture->channels * (picture->bit_depth / 8);
    for (size_t y = 0; y < picture->height; y++)
        png_write_row(w->png, (png_const_bytep)picture->pixels + y * row_bytes);
    png_write_end(w->png, w->info);
}

cis_code cis_png_encode(const cis_png_picture *picture, cis_bytes *out, cis_error *error) {
    writer w = {.out = out, .failure.error = error};
    encode_guarded(&w, picture);
    if (w.png) png_destroy_write_struct(&w.png, &w.info);
    if (error->code != CIS_OK) cis_bytes_free(out);
    return error->code;
}
