#include "ck_colour.h"

#include "ck_dispatch.h"

CK_CLONES void ck_high_bytes(const uint16_t *in, size_t count, uint8_t *out) {
    for (size_t i = 0; i < count; i++) out[i] = (uint8_t)(in[i] >> 8);
}

CK_CLONES void ck_replicate_grey(const uint8_t *grey, size_t pixels, uint8_t *rgb) {
    for (size_t i = 0; i < pixels; i++) rgb[3 * i] = rgb[3 * i + 1] = rgb[3 * i + 2] = grey[i];
}

CK_CLONES void ck_normalise_u8(
    const uint8_t *in, size_t pixels, size_t channels, const float scale[3], const float offset[3], float *out) {
    const size_t step = channels == 3 ? 1 : 0;
    for (size_t i = 0; i < pixels; i++, in += channels)
        for (size_t c = 0; c < 3; c++) out[3 * i + c] = (float)in[c * step] * scale[c] + offset[c];
}

CK_CLONES void ck_normalise_f32(
    const float *in, size_t pixels, size_t channels, const float scale[3], const float offset[3], float *out) {
    const size_t step = channels == 3 ? 1 : 0;
    for (size_t i = 0; i < pixels; i++, in += channels)
        for (size_t c = 0; c < 3; c++) out[3 * i + c] = in[c * step] * scale[c] + offset[c];
}
