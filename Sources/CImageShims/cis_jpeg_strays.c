#define _GNU_SOURCE  // memmem
#include "cis_jpeg_strays.h"

#include <string.h>

enum { end_of_image = 0xD9, first_restart = 0xD0, last_restart = 0xD7 };

static const char *plural(size_t count) { return count == 1 ? "" : "s"; }

// Padding that an encoder or a file system adds, and text that a camera does; entropy-coded data looks like neither.
static int is_padding_or_text(uint8_t byte) {
    int is_printable = byte >= 0x20 && byte < 0x7F;
    return is_printable || byte == 0x00 || byte == 0xFF || byte == '\t' || byte == '\n' || byte == '\r';
}

// The numbers of bytes before `end` that are all equal, and that are all padding or text.
static size_t equal_run(const uint8_t *start, const uint8_t *end) {
    const uint8_t *at = end;
    while (at > start && at[-1] == end[-1]) at--;
    return (size_t)(end - at);
}

static size_t text_run(const uint8_t *start, const uint8_t *end) {
    const uint8_t *at = end;
    while (at > start && is_padding_or_text(at[-1])) at--;
    return (size_t)(end - at);
}

// The colour transform in an Adobe segment (name, version 100 or 101, two pairs of flags, transform) among stray bytes,
// plus 1.
static int adobe_transform(const uint8_t *strays, size_t count) {
    enum { name_length = 5, transform_offset = 11 };
    const uint8_t *found = memmem(strays, count, "Adobe\0", name_length + 1);
    if (!found || (size_t)(strays + count - found) <= transform_offset) return 0;
    int version = found[name_length + 1];
    return version == 100 || version == 101 ? found[transform_offset] + 1 : 0;
}

// Between header segments.
static int judge_header(jpeg_failure *failure, const uint8_t *strays, size_t count, int marker) {
    failure->has_strays_in_header = 1;
    int transform = adobe_transform(strays, count);
    if (transform) failure->lost_transform = transform;
    if (failure->remarks)
        cis_remark(
            failure->remarks,
            "its header has %zu stray byte%s before the marker 0x%02X, or a segment with a wrong length", count,
            plural(count), marker);
    return 1;
}

// After a scan. Damaged entropy-coded data also leaves bytes over (it seems to end early), so they must be told from
// padding. libjpeg holds up to eight of them in its bit buffer, which it does not count. A longer run has been taken
// for image data in part: there the padding is where pixels should be.
static int judge_after_scan(jpeg_failure *failure, const uint8_t *start, const uint8_t *end, size_t count, int marker) {
    enum { few = 16, uncounted_padding = 12, uncounted_text = 24 };
    if (failure->is_table_assumed || (marker >= first_restart && marker <= last_restart)) return 0;
    const char *place = marker == end_of_image ? "its end marker" : "its next scan";
    size_t equal = equal_run(start, end), text = text_run(start, end);
    if (equal >= count && equal - count <= uncounted_padding) {
        if (failure->remarks)
            cis_remark(failure->remarks, "it has padding (bytes of 0x%02X) before %s", end[-1], place);
        return 1;
    }
    if (equal < count && text >= count && text - count <= uncounted_text) {
        if (failure->remarks)
            cis_remark(failure->remarks, "it has text or padding before %s", place);
        return 1;
    }
    // A well-known habit of USB cameras.
    if (marker == end_of_image && count <= few) {
        if (failure->remarks)
            cis_remark(failure->remarks, "it has %zu stray byte%s before %s", count, plural(count), place);
        return 1;
    }
    if (equal >= count)
        cis_fail(
            failure->error, CIS_CORRUPT, "%zu bytes of 0x%02X stand before %s where image data should be", equal,
            end[-1], place);
    return 0;
}

int jpeg_strays_are_harmless(j_decompress_ptr codec, jpeg_failure *failure) {
    const uint8_t *end = codec->src->next_input_byte, *start = failure->data;
    size_t count = (size_t)failure->base.msg_parm.i[0];
    int marker = failure->base.msg_parm.i[1];
    if (end < start || end > start + failure->size || count == 0 || count > (size_t)(end - start)) return 0;
    return failure->is_after_scan ? judge_after_scan(failure, start, end, count, marker)
                                  : judge_header(failure, end - count, count, marker);
}

static int lacks_huffman_tables(j_decompress_ptr codec) {
    if (codec->arith_code) return 0;
    for (int i = 0; i < codec->comps_in_scan; i++) {
        const jpeg_component_info *component = codec->cur_comp_info[i];
        int dc = component->dc_tbl_no, ac = component->ac_tbl_no;
        if (dc < 0 || dc >= NUM_HUFF_TBLS || ac < 0 || ac >= NUM_HUFF_TBLS) return 1;
        if (!codec->dc_huff_tbl_ptrs[dc] || (!codec->progressive_mode && !codec->ac_huff_tbl_ptrs[ac])) return 1;
    }
    return 0;
}

void jpeg_check_lost_segments(j_decompress_ptr codec, jpeg_failure *failure) {
    if (failure->lost_transform && !codec->saw_Adobe_marker) {
        J_COLOR_SPACE told = failure->lost_transform == 1 ? JCS_RGB : JCS_YCbCr;
        if (codec->num_components > 3 || (codec->num_components == 3 && codec->jpeg_color_space != told)) {
            cis_fail(
                failure->error, CIS_CORRUPT,
                "its Adobe segment, which says how colours are stored, has lost its marker");
            longjmp(failure->escape, 1);
        }
    }
    if (!failure->has_strays_in_header || !lacks_huffman_tables(codec)) return;
    failure->is_table_assumed = 1;
    if (failure->remarks)
        cis_remark(failure->remarks, "its header lacks a Huffman table; the standard ones decode the data");
}
