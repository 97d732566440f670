#include "cis_jpeg.h"
#include "cis_jpeg_failure.h"

typedef struct writer {
    struct jpeg_compress_struct codec;
    struct jpeg_destination_mgr destination;
    jpeg_failure failure;
    cis_bytes *out;
} writer;

// libjpeg writes straight into the free end of `out`; this gives it the next stretch.
static void offer_room(writer *w) {
    enum { stretch = 64 * 1024 };
    if (!cis_bytes_reserve(w->out, stretch)) {
        cis_fail(w->failure.error, CIS_NO_MEMORY, "no memory for more than %zu encoded bytes", w->out->size);
        longjmp(w->failure.escape, 1);
    }
    w->destination.next_output_byte = w->out->bytes + w->out->size;
    w->destination.free_in_buffer = w->out->capacity - w->out->size;
}

static void start_output(j_compress_ptr codec) { offer_room(codec->client_data); }

static boolean output_full(j_compress_ptr codec) {
    writer *w = codec->client_data;
    w->out->size = w->out->capacity;  // libjpeg calls this only when the whole stretch is used
    offer_room(w);
    return TRUE;
}

static void end_output(j_compress_ptr codec) {
    writer *w = codec->client_data;
    w->out->size = w->out->capacity - w->destination.free_in_buffer;
}

static void encode_guarded(
    writer *w, const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, int quality) {
    if (setjmp(w->failure.escape)) return;
    j_compress_ptr codec = &w->codec;
    jpeg_create_compress(codec);
    codec->client_data = w;
    codec->dest = &w->destination;
    codec->image_width = width;
    codec->image_height = height;
    codec->input_components = (int)channels;
    codec->in_color_space = channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(codec);
    jpeg_set_quality(codec, quality, TRUE);
    if (channels == 3 && quality >= 90) codec->comp_info[0].h_samp_factor = codec->comp_info[0].v_samp_factor = 1;
    jpeg_start_compress(codec, TRUE);
    size_t row_bytes = (size_t)width * channels;
    while (codec->next_scanline < height) {
        JSAMPROW row = (JSAMPROW)(pixels + codec->next_scanline * row_bytes);
        jpeg_write_scanlines(codec, &row, 1);
    }
    jpeg_finish_compress(codec);
}

cis_code cis_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, int quality, cis_bytes *out,
    cis_error *error) {
    writer w = {.out = out};
    w.destination = (struct jpeg_destination_mgr){
        .init_destination = start_output, .empty_output_buffer = output_full, .term_destination = end_output};
    w.codec.err = jpeg_failure_install(&w.failure, error);
    encode_guarded(&w, pixels, width, height, channels, quality);
    jpeg_destroy_compress(&w.codec);
    if (error->code != CIS_OK) cis_bytes_free(out);
    return error->code;
}
