// Antialiased bilinear resampling, one axis at a time: a triangle filter whose support grows with the reduction factor.
// Plan an axis once, then run it over as many rows as there are. Samples are interleaved by `channels` (1 or 3).
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Weights that each output sample has room for when `in` samples become `out`; a multiple of 4.
int ck_resize_taps(int in, int out);

/// Fills one axis: output i is Σ_k weights[i·taps + k] · input[first[i] + k]. first[i] + taps may exceed `in`: weights
/// there are 0.
void ck_resize_plan(int in, int out, int taps, int32_t *first, float *weights);

/// Floats of scratch that the horizontal pass needs for rows of `width` pixels.
size_t ck_resize_scratch(int width, int channels, int taps);

/// Horizontal: `rows` rows of `in_width` pixels to rows of `out_width`. The 8-bit one rounds halves up and clips, as
/// Pillow does after each pass; the 16-bit one leaves unrounded floats.
void ck_resize_across_u8(
    const uint8_t *in, int rows, int in_width, int out_width, int channels, int taps, const int32_t *first,
    const float *weights, float *scratch, uint8_t *out);
void ck_resize_across_u16(
    const uint16_t *in, int rows, int in_width, int out_width, int channels, int taps, const int32_t *first,
    const float *weights, float *scratch, float *out);

/// Vertical: `in_rows` rows of `row_samples` samples to `out_rows`; `scratch` holds `row_samples` floats.
void ck_resize_down_u8(
    const uint8_t *in, int in_rows, int out_rows, size_t row_samples, int taps, const int32_t *first,
    const float *weights, float *scratch, uint8_t *out);
void ck_resize_down_f32(
    const float *in, int in_rows, int out_rows, size_t row_samples, int taps, const int32_t *first,
    const float *weights, float *out);

/// Rounds halves up and clips to 0…65535.
void ck_round_u16(const float *in, size_t count, uint16_t *out);
