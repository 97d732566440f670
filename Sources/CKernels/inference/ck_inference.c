#include "../threads/ck_cpu.h"
#include "ck_inference.h"
#include "ck_depthwise_general.h"
#include "ck_exp_polynomial.h"
#include <math.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

struct ck_inference_set {
    int vector_length;
    void (*pack)(const float *, int, int, float *);
    void (*scale_rows)(const float *, const float *, int, int, int, int, float *);
    void (*gemm)(const ck_gemm *, int, int);
    void (*depthwise)(const ck_depthwise *, int, int, float *);
    void (*add_activate)(const float *, const float *, size_t, int, float *);
    void (*add_scaled)(const float *, float, int, float *);
    void (*scale_activate)(const float *, const float *, int, int, int, float *);
    void (*channel_sums)(const float *, int, int, float, float *);
    float (*multiply_adds)(long);
};

/// Independent multiply-adds of a round: enough to hide their latency in the registers of every set.
#define CK_PEAK_CHAINS 12

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("arch=x86-64-v4"))), apply_to = function)
// The v4 level alone means "prefer 256 bits" to the compiler, which would split every vector in two.
#pragma clang attribute push(__attribute__((min_vector_width(512))), apply_to = function)
#define CK_VL 16
#define CK_MR 8
#define CK_FN(name) v4_##name
#include "ck_inference_body.h"
#undef CK_VL
#undef CK_MR
#undef CK_FN
#pragma clang attribute pop
#pragma clang attribute pop

#pragma clang attribute push(__attribute__((target("arch=x86-64-v3"))), apply_to = function)
#define CK_VL 8
#define CK_MR 4
#define CK_FN(name) v3_##name
#include "ck_inference_body.h"
#undef CK_VL
#undef CK_MR
#undef CK_FN
#pragma clang attribute pop
#endif

#define CK_VL 4
#if defined(__aarch64__)
#define CK_MR 8
#else
#define CK_MR 4
#endif
#define CK_FN(name) base_##name
#include "ck_inference_body.h"

static int vector_limit = 0;

static const struct ck_inference_set *pick(void) {
#if defined(__x86_64__)
    const int limit = vector_limit ? vector_limit : 16;
    if (limit >= 16 && ck_has_avx512()) return &v4_set;
    if (limit >= 8 && ck_has_avx2()) return &v3_set;
#endif
    return &base_set;
}

// Written once with the same value by whoever comes first: a benign race on an aligned pointer, made formal by the
// atomic.
static const struct ck_inference_set *_Atomic chosen = 0;

static const struct ck_inference_set *set(void) {
    const struct ck_inference_set *s = chosen;
    if (!s) chosen = s = pick();
    return s;
}

double ck_multiply_adds(long rounds, float *result) {
    *result = set()->multiply_adds(rounds);
    return 2.0 * CK_PEAK_CHAINS * (double)rounds * set()->vector_length;
}

int ck_inference_vector_length(void) { return set()->vector_length; }

void ck_inference_limit_vector_length(int floats) {
    vector_limit = floats;
    chosen = 0;
}

size_t ck_gemm_packed_count(int k, int n) {
    const int vl = set()->vector_length;
    return (size_t)k * ((n + vl - 1) / vl * vl);
}

void ck_gemm_pack(const float *w, int k, int n, float *packed) { set()->pack(w, k, n, packed); }
void ck_gemm_scale_rows(const float *packed, const float *scale, int k, int n, int begin, int end, float *out) {
    set()->scale_rows(packed, scale, k, n, begin, end, out);
}
void ck_gemm_run(const ck_gemm *g, int begin, int end) { set()->gemm(g, begin, end); }
void ck_depthwise_run(const ck_depthwise *d, int begin, int end, float *sums) { set()->depthwise(d, begin, end, sums); }
void ck_add_activate(const float *a, const float *b, size_t count, int activation, float *out) {
    set()->add_activate(a, b, count, activation, out);
}
void ck_channel_sums(const float *in, int count, int c, float scale, float *out) {
    set()->channel_sums(in, count, c, scale, out);
}

void ck_scale_channels(const float *in, const float *gate, int count, int c, int activation, float *out) {
    set()->scale_activate(in, gate, count, c, activation, out);
}

void ck_copy_rows(const float *in, int c, int begin, int end, float *out, ptrdiff_t ldo) {
    for (int row = begin; row < end; row++) memcpy(out + row * ldo, in + (ptrdiff_t)row * c, (size_t)c * sizeof(float));
}

void ck_sample_grid(const float *grid, int h, int w, int c, const float *at, int channel, int count, float *out) {
    const float x = ((at[0] + 1) * (float)w - 1) / 2, y = ((at[1] + 1) * (float)h - 1) / 2;
    const float x0 = floorf(x), y0 = floorf(y);
    memset(out, 0, (size_t)count * sizeof(float));
    for (int corner = 0; corner < 4; corner++) {
        const float cx = x0 + (float)(corner & 1), cy = y0 + (float)(corner >> 1);
        if (!(cx >= 0 && cx <= (float)(w - 1) && cy >= 0 && cy <= (float)(h - 1))) continue;
        const float weight = (1 - fabsf(x - cx)) * (1 - fabsf(y - cy));
        set()->add_scaled(grid + ((ptrdiff_t)cy * w + (ptrdiff_t)cx) * c + channel, weight, count, out);
    }
}

void ck_max_pool(const float *in, int h, int w, int c, int kernel, int stride, int pad, int oh, int ow, int begin, int end,
                 float *out) {
    (void)oh;
    for (int y = begin; y < end; y++)
        for (int x = 0; x < ow; x++) {
            float *o = out + ((ptrdiff_t)y * ow + x) * c;
            for (int ch = 0; ch < c; ch++) o[ch] = -INFINITY;
            for (int ky = 0; ky < kernel; ky++)
                for (int kx = 0; kx < kernel; kx++) {
                    const int iy = y * stride + ky - pad, ix = x * stride + kx - pad;
                    if (iy < 0 || iy >= h || ix < 0 || ix >= w) continue;
                    const float *i = in + ((ptrdiff_t)iy * w + ix) * c;
                    for (int ch = 0; ch < c; ch++) o[ch] = i[ch] > o[ch] ? i[ch] : o[ch];
                }
        }
}

void ck_pad_rows(const float *in, int w, int c, int begin, int end, float *out, ptrdiff_t ldo) {
    for (int y = begin; y < end; y++)
        memcpy(out + y * ldo, in + (ptrdiff_t)y * w * c, (size_t)w * c * sizeof(float));
}
