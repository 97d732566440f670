// Vectors of CK_VL floats: loads, stores, activations. Included by ck_inference_body.h.

typedef float CK_FN(vf) __attribute__((vector_size(CK_VL * 4), aligned(4)));
typedef int CK_FN(vi) __attribute__((vector_size(CK_VL * 4), aligned(4)));
#define vf CK_FN(vf)
#define vi CK_FN(vi)
#define INLINE static inline __attribute__((always_inline))
#define LOAD(p) (*(const vf *)(p))
#define STORE(p, v) (*(vf *)(p) = (v))
// x − 0 is x for every x, so this is one broadcast; 0 + x is not (−0 becomes 0), and costs an addition and a register
// for the zero, which a tile of the product does not have: its accumulators would go through the stack.
#define SPLAT(x) ((x) - (vf){})
#define UNROLL _Pragma("clang loop unroll(full)")

#if CK_VL == 16
// Without this the compiler moves every accumulator to another register and back, once for each step of the depth.
#define IN_REGISTER(x) __asm__("" : "+v"(x))
#else
#define IN_REGISTER(x)
#endif

/// The first `count` lanes from p, zeros behind them; reads no further. All of them for count ≥ CK_VL.
INLINE vf CK_FN(load_some)(const float *p, int count) {
    if (count >= CK_VL) return LOAD(p);
    vf v = (vf){};
#if CK_VL == 16
    v = (vf)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
#else
    for (int i = 0; i < count; i++) v[i] = p[i];
#endif
    return v;
}

/// Stores the first `count` lanes, all of them for count ≥ CK_VL.
INLINE void CK_FN(store_some)(float *p, vf v, int count) {
    if (count >= CK_VL) {
        STORE(p, v);
        return;
    }
#if CK_VL == 16
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
#elif CK_VL == 8
    static const int lanes[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    _mm256_maskstore_ps(p, _mm256_loadu_si256((const __m256i *)(lanes + 8 - count)), (__m256)v);
#else
    for (int i = 0; i < count; i++) p[i] = v[i];
#endif
}

/// 1 / x for x from 1 to 1e38, relative error under 3e-7: an estimate and one step of Newton's method, where the set
/// has an estimate; a division takes as long as the whole exponential beside it.
INLINE vf CK_FN(reciprocal)(vf x) {
#if CK_VL == 16
    const vf r = (vf)_mm512_rcp14_ps((__m512)x);
    return r + r * (1.0f - x * r);
#elif CK_VL == 8
    const vf r = (vf)_mm256_rcp_ps((__m256)x);
    return r + r * (1.0f - x * r);
#else
    return 1.0f / x;
#endif
}

/// Whether the activation only bounds its argument: then it is min(max(x, low), high), and a NaN stays one.
INLINE int CK_FN(bounds)(int activation, vf *low, vf *high) {
    *low = activation == CK_FUNCTION_IDENTITY ? SPLAT(-__builtin_inff()) : (vf){};
    *high = activation == CK_FUNCTION_RELU6 ? SPLAT(6.0f) : SPLAT(__builtin_inff());
    return activation <= CK_FUNCTION_RELU6;
}

INLINE vf CK_FN(bounded)(vf v, vf low, vf high) {
    // The processor's own instructions give the second argument where one is a NaN.
#if CK_VL == 16
    return (vf)_mm512_min_ps((__m512)high, _mm512_max_ps((__m512)low, (__m512)v));
#elif CK_VL == 8
    return (vf)_mm256_min_ps((__m256)high, _mm256_max_ps((__m256)low, (__m256)v));
#else
    const vi under = low > v, over = high < v;
    v = (vf)((under & (vi)low) | (~under & (vi)v));
    return (vf)((over & (vi)high) | (~over & (vi)v));
#endif
}

/// e^x, relative error under 3e-7 + 1e-7 · |x|: the nearest power of two, times a polynomial of what remains.
INLINE vf CK_FN(exp)(vf x) {
    x = CK_FN(bounded)(x, SPLAT(-87.0f), SPLAT(88.0f));
    const vf magic = SPLAT(12582912.0f); // 1.5 · 2^23: adding it rounds to an integer
    const vf t = x * 1.44269504088896341f + magic, n = t - magic, f = x * 1.44269504088896341f - n;
    const vf p = CK_EXP2_POLYNOMIAL(f);
#if CK_VL == 16
    return (vf)_mm512_scalef_ps((__m512)p, (__m512)n);
#else
    return (vf)((vi)p + (((vi)t - (vi)magic) << 23));
#endif
}

INLINE void CK_FN(activate)(vf *v, int activation) {
    const vf zero = (vf){}, one = SPLAT(1.0f), six = SPLAT(6.0f);
    const vf x = *v;
    switch (activation) {
    case CK_FUNCTION_RELU: *v = CK_FN(bounded)(x, zero, SPLAT(__builtin_inff())); break;
    case CK_FUNCTION_LEAKY_RELU: *v = __builtin_elementwise_max(x, 0.2f * x); break;
    case CK_FUNCTION_RELU6: *v = CK_FN(bounded)(x, zero, six); break;
    case CK_FUNCTION_SILU: *v = x * CK_FN(reciprocal)(one + CK_FN(exp)(zero - x)); break;
    case CK_FUNCTION_SIGMOID: *v = CK_FN(reciprocal)(one + CK_FN(exp)(zero - x)); break;
    case CK_FUNCTION_TANH: { // 2σ(2x) − 1 loses digits near 0; there the odd series is exact enough
        const vf big = one - (one + one) / (CK_FN(exp)(x + x) + one), q = x * x;
        const vf small = x * (one + q * (-0.333333333f + q * (0.133333333f - q * 0.0539682540f)));
        const vi near = (vi)(q < 0.0025f);
        *v = (vf)((near & (vi)small) | (~near & (vi)big));
        break;
    }
    case CK_FUNCTION_HARDSIGMOID: *v = CK_FN(bounded)(x + 3.0f, zero, six) * (1 / 6.0f); break;
    case CK_FUNCTION_HARDSWISH: *v = x * (CK_FN(bounded)(x + 3.0f, zero, six) * (1 / 6.0f)); break;
    default: break;
    }
}

/// The most frequent of the long activations has a loop of its own, without a choice in it.
INLINE void CK_FN(activate_all)(vf *v, int count, int activation) {
    if (activation == CK_FUNCTION_SILU)
        for (int i = 0; i < count; i++) CK_FN(activate)(&v[i], CK_FUNCTION_SILU);
    else
        for (int i = 0; i < count; i++) CK_FN(activate)(&v[i], activation);
}
