#include "ck_intensity.h"

#include "ck_dispatch.h"

CK_CLONES void ck_extremes_u8(const uint8_t *values, size_t count, int *low, int *high) {
    uint8_t least = values[0], most = values[0];
    for (size_t i = 0; i < count; i++) {
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
    }
    *low = least;
    *high = most;
}

CK_CLONES void ck_extremes_u16(const uint16_t *values, size_t count, int *low, int *high) {
    uint16_t least = values[0], most = values[0];
    for (size_t i = 0; i < count; i++) {
        least = values[i] < least ? values[i] : least;
        most = values[i] > most ? values[i] : most;
    }
    *low = least;
    *high = most;
}

CK_CLONES void ck_stretch_u8(const uint8_t *in, size_t count, int low, int high, uint8_t *out) {
    const float scale = 255.0f / (float)(high - low);
    for (size_t i = 0; i < count; i++) {
        float value = (float)((int)in[i] - low) * scale + 0.5f;
        value = value < 0.0f ? 0.0f : value > 255.0f ? 255.0f : value;
        out[i] = (uint8_t)(int)value;
    }
}

CK_CLONES void ck_stretch_u16(const uint16_t *in, size_t count, int low, int high, uint16_t *out) {
    const float scale = 65535.0f / (float)(high - low);
    for (size_t i = 0; i < count; i++) {
        float value = (float)((int)in[i] - low) * scale + 0.5f;
        value = value < 0.0f ? 0.0f : value > 65535.0f ? 65535.0f : value;
        out[i] = (uint16_t)(int)value;
    }
}

// A number that is not finite has all exponent bits set; tested as integers, so that no compiler flag can take it away.
CK_CLONES int ck_all_finite(const float *values, size_t count) {
    uint32_t worst = 0;
    for (size_t i = 0; i < count; i++) {
        union {
            float number;
            uint32_t bits;
        } value = {.number = values[i]};
        const uint32_t magnitude = value.bits & 0x7fffffffu;
        worst = magnitude > worst ? magnitude : worst;
    }
    return worst < 0x7f800000u;
}
