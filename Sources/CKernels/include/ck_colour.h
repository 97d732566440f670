// Per-pixel conversions of images.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// out[i] = in[i] >> 8.
void ck_high_bytes(const uint16_t *in, size_t count, uint8_t *out);

/// Each of `pixels` grey bytes three times.
void ck_replicate_grey(const uint8_t *grey, size_t pixels, uint8_t *rgb);

/// Network input: out[3i + c] = in · scale[c] + offset[c], from `channels` (1, replicated, or 3) interleaved samples a
/// pixel.
void ck_normalise_u8(
    const uint8_t *in, size_t pixels, size_t channels, const float scale[3], const float offset[3], float *out);
void ck_normalise_f32(
    const float *in, size_t pixels, size_t channels, const float scale[3], const float offset[3], float *out);
