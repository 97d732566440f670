// Depthwise convolution with kernels of any size: for those that ck_inference_body.h has no body for.
#include "ck_depthwise_general.h"
#include <math.h>

static float activate(float x, int activation) {
    switch (activation) {
    case CK_FUNCTION_RELU: return x > 0 ? x : 0;
    case CK_FUNCTION_RELU6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case CK_FUNCTION_SILU: return x / (1 + expf(-x));
    case CK_FUNCTION_LEAKY_RELU: return x > 0 ? x : 0.2f * x;
    case CK_FUNCTION_SIGMOID: return 1 / (1 + expf(-x));
    case CK_FUNCTION_TANH: return tanhf(x);
    case CK_FUNCTION_HARDSIGMOID: return x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6;
    case CK_FUNCTION_HARDSWISH: return x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6;
    default: return x;
    }
}

void ck_depthwise_general(const ck_depthwise *d, int begin, int end, float *sums) {
    for (int y = begin; y < end; y++)
        for (int x = 0; x < d->ow; x++)
            for (int c = 0; c < d->c; c++) {
                float sum = d->bias[c];
                for (int ky = 0; ky < d->kernel; ky++)
                    for (int kx = 0; kx < d->kernel; kx++) {
                        const int iy = y * d->stride + ky - d->top, ix = x * d->stride + kx - d->left;
                        if (iy < 0 || iy >= d->h || ix < 0 || ix >= d->w) continue;
                        sum += d->in[((ptrdiff_t)iy * d->w + ix) * d->c + c] *
                               d->weights[((ptrdiff_t)ky * d->kernel + kx) * d->c + c];
                    }
                const float v = activate(sum, d->activation);
                d->out[((ptrdiff_t)y * d->ow + x) * d->c + c] = v;
                if (sums) sums[c] += v;
            }
}
