#include "ck_dispatch.h"
#include "ck_training.h"
#include <string.h>

/// The taps [first, last) of a window at output position `at` whose input position lies in 0 ..< size.
static inline void taps_inside(int at, int stride, int dilation, int before, int size, int kernel, int *first, int *last) {
    const int start = at * stride - before;
    *first = start < 0 ? (-start + dilation - 1) / dilation : 0;
    *last = start >= size ? 0 : (size - 1 - start) / dilation + 1;
    if (*last > kernel) *last = kernel;
    if (*first > *last) *first = *last;
}

/// out[c] (+)= Σ_t a[t·step + c] · w[t·c_count + c] over `taps` taps; a constant `taps` unrolls the sum.
__attribute__((always_inline)) static inline void add_taps(const float *a, ptrdiff_t step, const float *w, ptrdiff_t w_step,
                                                           int taps, int channels, float *out) {
    for (int c = 0; c < channels; c++) {
        float sum = out[c];
        for (int t = 0; t < taps; t++) sum += a[t * step + c] * w[t * w_step + c];
        out[c] = sum;
    }
}

CK_CLONES static void add_row_of_taps(const float *a, ptrdiff_t step, const float *w, ptrdiff_t w_step, int taps,
                                      int channels, float *out) {
    switch (taps) {
    case 0: break;
    case 2: add_taps(a, step, w, w_step, 2, channels, out); break;
    case 3: add_taps(a, step, w, w_step, 3, channels, out); break;
    case 5: add_taps(a, step, w, w_step, 5, channels, out); break;
    default:
        for (int t = 0; t < taps; t++) add_taps(a + t * step, 0, w + t * w_step, 0, 1, channels, out);
    }
}

void ck_depthwise_output(const float *in, const ck_window *g, const float *w, int begin, int end, float *out) {
    const ptrdiff_t line = (ptrdiff_t)g->w * g->c;
    out += (ptrdiff_t)begin * g->ow * g->c;
    for (int row = begin; row < end; row++) {
        int ky0, ky1;
        taps_inside(row % g->oh, g->stride, g->dilation, g->top, g->h, g->kernel_h, &ky0, &ky1);
        const int iy = row % g->oh * g->stride - g->top;
        const float *image = in + (ptrdiff_t)(row / g->oh) * g->h * line;
        for (int x = 0; x < g->ow; x++, out += g->c) {
            int kx0, kx1;
            taps_inside(x, g->stride, g->dilation, g->left, g->w, g->kernel_w, &kx0, &kx1);
            const int ix = x * g->stride - g->left + kx0 * g->dilation;
            memset(out, 0, (size_t)g->c * sizeof(float));
            for (int ky = ky0; ky < ky1; ky++)
                add_row_of_taps(image + (iy + ky * g->dilation) * line + (ptrdiff_t)ix * g->c, (ptrdiff_t)g->dilation * g->c,
                                w + ((ptrdiff_t)ky * g->kernel_w + kx0) * g->c, g->c, kx1 - kx0, g->c, out);
        }
    }
}

void ck_depthwise_input_gradient(const float *out_gradient, const ck_window *g, const float *w, int begin, int end,
                                 float *in_gradient) {
    in_gradient += (ptrdiff_t)begin * g->w * g->c;
    for (int row = begin; row < end; row++) {
        const float *image = out_gradient + (ptrdiff_t)(row / g->h) * g->oh * g->ow * g->c;
        for (int x = 0; x < g->w; x++, in_gradient += g->c) {
            memset(in_gradient, 0, (size_t)g->c * sizeof(float));
            for (int ky = 0; ky < g->kernel_h; ky++) {
                const int up = row % g->h + g->top - ky * g->dilation, oy = up / g->stride;
                if (up < 0 || up % g->stride || oy >= g->oh) continue;
                // The output positions that this input fed through this row of taps, one tap after another.
                for (int kx = 0; kx < g->kernel_w; kx++) {
                    const int across = x + g->left - kx * g->dilation, ox = across / g->stride;
                    if (across < 0 || across % g->stride || ox >= g->ow) continue;
                    int taps = 1;
                    if (g->stride == 1) { // consecutive taps fed consecutive positions, backwards
                        taps = (ox / g->dilation) + 1;
                        if (taps > g->kernel_w - kx) taps = g->kernel_w - kx;
                    }
                    add_row_of_taps(image + ((ptrdiff_t)oy * g->ow + ox) * g->c, -(ptrdiff_t)g->dilation * g->c,
                                    w + ((ptrdiff_t)ky * g->kernel_w + kx) * g->c, g->c, taps, g->c, in_gradient);
                    kx += taps - 1;
                }
            }
        }
    }
}

enum { STRIP = 32 };

/// sums[STRIP] += Σ_x in[x·in_step] · gradient[x·out_step] over `count` pixels of one row.
CK_CLONES static void add_products(const float *in, ptrdiff_t in_step, const float *gradient, ptrdiff_t out_step, int count,
                                   int channels, float *sums) {
    float lanes[STRIP] = {0};
    if (channels == STRIP)
        for (int x = 0; x < count; x++, in += in_step, gradient += out_step)
            for (int c = 0; c < STRIP; c++) lanes[c] += in[c] * gradient[c];
    else
        for (int x = 0; x < count; x++, in += in_step, gradient += out_step)
            for (int c = 0; c < channels; c++) lanes[c] += in[c] * gradient[c];
    for (int c = 0; c < channels; c++) sums[c] += lanes[c];
}

void ck_depthwise_weights_gradient(const float *in, const float *out_gradient, const ck_window *g, int begin, int end,
                                   float *w_gradient) {
    for (int t = 0; t < g->kernel_h * g->kernel_w; t++)
        memset(w_gradient + (ptrdiff_t)t * g->c + begin, 0, (size_t)(end - begin) * sizeof(float));
    for (int first = begin; first < end; first += STRIP) {
        const int channels = end - first < STRIP ? end - first : STRIP;
        for (int row = 0; row < g->n * g->oh; row++) {
            int ky0, ky1;
            taps_inside(row % g->oh, g->stride, g->dilation, g->top, g->h, g->kernel_h, &ky0, &ky1);
            const float *image = in + (ptrdiff_t)(row / g->oh) * g->h * g->w * g->c + first;
            for (int ky = ky0; ky < ky1; ky++)
                for (int kx = 0; kx < g->kernel_w; kx++) {
                    const int iy = row % g->oh * g->stride - g->top + ky * g->dilation, shift = kx * g->dilation - g->left;
                    const int x0 = shift < 0 ? (-shift + g->stride - 1) / g->stride : 0;
                    int x1 = g->w - 1 - shift < 0 ? 0 : (g->w - 1 - shift) / g->stride + 1;
                    if (x1 > g->ow) x1 = g->ow;
                    if (x0 >= x1) continue;
                    add_products(image + ((ptrdiff_t)iy * g->w + x0 * g->stride + shift) * g->c, (ptrdiff_t)g->stride * g->c,
                                 out_gradient + ((ptrdiff_t)row * g->ow + x0) * g->c + first, g->c, x1 - x0, channels,
                                 w_gradient + ((ptrdiff_t)ky * g->kernel_w + kx) * g->c + first);
                }
        }
    }
}
