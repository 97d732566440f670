// What the training kernels must agree with: the definitions, written out in double precision.
#include "ck_training.h"
#include <math.h>

static double clamp(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

static double function(double x, ck_function f, double p, int order) {
    const double s = 1 / (1 + exp(-x)), t = tanh(x);
    switch (f) {
    case CK_FUNCTION_IDENTITY: return order == 0 ? x : order == 1;
    case CK_FUNCTION_RELU: return order == 0 ? fmax(x, 0) : order == 1 ? x > 0 : 0;
    case CK_FUNCTION_RELU6: return order == 0 ? clamp(x, 0, 6) : order == 1 ? x > 0 && x < 6 : 0;
    case CK_FUNCTION_LEAKY_RELU: return order == 0 ? (x > 0 ? x : p * x) : order == 1 ? (x > 0 ? 1 : p) : 0;
    case CK_FUNCTION_SIGMOID: return order == 0 ? s : order == 1 ? s * (1 - s) : s * (1 - s) * (1 - 2 * s);
    case CK_FUNCTION_SILU:
        return order == 0 ? x * s : order == 1 ? s + x * s * (1 - s) : s * (1 - s) * (2 + x * (1 - 2 * s));
    case CK_FUNCTION_TANH: return order == 0 ? t : order == 1 ? 1 - t * t : -2 * t * (1 - t * t);
    case CK_FUNCTION_HARDSIGMOID: return order == 0 ? clamp(x + 3, 0, 6) / 6 : order == 1 ? (fabs(x) < 3) / 6.0 : 0;
    case CK_FUNCTION_HARDSWISH:
        if (order == 0) return x * clamp(x + 3, 0, 6) / 6;
        return fabs(x) < 3 ? (order == 1 ? x / 3 + 0.5 : 1.0 / 3) : order == 1 ? x >= 3 : 0;
    case CK_FUNCTION_EXP: return exp(x);
    case CK_FUNCTION_LOG: return order == 0 ? log(x) : order == 1 ? 1 / x : -1 / (x * x);
    case CK_FUNCTION_SQUARE_ROOT: return order == 0 ? sqrt(x) : order == 1 ? 0.5 / sqrt(x) : -0.25 / (x * sqrt(x));
    case CK_FUNCTION_SQUARE: return order == 0 ? x * x : order == 1 ? 2 * x : 2;
    case CK_FUNCTION_ABSOLUTE: return order == 0 ? fabs(x) : order == 1 ? (x > 0) - (x < 0) : 0;
    case CK_FUNCTION_RECIPROCAL: return order == 0 ? 1 / x : order == 1 ? -1 / (x * x) : 2 / (x * x * x);
    case CK_FUNCTION_FLOOR: return order == 0 ? fmax(x, p) : order == 1 ? x > p : 0;
    }
    return NAN;
}

void ck_function_reference(const float *in, const float *by, size_t count, ck_function f, float parameter, int order,
                           float *out) {
    for (size_t i = 0; i < count; i++) out[i] = (float)(function(in[i], f, parameter, order) * (by ? by[i] : 1));
}
