// The kernels' one body. Included once per instruction set with
//   CK_VL  floats per vector,  CK_MR  rows per tile,  CK_FN(name)  the name for this set.

#include "ck_vectors_body.h"
#include "ck_gemm_body.h"
#include "ck_depthwise_body.h"

static void CK_FN(add_activate)(const float *a, const float *b, size_t count, int activation, float *out) {
    for (size_t i = 0; i < count; i += CK_VL) {
        vf v = LOAD(a + i);
        if (b) v += LOAD(b + i);
        CK_FN(activate)(&v, activation);
        CK_FN(store_some)(out + i, v, count - i < CK_VL ? (int)(count - i) : CK_VL);
    }
}

static void CK_FN(add_scaled)(const float *in, float scale, int count, float *out) {
    int i = 0;
    for (; i + CK_VL <= count; i += CK_VL) STORE(out + i, LOAD(out + i) + LOAD(in + i) * scale);
    for (; i < count; i++) out[i] += in[i] * scale;
}

static void CK_FN(scale_activate)(const float *in, const float *gate, int count, int c, int activation, float *out) {
    for (int p = 0; p < count; p++)
        for (int ch = 0; ch < c; ch += CK_VL) {
            vf v = LOAD(in + (ptrdiff_t)p * c + ch) * LOAD(gate + ch);
            CK_FN(activate)(&v, activation);
            CK_FN(store_some)(out + (ptrdiff_t)p * c + ch, v, c - ch);
        }
}

static void CK_FN(channel_sums)(const float *in, int count, int c, float scale, float *out) {
    for (int ch = 0; ch < c; ch += CK_VL) {
        vf total = (vf){};
        for (int p = 0; p < count; p++) total += LOAD(in + (ptrdiff_t)p * c + ch);
        total *= scale;
        CK_FN(store_some)(out + ch, total, c - ch);
    }
}

static float CK_FN(multiply_adds)(long rounds) {
    vf acc[CK_PEAK_CHAINS], x = SPLAT(0.5f);
    UNROLL for (int i = 0; i < CK_PEAK_CHAINS; i++) acc[i] = SPLAT((float)i);
    for (long round = 0; round < rounds; round++) {
        UNROLL for (int i = 0; i < CK_PEAK_CHAINS; i++) acc[i] = acc[i] * x + x;
        __asm__ volatile("" : : : "memory"); // a round is a round
    }
    vf total = (vf){};
    UNROLL for (int i = 0; i < CK_PEAK_CHAINS; i++) total += acc[i];
    float sum = 0;
    for (int i = 0; i < CK_VL; i++) sum += total[i];
    return sum;
}

static const struct ck_inference_set CK_FN(set) = {
    CK_VL,
    CK_FN(gemm_pack),
    CK_FN(gemm_scale_rows),
    CK_FN(gemm_run),
    CK_FN(depthwise_run),
    CK_FN(add_activate),
    CK_FN(add_scaled),
    CK_FN(scale_activate),
    CK_FN(channel_sums),
    CK_FN(multiply_adds),
};

#undef vf
#undef vi
#undef INLINE
#undef LOAD
#undef STORE
#undef SPLAT
#undef UNROLL
#undef IN_REGISTER
