#include "ck_resize.h"

#include <math.h>
#include <string.h>

#include "ck_dispatch.h"

// Four channels of a pixel, or four neighbouring grey pixels.
typedef float lanes __attribute__((vector_size(16)));

static inline __attribute__((always_inline)) lanes load(const float *from) {
    lanes value;
    memcpy(&value, from, sizeof value);
    return value;
}

static double support_of(int in, int out) { return in > out ? (double)in / out : 1.0; }

int ck_resize_taps(int in, int out) {
    int taps = (int)ceil(support_of(in, out)) * 2 + 1;
    return (taps + 3) / 4 * 4;
}

void ck_resize_plan(int in, int out, int taps, int32_t *first, float *weights) {
    double scale = (double)in / out, support = support_of(in, out);
    memset(weights, 0, sizeof *weights * (size_t)out * (size_t)taps);
    for (int i = 0; i < out; i++) {
        double centre = (i + 0.5) * scale, sum = 0;
        int from = (int)(centre - support + 0.5), to = (int)(centre + support + 0.5);
        if (from < 0) from = 0;
        if (to > in) to = in;
        for (int k = from; k < to; k++) sum += fmax(0, 1 - fabs((k - centre + 0.5) / support));
        for (int k = from; k < to; k++)
            weights[(size_t)i * taps + (k - from)] = (float)(fmax(0, 1 - fabs((k - centre + 0.5) / support)) / sum);
        first[i] = from;
    }
}

size_t ck_resize_scratch(int width, int channels, int taps) {
    return ((size_t)width + (size_t)taps) * (channels == 1 ? 1 : 4);
}

static inline __attribute__((always_inline)) uint8_t rounded_u8(float value) {
    value += 0.5f;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

// One output pixel of three channels from pixels padded to four.
static inline __attribute__((always_inline)) lanes colour_sum(const float *row, const float *weights, int taps) {
    lanes even = {0}, odd = {0};
    for (int k = 0; k < taps; k += 2) {
        even += load(row + 4 * k) * weights[k];
        odd += load(row + 4 * k + 4) * weights[k + 1];
    }
    return even + odd;
}

static inline __attribute__((always_inline)) float grey_sum(const float *row, const float *weights, int taps) {
    lanes sum = {0};
    for (int k = 0; k < taps; k += 4) sum += load(row + k) * load(weights + k);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

// The same pass for both depths: widen a row to floats (three channels to four lanes), then filter it.
#define ACROSS(name, in_type, out_type, finish)                                                                       \
    CK_CLONES void name(                                                                                              \
        const in_type *in, int rows, int in_width, int out_width, int channels, int taps, const int32_t *first,       \
        const float *weights, float *scratch, out_type *out) {                                                        \
        memset(scratch, 0, sizeof *scratch * ck_resize_scratch(in_width, channels, taps));                            \
        for (int y = 0; y < rows; y++) {                                                                              \
            if (channels == 1) {                                                                                      \
                for (int x = 0; x < in_width; x++) scratch[x] = in[x];                                                \
                for (int x = 0; x < out_width; x++)                                                                   \
                    out[x] = finish(grey_sum(scratch + first[x], weights + (size_t)x * taps, taps));                  \
            } else {                                                                                                  \
                for (int x = 0; x < in_width; x++) {                                                                  \
                    scratch[4 * x] = in[3 * x];                                                                       \
                    scratch[4 * x + 1] = in[3 * x + 1];                                                               \
                    scratch[4 * x + 2] = in[3 * x + 2];                                                               \
                }                                                                                                     \
                for (int x = 0; x < out_width; x++) {                                                                 \
                    lanes sum = colour_sum(scratch + 4 * (size_t)first[x], weights + (size_t)x * taps, taps);         \
                    for (int c = 0; c < 3; c++) out[3 * x + c] = finish(sum[c]);                                      \
                }                                                                                                     \
            }                                                                                                         \
            in += (size_t)in_width * channels;                                                                        \
            out += (size_t)out_width * channels;                                                                      \
        }                                                                                                             \
    }

#define UNROUNDED(value) (value)
ACROSS(ck_resize_across_u8, uint8_t, uint8_t, rounded_u8)
ACROSS(ck_resize_across_u16, uint16_t, float, UNROUNDED)

// Weights past the last row are zero: those rows are not there.
static inline __attribute__((always_inline)) int rows_present(int first, int taps, int in_rows) {
    return first + taps > in_rows ? in_rows - first : taps;
}

CK_CLONES void ck_resize_down_u8(
    const uint8_t *in, int in_rows, int out_rows, size_t row_samples, int taps, const int32_t *first,
    const float *weights, float *scratch, uint8_t *out) {
    for (int y = 0; y < out_rows; y++, out += row_samples) {
        const float *weight = weights + (size_t)y * taps;
        int present = rows_present(first[y], taps, in_rows);
        for (size_t x = 0; x < row_samples; x++) scratch[x] = 0;
        for (int k = 0; k < present; k++) {
            if (weight[k] == 0) continue;
            const uint8_t *row = in + (size_t)(first[y] + k) * row_samples;
            for (size_t x = 0; x < row_samples; x++) scratch[x] += (float)row[x] * weight[k];
        }
        for (size_t x = 0; x < row_samples; x++) out[x] = rounded_u8(scratch[x]);
    }
}

CK_CLONES void ck_resize_down_f32(
    const float *in, int in_rows, int out_rows, size_t row_samples, int taps, const int32_t *first,
    const float *weights, float *out) {
    for (int y = 0; y < out_rows; y++, out += row_samples) {
        const float *weight = weights + (size_t)y * taps;
        int present = rows_present(first[y], taps, in_rows);
        for (size_t x = 0; x < row_samples; x++) out[x] = 0;
        for (int k = 0; k < present; k++) {
            if (weight[k] == 0) continue;
            const float *row = in + (size_t)(first[y] + k) * row_samples;
            for (size_t x = 0; x < row_samples; x++) out[x] += row[x] * weight[k];
        }
    }
}

CK_CLONES void ck_round_u16(const float *in, size_t count, uint16_t *out) {
    for (size_t i = 0; i < count; i++) {
        float value = in[i] + 0.5f;
        out[i] = (uint16_t)(value < 0 ? 0 : value > 65535 ? 65535 : value);
    }
}
