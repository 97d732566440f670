// Element-wise functions and their derivatives on vectors of any width, always inlined into what includes this.
#pragma once
#include "../inference/ck_exp_polynomial.h"
#include "ck_training.h"
#include <math.h>

#define CK_INLINE static inline __attribute__((always_inline))

/// e^x to a relative error under 2e-7: plain arithmetic, so that loops around it vectorise.
CK_INLINE float ck_exp(float x) {
    x = x < -87.0f ? -87.0f : x > 88.0f ? 88.0f : x;
    const float magic = 12582912.0f; // 1.5 · 2^23: adding it rounds to an integer
    const float t = x * 1.44269504088896341f + magic, n = t - magic;
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    const float p = CK_EXP_POLYNOMIAL(r);
    union { float f; int i; } bits = {t}, round = {magic}, value = {p};
    value.i += (int)((unsigned)(bits.i - round.i) << 23);
    return value.f + x * 0.0f; // a NaN stays one
}

CK_INLINE float ck_sigmoid(float x) { return 1.0f / (1.0f + ck_exp(-x)); }

CK_INLINE float ck_tanh(float x) {
    const float e = ck_exp(2 * x), q = x * x, big = 1.0f - 2.0f / (e + 1.0f);
    // The exponential form loses digits near 0; there the odd series is exact enough.
    const float small = x * (1.0f + q * (-0.333333333f + q * (0.133333333f - q * 0.0539682540f)));
    return q < 0.0025f ? small : big;
}

CK_INLINE float ck_clamp(float x, float low, float high) { return x < low ? low : x > high ? high : x; }

/// f, f′ or f″ at x; `f` and `order` are constants after inlining.
CK_INLINE float ck_function_value(float x, ck_function f, float parameter, int order) {
    const int inside = x > -3.0f && x < 3.0f; // of the hard sigmoid's ramp
    switch (f) {
    case CK_FUNCTION_IDENTITY: return order == 0 ? x : order == 1;
    case CK_FUNCTION_RELU: return order == 0 ? (x > 0 ? x : 0) : order == 1 ? (x > 0 ? 1.0f : 0.0f) : 0;
    case CK_FUNCTION_RELU6:
        return order == 0 ? ck_clamp(x, 0, 6) : order == 1 ? (x > 0 && x < 6 ? 1.0f : 0.0f) : 0;
    case CK_FUNCTION_LEAKY_RELU:
        return order == 0 ? (x > 0 ? x : x * parameter) : order == 1 ? (x > 0 ? 1.0f : parameter) : 0;
    case CK_FUNCTION_HARDSIGMOID:
        return order == 0 ? ck_clamp(x + 3, 0, 6) * (1.0f / 6) : order == 1 ? (inside ? 1.0f / 6 : 0.0f) : 0;
    case CK_FUNCTION_HARDSWISH:
        return order == 0   ? x * ck_clamp(x + 3, 0, 6) * (1.0f / 6)
               : order == 1 ? (x <= -3 ? 0.0f : x < 3 ? x * (1.0f / 3) + 0.5f : 1.0f)
                            : (inside ? 1.0f / 3 : 0.0f);
    case CK_FUNCTION_SIGMOID: {
        const float s = ck_sigmoid(x), d = s * (1 - s);
        return order == 0 ? s : order == 1 ? d : d * (1 - 2 * s);
    }
    case CK_FUNCTION_SILU: {
        const float s = ck_sigmoid(x), d = s * (1 - s);
        return order == 0 ? x * s : order == 1 ? s + x * d : d * (2 + x * (1 - 2 * s));
    }
    case CK_FUNCTION_TANH: {
        const float t = ck_tanh(x), d = 1 - t * t;
        return order == 0 ? t : order == 1 ? d : -2 * t * d;
    }
    case CK_FUNCTION_EXP: return ck_exp(x);
    case CK_FUNCTION_LOG: return order == 0 ? logf(x) : order == 1 ? 1 / x : -1 / (x * x);
    case CK_FUNCTION_SQUARE_ROOT: {
        const float s = sqrtf(x);
        return order == 0 ? s : order == 1 ? 0.5f / s : -0.25f / (s * x);
    }
    case CK_FUNCTION_SQUARE: return order == 0 ? x * x : order == 1 ? 2 * x : 2;
    case CK_FUNCTION_ABSOLUTE:
        return order == 0 ? fabsf(x) : order == 1 ? (x > 0 ? 1.0f : x < 0 ? -1.0f : 0.0f) : 0;
    case CK_FUNCTION_RECIPROCAL: {
        const float r = 1 / x;
        return order == 0 ? r : order == 1 ? -r * r : 2 * r * r * r;
    }
    case CK_FUNCTION_FLOOR: return order == 0 ? (x > parameter ? x : parameter) : order == 1 ? (x > parameter ? 1.0f : 0.0f) : 0;
    }
    return 0;
}

/// Runs `statement` with F and ORDER constant, for whichever function `f` is.
#define CK_FOR_FUNCTION(f, statement)                                                                                  \
    switch (f) {                                                                                                       \
        CK_CASE(CK_FUNCTION_IDENTITY, statement)                                                                       \
        CK_CASE(CK_FUNCTION_RELU, statement)                                                                           \
        CK_CASE(CK_FUNCTION_RELU6, statement)                                                                          \
        CK_CASE(CK_FUNCTION_SILU, statement)                                                                           \
        CK_CASE(CK_FUNCTION_SIGMOID, statement)                                                                        \
        CK_CASE(CK_FUNCTION_TANH, statement)                                                                           \
        CK_CASE(CK_FUNCTION_HARDSWISH, statement)                                                                      \
        CK_CASE(CK_FUNCTION_HARDSIGMOID, statement)                                                                    \
        CK_CASE(CK_FUNCTION_LEAKY_RELU, statement)                                                                     \
        CK_CASE(CK_FUNCTION_EXP, statement)                                                                            \
        CK_CASE(CK_FUNCTION_LOG, statement)                                                                            \
        CK_CASE(CK_FUNCTION_SQUARE_ROOT, statement)                                                                    \
        CK_CASE(CK_FUNCTION_SQUARE, statement)                                                                         \
        CK_CASE(CK_FUNCTION_ABSOLUTE, statement)                                                                       \
        CK_CASE(CK_FUNCTION_RECIPROCAL, statement)                                                                     \
        CK_CASE(CK_FUNCTION_FLOOR, statement)                                                                          \
    }
#define CK_CASE(name, statement)                                                                                       \
    case name: {                                                                                                       \
        enum { F = name };                                                                                             \
        statement;                                                                                                     \
    } break;
