#include "ck_dispatch.h"
#include "ck_ops.h"
#include <math.h>
#include <string.h>

/// Source position of output index `i`: lower neighbour and the weight of the upper one.
static void source(int i, int in, int out, int align_corners, int *lower, int *upper, float *weight) {
    double x;
    if (align_corners) x = out > 1 ? (double)i * (in - 1) / (out - 1) : 0;
    else x = (i + 0.5) * in / out - 0.5;
    if (x < 0) x = 0;
    *lower = (int)x;
    if (*lower > in - 1) *lower = in - 1;
    *upper = *lower + 1 < in ? *lower + 1 : in - 1;
    *weight = (float)(x - *lower);
}

CK_CLONES static void mix(const float *a, const float *b, const float *c, const float *d, float x, float y, int count,
                          float *out) {
    for (int i = 0; i < count; i++) {
        const float top = a[i] + (b[i] - a[i]) * x, bottom = c[i] + (d[i] - c[i]) * x;
        out[i] = top + (bottom - top) * y;
    }
}

CK_CLONES static void add_scaled(const float *in, float scale, int count, float *out) {
    for (int i = 0; i < count; i++) out[i] += in[i] * scale;
}

void ck_bilinear(const float *in, int n, int h, int w, int c, int oh, int ow, int align_corners, float *out) {
    for (int image = 0; image < n; image++, in += (ptrdiff_t)h * w * c)
        for (int y = 0; y < oh; y++) {
            int y0, y1;
            float fy;
            source(y, h, oh, align_corners, &y0, &y1, &fy);
            for (int x = 0; x < ow; x++, out += c) {
                int x0, x1;
                float fx;
                source(x, w, ow, align_corners, &x0, &x1, &fx);
                const float *top = in + (ptrdiff_t)y0 * w * c, *bottom = in + (ptrdiff_t)y1 * w * c;
                const ptrdiff_t left = (ptrdiff_t)x0 * c, right = (ptrdiff_t)x1 * c;
                mix(top + left, top + right, bottom + left, bottom + right, fx, fy, c, out);
            }
        }
}

/// Lower neighbour and the weight of the upper one at a position brought into 0 … size − 1.
static void neighbours(float at, int size, int *lower, int *upper, float *weight) {
    const float x = at > 0 ? (at < (float)(size - 1) ? at : (float)(size - 1)) : 0;
    *lower = (int)x;
    *upper = *lower + 1 < size ? *lower + 1 : size - 1;
    *weight = x - (float)*lower;
}

void ck_affine_sample(const float *in, int h, int w, int c, const float matrix[6], float *out) {
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++, out += c) {
            int x0, x1, y0, y1;
            float fx, fy;
            neighbours(matrix[0] * (float)x + matrix[1] * (float)y + matrix[2], w, &x0, &x1, &fx);
            neighbours(matrix[3] * (float)x + matrix[4] * (float)y + matrix[5], h, &y0, &y1, &fy);
            const float *top = in + (ptrdiff_t)y0 * w * c, *bottom = in + (ptrdiff_t)y1 * w * c;
            mix(top + x0 * c, top + x1 * c, bottom + x0 * c, bottom + x1 * c, fx, fy, c, out);
        }
}

void ck_average_pool(const float *in, const ck_window *g, float *out) {
    const float scale = 1.0f / (float)(g->kernel_h * g->kernel_w);
    for (int n = 0; n < g->n; n++)
        for (int y = 0; y < g->oh; y++)
            for (int x = 0; x < g->ow; x++, out += g->c) {
                for (int c = 0; c < g->c; c++) out[c] = 0;
                for (int ky = 0; ky < g->kernel_h; ky++)
                    for (int kx = 0; kx < g->kernel_w; kx++) {
                        const int iy = y * g->stride + ky - g->top, ix = x * g->stride + kx - g->left;
                        if (iy < 0 || iy >= g->h || ix < 0 || ix >= g->w) continue;
                        add_scaled(in + (((ptrdiff_t)n * g->h + iy) * g->w + ix) * g->c, scale, g->c, out);
                    }
            }
}

void ck_maximum_pool(const float *in, const ck_window *g, float *out) {
    for (int n = 0; n < g->n; n++)
        for (int y = 0; y < g->oh; y++)
            for (int x = 0; x < g->ow; x++, out += g->c) {
                for (int c = 0; c < g->c; c++) out[c] = -INFINITY;
                for (int ky = 0; ky < g->kernel_h; ky++)
                    for (int kx = 0; kx < g->kernel_w; kx++) {
                        const int iy = y * g->stride + ky - g->top, ix = x * g->stride + kx - g->left;
                        if (iy < 0 || iy >= g->h || ix < 0 || ix >= g->w) continue;
                        const float *i = in + (((ptrdiff_t)n * g->h + iy) * g->w + ix) * g->c;
                        for (int c = 0; c < g->c; c++) out[c] = i[c] > out[c] ? i[c] : out[c];
                    }
            }
}

void ck_average_pool_gradient(const float *out_gradient, const ck_window *g, float *in_gradient) {
    const float scale = 1.0f / (float)(g->kernel_h * g->kernel_w);
    memset(in_gradient, 0, (size_t)g->n * g->h * g->w * g->c * sizeof(float));
    for (int n = 0; n < g->n; n++)
        for (int y = 0; y < g->oh; y++)
            for (int x = 0; x < g->ow; x++, out_gradient += g->c)
                for (int ky = 0; ky < g->kernel_h; ky++)
                    for (int kx = 0; kx < g->kernel_w; kx++) {
                        const int iy = y * g->stride + ky - g->top, ix = x * g->stride + kx - g->left;
                        if (iy < 0 || iy >= g->h || ix < 0 || ix >= g->w) continue;
                        add_scaled(out_gradient, scale, g->c, in_gradient + (((ptrdiff_t)n * g->h + iy) * g->w + ix) * g->c);
                    }
}

/// The channels [begin, end) of one window: where each one's first maximum lies receives its gradient.
CK_CLONES static void pass_to_maximum(const float *in, const float *gradient, const ptrdiff_t *taps, int count, int begin,
                                      int end, float *in_gradient) {
    for (int c = begin; c < end; c++) {
        ptrdiff_t best = taps[0];
        for (int t = 1; t < count; t++)
            if (in[taps[t] + c] > in[best + c]) best = taps[t];
        in_gradient[best + c] += gradient[c];
    }
}

void ck_maximum_pool_gradient(const float *in, const float *out_gradient, const ck_window *g, int begin, int end,
                              float *in_gradient) {
    for (size_t p = 0; p < (size_t)g->n * g->h * g->w; p++)
        memset(in_gradient + p * g->c + begin, 0, (size_t)(end - begin) * sizeof(float));
    ptrdiff_t taps[g->kernel_h * g->kernel_w];
    for (int n = 0; n < g->n; n++)
        for (int y = 0; y < g->oh; y++)
            for (int x = 0; x < g->ow; x++, out_gradient += g->c) {
                int count = 0;
                for (int ky = 0; ky < g->kernel_h; ky++)
                    for (int kx = 0; kx < g->kernel_w; kx++) {
                        const int iy = y * g->stride + ky - g->top, ix = x * g->stride + kx - g->left;
                        if (iy < 0 || iy >= g->h || ix < 0 || ix >= g->w) continue;
                        taps[count++] = (((ptrdiff_t)n * g->h + iy) * g->w + ix) * g->c;
                    }
                if (count) pass_to_maximum(in, out_gradient, taps, count, begin, end, in_gradient);
            }
}
