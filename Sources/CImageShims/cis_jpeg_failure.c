#include "cis_jpeg_failure.h"

#include <jerror.h>

static cis_code code_of(int message) {
    switch (message) {
    case JERR_OUT_OF_MEMORY: return CIS_NO_MEMORY;
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW: return CIS_TOO_LARGE;
    case JERR_INPUT_EOF:
    case JWRN_JPEG_EOF: return CIS_TRUNCATED;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_J_COLORSPACE:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_NOTIMPL:
    case JERR_SOF_UNSUPPORTED: return CIS_UNSUPPORTED;
    default: return CIS_CORRUPT;
    }
}

static void say_where_it_ends(const jpeg_failure *failure, j_decompress_ptr codec) {
    if (!failure->has_header)
        cis_fail(failure->error, CIS_TRUNCATED, "the data ends after %zu bytes, within its header", failure->size);
    else if (codec->output_scanline < codec->image_height)
        cis_fail(
            failure->error, CIS_TRUNCATED, "the data ends after %zu bytes, with %u of %u rows read", failure->size,
            codec->output_scanline, codec->image_height);
    else
        cis_fail(
            failure->error, CIS_TRUNCATED, "the data ends after %zu bytes, without the end-of-image marker",
            failure->size);
}

static _Noreturn void on_error(j_common_ptr codec) {
    jpeg_failure *failure = (jpeg_failure *)codec->err;
    cis_code code = code_of(failure->base.msg_code);
    if (code == CIS_TRUNCATED && codec->is_decompressor) say_where_it_ends(failure, (j_decompress_ptr)codec);
    char text[JMSG_LENGTH_MAX];
    failure->base.format_message(codec, text);
    cis_fail(failure->error, code, "%s", text);
    longjmp(failure->escape, 1);
}

// A warning means damaged pixels, except these: they are about metadata, or (a well-known habit of USB cameras) a few stray bytes
// between the last block and the end marker.
static int is_harmless(const struct jpeg_error_mgr *warning) {
    enum { end_of_image = 0xD9, stray_bytes = 16 };
    switch (warning->msg_code) {
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR: return 1;
    case JWRN_EXTRANEOUS_DATA:
        return warning->msg_parm.i[1] == end_of_image && warning->msg_parm.i[0] <= stray_bytes;
    default: return 0;
    }
}

static void on_message(j_common_ptr codec, int level) {
    if (level < 0 && !is_harmless(codec->err)) on_error(codec);
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
