// The element-wise functions, listed once: for training (ck_training.h), which also has their derivatives, and for
// inference (ck_inference.h), whose kernels apply the first nine to what they write.
#pragma once

/// SQUARE_ROOT, LOG and RECIPROCAL are those of C, infinities and all; FLOOR is max(x, parameter).
typedef enum {
    CK_FUNCTION_IDENTITY = 0,
    CK_FUNCTION_RELU = 1,
    CK_FUNCTION_RELU6 = 2,
    CK_FUNCTION_SILU = 3,
    CK_FUNCTION_SIGMOID = 4,
    CK_FUNCTION_HARDSWISH = 5,
    CK_FUNCTION_HARDSIGMOID = 6,
    CK_FUNCTION_TANH = 7,
    CK_FUNCTION_LEAKY_RELU = 8, ///< x above 0, parameter · x below; in inference 0.2 · x (DCGAN's)
    // The following are training's alone.
    CK_FUNCTION_EXP,
    CK_FUNCTION_LOG,
    CK_FUNCTION_SQUARE_ROOT,
    CK_FUNCTION_SQUARE,
    CK_FUNCTION_ABSOLUTE,
    CK_FUNCTION_RECIPROCAL,
    CK_FUNCTION_FLOOR
} ck_function;
