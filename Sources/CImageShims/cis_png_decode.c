#include "cis_png.h"
#include "cis_png_source.h"

#include <stdlib.h>

typedef struct reader {
    png_source source;
    /// An image with alpha is decoded here first.
    void *with_alpha;
    /// Ignores the window size that the compressed data's header gives, and takes zlib's largest.
    int is_window_open;
} reader;

// Everything up to the pixel data. Runs under the caller's setjmp.
static void open_picture(reader *r) {
    png_source_open(&r->source);
    // A damaged chunk that only describes the image is skipped.
    png_set_crc_action(r->source.png, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
    if (r->is_window_open) png_set_option(r->source.png, PNG_MAXIMUM_INFLATE_WINDOW, PNG_OPTION_ON);
    // Descriptions do not change the samples: skipping them also skips the compressed ones among them, unexpanded.
    static const png_byte skipped[] =
        "bKGD\0cHRM\0eXIf\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0tEXt\0tIME\0zTXt";
    png_set_keep_unknown_chunks(r->source.png, PNG_HANDLE_CHUNK_NEVER, skipped, (int)(sizeof skipped / 5));
    png_read_info(r->source.png, r->source.info);
}

static void close_picture(reader *r) {
    png_source_close(&r->source);
    free(r->with_alpha);
}

static void read_header_guarded(reader *r, cis_header *header) {
    if (setjmp(r->source.failure.escape)) return;
    open_picture(r);
    *header = (cis_header){
        .width = png_get_image_width(r->source.png, r->source.info),
        .height = png_get_image_height(r->source.png, r->source.info),
        .channels = png_get_color_type(r->source.png, r->source.info) & PNG_COLOR_MASK_COLOR ? 3 : 1,
        .bit_depth = png_get_bit_depth(r->source.png, r->source.info) == 16 ? 16 : 8,
        .orientation = 1,
    };
}

cis_code cis_png_read_header(const uint8_t *data, size_t size, cis_header *header, cis_error *error) {
    reader r = {.source.data = data, .source.size = size, .source.failure.error = error};
    read_header_guarded(&r, header);
    close_picture(&r);
    return error->code;
}

// For 8 and 16 bits a sample: how opaque the pixels are, and their colours, as stored or composed over black.
#define ALPHA_FUNCTIONS(BITS, SAMPLE, WIDER)                                                                  \
    static cis_alpha alpha_##BITS(const SAMPLE *in, size_t pixels, size_t channels) {                         \
        const SAMPLE opaque = (SAMPLE)~(SAMPLE)0;                                                             \
        SAMPLE least = opaque, greatest = 0;                                                                  \
        for (size_t i = 0; i < pixels; i++, in += channels + 1) {                                             \
            if (in[channels] < least) least = in[channels];                                                   \
            if (in[channels] > greatest) greatest = in[channels];                                             \
        }                                                                                                     \
        return least == opaque ? CIS_ALPHA_OPAQUE : greatest == 0 ? CIS_ALPHA_ZERO : CIS_ALPHA_PARTLY;        \
    }                                                                                                         \
    static void colours_##BITS(const SAMPLE *in, size_t pixels, size_t channels, SAMPLE *out) {               \
        for (size_t i = 0; i < pixels; i++, in += channels + 1)                                               \
            for (size_t c = 0; c < channels; c++) *out++ = in[c];                                             \
    }                                                                                                         \
    static void composed_##BITS(const SAMPLE *in, size_t pixels, size_t channels, SAMPLE *out) {              \
        const WIDER opaque = (SAMPLE)~(SAMPLE)0;                                                              \
        for (size_t i = 0; i < pixels; i++, in += channels + 1)                                               \
            for (size_t c = 0; c < channels; c++)                                                             \
                *out++ = (SAMPLE)(((WIDER)in[c] * in[channels] + opaque / 2) / opaque);                       \
    }                                                                                                         \
    static cis_alpha take_##BITS(const SAMPLE *in, size_t pixels, size_t channels, int is_keyed, SAMPLE *out) {\
        cis_alpha alpha = alpha_##BITS(in, pixels, channels);                                                 \
        if (is_keyed && alpha != CIS_ALPHA_OPAQUE) alpha = CIS_ALPHA_KEYED;                                   \
        if (alpha == CIS_ALPHA_PARTLY)                                                                        \
            composed_##BITS(in, pixels, channels, out);                                                       \
        else                                                                                                  \
            colours_##BITS(in, pixels, channels, out);                                                        \
        return alpha;                                                                                         \
    }
ALPHA_FUNCTIONS(8, uint8_t, uint32_t)
ALPHA_FUNCTIONS(16, uint16_t, uint32_t)

static void decode_guarded(reader *r, const cis_header *header, uint8_t *pixels, cis_alpha *alpha) {
    if (setjmp(r->source.failure.escape)) return;
    open_picture(r);
    // Grey levels, colours or palette entries marked transparent; not an alpha channel.
    int is_keyed = png_get_valid(r->source.png, r->source.info, PNG_INFO_tRNS) != 0;
    png_set_expand(r->source.png);  // palette to RGB, fewer bits to 8, transparency to alpha
    const uint16_t one = 1;
    if (*(const uint8_t *)&one == 1) png_set_swap(r->source.png);
    int passes = png_set_interlace_handling(r->source.png);
    png_read_update_info(r->source.png, r->source.info);

    size_t width = png_get_image_width(r->source.png, r->source.info);
    size_t height = png_get_image_height(r->source.png, r->source.info);
    size_t stored_channels = png_get_channels(r->source.png, r->source.info), bytes_per_sample = header->bit_depth / 8;
    size_t row_bytes = png_get_rowbytes(r->source.png, r->source.info);
    if (width != header->width || height != header->height || row_bytes != width * stored_channels * bytes_per_sample ||
        (stored_channels != header->channels && stored_channels != header->channels + 1))
        png_error(r->source.png, "its layout is not what its header says");
    uint8_t *rows = pixels;
    if (stored_channels != header->channels) {
        r->with_alpha = malloc(height * row_bytes);
        if (!r->with_alpha) png_error(r->source.png, "no memory for the image with its alpha channel");
        rows = r->with_alpha;
    }
    for (int pass = 0; pass < passes; pass++)
        for (size_t y = 0; y < height; y++) png_read_row(r->source.png, rows + y * row_bytes, NULL);
    r->source.has_pixels = 1;
    // The pixels' chunks have been checked; a wrong checksum of the end marker is no reason to refuse them.
    png_set_crc_action(r->source.png, PNG_CRC_WARN_USE, PNG_CRC_NO_CHANGE);
    png_read_end(r->source.png, r->source.info);
    if (!r->with_alpha) return;
    size_t count = width * height;
    *alpha = bytes_per_sample == 1
                 ? take_8(r->with_alpha, count, header->channels, is_keyed, pixels)
                 : take_16(r->with_alpha, count, header->channels, is_keyed, (uint16_t *)(void *)pixels);
}

cis_code cis_png_decode(
    const uint8_t *data, size_t size, const cis_header *header, void *pixels, cis_alpha *alpha, cis_remarks *remarks,
    cis_error *error) {
    reader r = {.source.data = data, .source.size = size, .source.failure = {.error = error, .remarks = remarks}};
    *alpha = CIS_ALPHA_NONE;
    decode_guarded(&r, header, pixels, alpha);
    close_picture(&r);
    if (error->code != CIS_CORRUPT || !r.source.failure.is_beyond_window) return error->code;
    // Some encoders announce a smaller window than they use. With the largest one the data decodes, or fails its own
    // checksum.
    *error = (cis_error){0};
    *remarks = (cis_remarks){0};
    reader again = {
        .source = {.data = data, .size = size, .failure = {.error = error, .remarks = remarks}},
        .is_window_open = 1,
    };
    decode_guarded(&again, header, pixels, alpha);
    close_picture(&again);
    if (error->code == CIS_OK)
        cis_remark(remarks, "its compressed data announces a smaller window (zlib) than it uses");
    return error->code;
}
