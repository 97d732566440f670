#include "cis_jpeg.h"
#include "cis_jpeg_failure.h"
#include "cis_jpeg_strays.h"

// A progressive image of an ordinary encoder has about ten scans. Thousands of empty ones in a few kilobytes, each
// costing a pass over the whole image, are an attack.
enum { max_scans = 32 };

typedef struct reader {
    struct jpeg_decompress_struct codec;
    struct jpeg_progress_mgr progress;
    jpeg_failure failure;
} reader;

static void count_scans(j_common_ptr common) {
    j_decompress_ptr codec = (j_decompress_ptr)common;
    if (codec->input_scan_number <= max_scans) return;
    jpeg_failure *failure = (jpeg_failure *)common->err;
    cis_fail(failure->error, CIS_UNSUPPORTED, "it has more than %d progressive scans", max_scans);
    longjmp(failure->escape, 1);
}

// Everything up to the first scan. Runs under the caller's setjmp.
static void open_picture(reader *r, const uint8_t *data, size_t size) {
    jpeg_create_decompress(&r->codec);
    r->failure.data = data;
    r->failure.size = size;
    r->progress.progress_monitor = count_scans;
    r->codec.progress = &r->progress;
    jpeg_mem_src(&r->codec, data, size);
    jpeg_save_markers(&r->codec, JPEG_APP0 + 1, 0xFFFF);
    jpeg_read_header(&r->codec, TRUE);
    r->failure.has_header = 1;
    jpeg_check_lost_segments(&r->codec, &r->failure);
    switch (r->codec.jpeg_color_space) {
    case JCS_GRAYSCALE: r->codec.out_color_space = JCS_GRAYSCALE; break;
    case JCS_RGB:
    case JCS_YCbCr: r->codec.out_color_space = JCS_RGB; break;
    case JCS_CMYK:
    case JCS_YCCK: r->codec.out_color_space = JCS_CMYK; break;
    default:
        cis_fail(
            r->failure.error, CIS_UNSUPPORTED, "it has %d colour components of an unknown kind",
            r->codec.num_components);
        longjmp(r->failure.escape, 1);
    }
}

static cis_header header_of(const reader *r) {
    cis_header header = {
        .width = r->codec.image_width,
        .height = r->codec.image_height,
        .channels = r->codec.jpeg_color_space == JCS_GRAYSCALE ? 1 : 3,
        .bit_depth = 8,
        .orientation = 1,
    };
    for (jpeg_saved_marker_ptr marker = r->codec.marker_list; marker && header.orientation == 1; marker = marker->next)
        header.orientation = cis_exif_orientation(marker->data, marker->data_length);
    return header;
}

static void read_header_guarded(reader *r, const uint8_t *data, size_t size, cis_header *header) {
    if (setjmp(r->failure.escape)) return;
    open_picture(r, data, size);
    *header = header_of(r);
}

cis_code cis_jpeg_read_header(const uint8_t *data, size_t size, cis_header *header, cis_error *error) {
    reader r = {0};
    r.codec.err = jpeg_failure_install(&r.failure, error);
    read_header_guarded(&r, data, size, header);
    jpeg_destroy_decompress(&r.codec);
    return error->code;
}

// Adobe writes CMYK inverted (255 = no ink); without its marker 255 means full ink.
static void cmyk_to_rgb(const uint8_t *cmyk, size_t pixels, int inverted, uint8_t *rgb) {
    uint8_t flip = inverted ? 0 : 255;
    for (size_t i = 0; i < pixels; i++) {
        unsigned paper = cmyk[4 * i + 3] ^ flip;
        for (size_t c = 0; c < 3; c++) rgb[3 * i + c] = (uint8_t)(((cmyk[4 * i + c] ^ flip) * paper + 127) / 255);
    }
}

static void decode_guarded(reader *r, const uint8_t *data, size_t size, const cis_header *header, uint8_t *pixels) {
    if (setjmp(r->failure.escape)) return;
    open_picture(r, data, size);
    jpeg_start_decompress(&r->codec);
    size_t width = r->codec.output_width, row_bytes = width * header->channels;
    if (width != header->width || r->codec.output_height != header->height) {
        cis_fail(r->failure.error, CIS_CORRUPT, "its size changes while it is read");
        longjmp(r->failure.escape, 1);
    }
    JSAMPARRAY cmyk = NULL;
    if (r->codec.out_color_space == JCS_CMYK)
        cmyk = r->codec.mem->alloc_sarray((j_common_ptr)&r->codec, JPOOL_IMAGE, (JDIMENSION)(4 * width), 1);
    while (r->codec.output_scanline < r->codec.output_height) {
        JSAMPROW row = pixels + r->codec.output_scanline * row_bytes;
        jpeg_read_scanlines(&r->codec, cmyk ? cmyk : &row, 1);
        if (cmyk) cmyk_to_rgb(cmyk[0], width, r->codec.saw_Adobe_marker, row);
    }
    // On to the end marker, which tells a complete image from a cut one.
    while (!jpeg_input_complete(&r->codec)) jpeg_consume_input(&r->codec);
    if (r->failure.is_ended) jpeg_failure_truncated(&r->codec);
    jpeg_finish_decompress(&r->codec);
}

cis_code cis_jpeg_decode(
    const uint8_t *data, size_t size, const cis_header *header, uint8_t *pixels, cis_remarks *remarks,
    cis_error *error) {
    reader r = {.failure.remarks = remarks};
    r.codec.err = jpeg_failure_install(&r.failure, error);
    decode_guarded(&r, data, size, header, pixels);
    jpeg_destroy_decompress(&r.codec);
    return error->code;
}
