#include "ck_dispatch.h"
#include "ck_ops.h"
#include <math.h>

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
                mix(in + ((ptrdiff_t)y0 * w + x0) * c, in + ((ptrdiff_t)y0 * w + x1) * c, in + ((ptrdiff_t)y1 * w + x0) * c,
                    in + ((ptrdiff_t)y1 * w + x1) * c, fx, fy, c, out);
            }
        }
}

CK_CLONES static void add_scaled(const float *in, float scale, int count, float *out) {
    for (int i = 0; i < count; i++) out[i] += in[i] * scale;
}

void ck_grid_sample(const float *in, int n, int h, int w, int c, const float *grid, int oh, int ow, float *out) {
    for (int image = 0; image < n; image++, in += (ptrdiff_t)h * w * c)
        for (int p = 0; p < oh * ow; p++, grid += 2, out += c) {
            const float x = ((grid[0] + 1) * (float)w - 1) / 2, y = ((grid[1] + 1) * (float)h - 1) / 2;
            const float fx0 = floorf(x), fy0 = floorf(y);
            for (int i = 0; i < c; i++) out[i] = 0;
            for (int corner = 0; corner < 4; corner++) {
                const float cx = fx0 + (float)(corner & 1), cy = fy0 + (float)(corner >> 1);
                if (!(cx >= 0 && cx <= (float)(w - 1) && cy >= 0 && cy <= (float)(h - 1))) continue;
                const float weight = (1 - fabsf(x - cx)) * (1 - fabsf(y - cy));
                add_scaled(in + ((ptrdiff_t)cy * w + (ptrdiff_t)cx) * c, weight, c, out);
            }
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
