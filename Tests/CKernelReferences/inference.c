// References of the inference kernels: the definitions, written out in double precision.
#include "CKernelReferences.h"
#include <math.h>

static double activate(double x, int activation) {
    switch (activation) {
    case CK_FUNCTION_RELU: return x > 0 ? x : 0;
    case CK_FUNCTION_RELU6: return x < 0 ? 0 : x > 6 ? 6 : x;
    case CK_FUNCTION_SILU: return x / (1 + exp(-x));
    case CK_FUNCTION_LEAKY_RELU: return x > 0 ? x : 0.2 * x;
    case CK_FUNCTION_SIGMOID: return 1 / (1 + exp(-x));
    case CK_FUNCTION_TANH: return tanh(x);
    case CK_FUNCTION_HARDSIGMOID: return x <= -3 ? 0 : x >= 3 ? 1 : (x + 3) / 6;
    case CK_FUNCTION_HARDSWISH: return x <= -3 ? 0 : x >= 3 ? x : x * (x + 3) / 6;
    default: return x;
    }
}

void ck_gemm_reference(const ck_gemm *g, const float *w, int begin, int end) {
    for (int m = begin; m < end; m++)
        for (int n = 0; n < g->n; n++) {
            double sum = g->bias ? g->bias[n] : 0;
            for (int tap = 0; tap < g->taps; tap++) {
                const float *row = g->rows ? g->rows[(ptrdiff_t)tap * g->row_count + m] : g->a + m * g->lda;
                for (int c = 0; c < g->c; c++) sum += (double)row[c] * w[((ptrdiff_t)tap * g->c + c) * g->n + n];
            }
            if (g->residual) sum += g->residual[m * g->ldr + n];
            g->out[m * g->ldo + n] = (float)activate(sum, g->activation);
        }
}

void ck_depthwise_reference(const ck_depthwise *d, int begin, int end, float *sums) {
    for (int c = 0; c < d->c; c++) {
        double total = 0;
        for (int y = begin; y < end; y++)
            for (int x = 0; x < d->ow; x++) {
                double sum = d->bias[c];
                for (int ky = 0; ky < d->kernel; ky++)
                    for (int kx = 0; kx < d->kernel; kx++) {
                        const int iy = y * d->stride + ky - d->top, ix = x * d->stride + kx - d->left;
                        if (iy < 0 || iy >= d->h || ix < 0 || ix >= d->w) continue;
                        sum += (double)d->in[((ptrdiff_t)iy * d->w + ix) * d->c + c] *
                               d->weights[((ptrdiff_t)ky * d->kernel + kx) * d->c + c];
                    }
                const double value = activate(sum, d->activation);
                d->out[((ptrdiff_t)y * d->ow + x) * d->c + c] = (float)value;
                total += value;
            }
        if (sums) sums[c] += (float)total;
    }
}
