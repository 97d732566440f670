#define _GNU_SOURCE  // memmem
#include "cis_jpeg_unsupported.h"

#include <jerror.h>
#include <string.h>

// By the second byte of the start-of-frame or other marker (ITU T.81 table B.1, T.87 for JPEG-LS); NULL for none of a
// known kind.
static const char *kind_of(int marker) {
    switch (marker) {
    case 0xC3: return "it is a lossless JPEG (SOF3)";
    case 0xCB: return "it is a lossless, arithmetic-coded JPEG (SOF11)";
    case 0xC5: case 0xC6: case 0xC7: case 0xCD: case 0xCE: case 0xCF: case 0xDE: case 0xDF:
        return "it is a hierarchical JPEG";
    case 0xF7: case 0xF8: return "it is a JPEG-LS";
    default: return NULL;
    }
}

static int has_lines_segment(const jpeg_failure *failure) {
    static const uint8_t segment[] = {0xFF, 0xDC, 0x00, 0x04};
    return memmem(failure->data, failure->size, segment, sizeof segment) != NULL;
}

void jpeg_name_unsupported(j_decompress_ptr codec, const jpeg_failure *failure) {
    enum { least_depth = 2, most_depth = 16 };
    cis_error *error = failure->error;
    int parameter = failure->base.msg_parm.i[0];
    switch (failure->base.msg_code) {
    case JERR_EMPTY_IMAGE:
        if (codec->image_height == 0 && codec->image_width > 0 && has_lines_segment(failure))
            cis_fail(
                error, CIS_UNSUPPORTED,
                "its header leaves the height open (0), and a DNL segment tells it after the pixels");
        return;
    case JERR_SOF_UNSUPPORTED:
    case JERR_UNKNOWN_MARKER: {
        const char *kind = kind_of(parameter);
        if (kind) cis_fail(error, CIS_UNSUPPORTED, "%s", kind);
        return;
    }
    case JERR_BAD_PRECISION:
        if (parameter >= least_depth && parameter <= most_depth)
            cis_fail(
                error, CIS_UNSUPPORTED, "it has %d bits per sample, where 8 are read (a PNG may have up to 16)",
                parameter);
        return;
    case JERR_ARITH_NOTIMPL:
        cis_fail(error, CIS_UNSUPPORTED, "it is arithmetic-coded, which this machine's libjpeg does not read");
        return;
    case JERR_COMPONENT_COUNT:
        cis_fail(error, CIS_UNSUPPORTED, "it has %d colour components", parameter);
        return;
    case JERR_BAD_J_COLORSPACE:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_NOTIMPL: {
        char text[JMSG_LENGTH_MAX];
        failure->base.format_message((j_common_ptr)codec, text);
        cis_fail(error, CIS_UNSUPPORTED, "%s", text);
        return;
    }
    default: return;
    }
}
