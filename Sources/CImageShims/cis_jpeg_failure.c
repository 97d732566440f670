#include "cis_jpeg_failure.h"
#include "cis_jpeg_strays.h"
#include "cis_jpeg_unsupported.h"

#include <jerror.h>

static cis_code code_of(int message) {
    switch (message) {
    case JERR_OUT_OF_MEMORY: return CIS_NO_MEMORY;
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW: return CIS_TOO_LARGE;
    case JERR_INPUT_EOF: return CIS_TRUNCATED;
    default: return CIS_CORRUPT;
    }
}

// Rows of MCUs that were decoded, in rows of pixels. Output lags behind: it needs the rows below for its upsampling.
static unsigned rows_decoded(j_decompress_ptr codec) {
    unsigned long rows = (unsigned long)codec->input_iMCU_row * (unsigned)codec->max_v_samp_factor * DCTSIZE;
    return rows < codec->image_height ? (unsigned)rows : codec->image_height;
}

// Space that was reserved for a file and never written ends in zeros, which decode as if they were an image's data.
static size_t zeros_at_end(const jpeg_failure *failure) {
    size_t zeros = 0;
    while (zeros < failure->size && failure->data[failure->size - 1 - zeros] == 0) zeros++;
    return zeros;
}

_Noreturn void jpeg_failure_truncated(j_decompress_ptr codec) {
    enum { unwritten = 64 };
    jpeg_failure *failure = (jpeg_failure *)codec->err;
    cis_error *error = failure->error;
    size_t size = failure->size, zeros = zeros_at_end(failure);
    if (zeros >= unwritten)
        cis_fail(
            error, CIS_TRUNCATED, "its last %zu bytes are zeros, without the end marker (EOI): they were never written",
            zeros);
    else if (!failure->has_header)
        cis_fail(error, CIS_TRUNCATED, "the data ends after %zu bytes, within its header", size);
    else if (jpeg_has_multiple_scans(codec) || codec->arith_code)
        cis_fail(
            error, CIS_TRUNCATED, "the data ends after %zu bytes, in or after scan %d, without the end marker (EOI)",
            size, codec->input_scan_number);
    else if (rows_decoded(codec) < codec->image_height)
        cis_fail(
            error, CIS_TRUNCATED, "the data ends after %zu bytes, with %u of %u rows read", size, rows_decoded(codec),
            codec->image_height);
    else
        cis_fail(
            error, CIS_TRUNCATED,
            "the data ends after %zu bytes without the end marker (EOI), although all %u rows are there", size,
            codec->image_height);
    longjmp(failure->escape, 1);
}

static _Noreturn void on_error(j_common_ptr codec) {
    jpeg_failure *failure = (jpeg_failure *)codec->err;
    cis_code code = code_of(failure->base.msg_code);
    if (codec->is_decompressor) {
        j_decompress_ptr decoder = (j_decompress_ptr)codec;
        if (code == CIS_TRUNCATED || (code == CIS_CORRUPT && failure->is_ended)) jpeg_failure_truncated(decoder);
        jpeg_name_unsupported(decoder, failure);
    }
    char text[JMSG_LENGTH_MAX];
    failure->base.format_message(codec, text);
    cis_fail(failure->error, code, "%s", text);
    longjmp(failure->escape, 1);
}

static void remark(jpeg_failure *failure, const char *text) {
    if (failure->remarks) cis_remark(failure->remarks, "%s", text);
}

// libjpeg carries on after a warning. Whether the pixels can be wrong then decides here: entropy-coded data that does
// not decode is damage; oddities of headers and padding are remarked on.
static void on_warning(j_decompress_ptr codec, jpeg_failure *failure) {
    switch (failure->base.msg_code) {
    case JWRN_ADOBE_XFORM:
        remark(failure, "its Adobe segment names an unknown colour transform; YCbCr (YCCK) was assumed");
        return;
    case JWRN_JFIF_MAJOR: remark(failure, "its JFIF segment has an unknown version"); return;
    case JWRN_NOT_SEQUENTIAL:
        remark(failure, "its scan header has values (Ss, Se, Ah, Al) that have no meaning in a sequential JPEG");
        return;
    case JWRN_JPEG_EOF:
        // libjpeg reads ahead: whether anything but the end marker is missing shows when it runs out of bits, or does
        // not.
        failure->is_ended = 1;
        if (!failure->has_header) on_error((j_common_ptr)codec);
        return;
    case JWRN_EXTRANEOUS_DATA:
        if (failure->is_ended || jpeg_strays_are_harmless(codec, failure)) return;
        break;
    default: break;
    }
    on_error((j_common_ptr)codec);
}

static void on_message(j_common_ptr codec, int level) {
    jpeg_failure *failure = (jpeg_failure *)codec->err;
    if (!codec->is_decompressor) {
        if (level < 0) on_error(codec);
        return;
    }
    if (level < 0) {
        on_warning((j_decompress_ptr)codec, failure);
        return;
    }
    switch (failure->base.msg_code) {  // a trace of what has just been read
    case JTRC_SOS: failure->is_after_scan = 1; return;
    case JTRC_ADOBE:
    case JTRC_APP0:
    case JTRC_APP14:
    case JTRC_DAC:
    case JTRC_DHT:
    case JTRC_DQT:
    case JTRC_DRI:
    case JTRC_JFIF:
    case JTRC_MISC_MARKER:
    case JTRC_SOF: failure->is_after_scan = 0; return;
    default: return;
    }
}

static void on_output(j_common_ptr codec) { (void)codec; }

struct jpeg_error_mgr *jpeg_failure_install(jpeg_failure *failure, cis_error *error) {
    struct jpeg_error_mgr *base = jpeg_std_error(&failure->base);
    base->error_exit = on_error;
    base->emit_message = on_message;
    base->output_message = on_output;
    failure->error = error;
    return base;
}
