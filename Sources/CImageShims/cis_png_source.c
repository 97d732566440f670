#include "cis_png_source.h"

#include <string.h>

static void read_bytes(png_structp png, png_bytep out, size_t count) {
    png_source *s = png_get_io_ptr(png);
    if (s->size - s->position < count) {
        const char *where =
            s->has_pixels ? "without a whole IEND chunk, although all rows are there" : "before the IEND chunk";
        cis_fail(s->failure.error, CIS_TRUNCATED, "the data ends after %zu bytes, %s", s->size, where);
        longjmp(s->failure.escape, 1);
    }
    memcpy(out, s->data + s->position, count);
    s->position += count;
}

void png_source_open(png_source *s) {
    s->png = png_create_read_struct(
        PNG_LIBPNG_VER_STRING, &s->failure, png_failure_on_error, png_failure_on_warning);
    s->info = s->png ? png_create_info_struct(s->png) : NULL;
    if (!s->info) {
        cis_fail(s->failure.error, CIS_NO_MEMORY, "no memory to start reading");
        longjmp(s->failure.escape, 1);
    }
    png_set_read_fn(s->png, s, read_bytes);
    png_set_user_limits(s->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
    png_set_keep_unknown_chunks(s->png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
}

void png_source_close(png_source *s) {
    if (s->png) png_destroy_read_struct(&s->png, &s->info, NULL);
}
