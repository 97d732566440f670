#include "ck_winograd.h"
#include "ck_dispatch.h"
#include "ck_inference.h"
#include <string.h>

#define LANES 16
typedef float lanes __attribute__((vector_size(LANES * 4), aligned(4)));
#define LOAD(p) (*(const lanes *)(p))
#define STORE(p, v) (*(lanes *)(p) = (v))

int ck_winograd_stride(int channels) { return (channels + LANES - 1) / LANES * LANES; }

void ck_winograd_weights(const float *weights, int c, int n, float *out) {
    // G of the interpolation points 0, 1, −1, 2, −2, ∞.
    static const double g[6][3] = {{1. / 4, 0, 0},           {-1. / 6, -1. / 6, -1. / 6}, {-1. / 6, 1. / 6, -1. / 6},
                                   {1. / 24, 1. / 12, 1. / 6}, {1. / 24, -1. / 12, 1. / 6}, {0, 0, 1}};
    const ptrdiff_t plane = (ptrdiff_t)c * n;
    for (ptrdiff_t i = 0; i < plane; i++)
        for (int y = 0; y < 6; y++)
            for (int x = 0; x < 6; x++) {
                double sum = 0;
                for (int ky = 0; ky < 3; ky++)
                    for (int kx = 0; kx < 3; kx++) sum += g[y][ky] * g[x][kx] * weights[(ky * 3 + kx) * plane + i];
                out[(y * 6 + x) * plane + i] = (float)sum;
            }
}

// Bᵀ over six values `step` apart.
#define INPUT_LINE(d, step, o)                                                                                         \
    do {                                                                                                               \
        const lanes a0 = (d)[0], a1 = (d)[step], a2 = (d)[2 * step], a3 = (d)[3 * step], a4 = (d)[4 * step],           \
                    a5 = (d)[5 * step];                                                                                \
        const lanes even = a4 - 4.0f * a2, odd = a3 - 4.0f * a1, outer = a4 - a2, inner = 2.0f * (a3 - a1);            \
        (o)[0] = 4.0f * a0 - 5.0f * a2 + a4;                                                                           \
        (o)[step] = even + odd;                                                                                        \
        (o)[2 * step] = even - odd;                                                                                    \
        (o)[3 * step] = outer + inner;                                                                                 \
        (o)[4 * step] = outer - inner;                                                                                 \
        (o)[5 * step] = 4.0f * a1 - 5.0f * a3 + a5;                                                                    \
    } while (0)

CK_CLONES void ck_winograd_input(const ck_winograd *g, int begin, int end) {
    const int stride = (g->c + LANES - 1) / LANES * LANES;
    const ptrdiff_t plane = (ptrdiff_t)g->tiles_y * g->tiles_x * stride;
    for (int tile = begin; tile < end; tile++) {
        const int top = tile / g->tiles_x * 4 - 1, left = tile % g->tiles_x * 4 - 1;
        for (int c = 0; c < g->c; c += LANES) {
            lanes d[36];
            for (int y = 0; y < 6; y++)
                for (int x = 0; x < 6; x++) {
                    const int iy = top + y, ix = left + x;
                    const int inside = iy >= 0 && iy < g->h && ix >= 0 && ix < g->w;
                    d[y * 6 + x] = inside ? LOAD(g->in + ((ptrdiff_t)iy * g->w + ix) * g->c + c) : (lanes){};
                }
            for (int y = 0; y < 6; y++) INPUT_LINE(d + y * 6, 1, d + y * 6);
            for (int x = 0; x < 6; x++) INPUT_LINE(d + x, 6, d + x);
            float *o = g->transformed + (ptrdiff_t)tile * stride + c;
            for (int k = 0; k < 36; k++) STORE(o + k * plane, d[k]);
        }
    }
}

// Aᵀ over six values `step` apart to four.
#define OUTPUT_LINE(m, step, o)                                                                                        \
    do {                                                                                                               \
        const lanes sum1 = (m)[step] + (m)[2 * step], diff1 = (m)[step] - (m)[2 * step];                               \
        const lanes sum2 = (m)[3 * step] + (m)[4 * step], diff2 = (m)[3 * step] - (m)[4 * step];                       \
        const lanes first = (m)[0], last = (m)[5 * step];                                                              \
        (o)[0] = first + sum1 + sum2;                                                                                  \
        (o)[step] = diff1 + 2.0f * diff2;                                                                              \
        (o)[2 * step] = sum1 + 4.0f * sum2;                                                                            \
        (o)[3 * step] = diff1 + 8.0f * diff2 + last;                                                                   \
    } while (0)

CK_CLONES void ck_winograd_output(const ck_winograd *g, int begin, int end) {
    const int stride = (g->n + LANES - 1) / LANES * LANES;
    const ptrdiff_t plane = (ptrdiff_t)g->tiles_y * g->tiles_x * stride;
    for (int tile = begin; tile < end; tile++) {
        const int top = tile / g->tiles_x * 4, left = tile % g->tiles_x * 4;
        const int rows = g->h - top < 4 ? g->h - top : 4, columns = g->w - left < 4 ? g->w - left : 4;
        for (int n = 0; n < g->n; n += LANES) {
            const int valid = g->n - n < LANES ? g->n - n : LANES;
            const float *in = g->products + (ptrdiff_t)tile * stride + n;
            lanes m[36];
            for (int k = 0; k < 36; k++) m[k] = LOAD(in + k * plane);
            for (int y = 0; y < 6; y++) OUTPUT_LINE(m + y * 6, 1, m + y * 6);
            for (int x = 0; x < 4; x++) OUTPUT_LINE(m + x, 6, m + x);
            const lanes bias = LOAD(g->bias + n), zero = (lanes){};
            for (int y = 0; y < rows; y++)
                for (int x = 0; x < columns; x++) {
                    const ptrdiff_t at = ((ptrdiff_t)(top + y) * g->w + left + x) * g->n + n;
                    lanes v = m[y * 6 + x] + bias;
                    if (g->residual) v += LOAD(g->residual + at);
                    if (g->activation == CK_FUNCTION_RELU) v = __builtin_elementwise_max(v, zero);
                    if (valid == LANES) STORE(g->out + at, v);
                    else memcpy(g->out + at, &v, (size_t)valid * sizeof(float));
                    if (g->activation != CK_FUNCTION_IDENTITY && g->activation != CK_FUNCTION_RELU)
                        ck_add_activate(g->out + at, NULL, (size_t)valid, g->activation, g->out + at);
                }
        }
    }
}
