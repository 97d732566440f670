#include "ck_ops.h"
#include "ck_dispatch.h"
#include <string.h>

void ck_unroll(const float *in, const ck_window *g, int begin, int end, int first, int channels, float *columns) {
    const size_t bytes = (size_t)channels * sizeof(float);
    for (int row = begin; row < end; row++) {
        const float *image = in + (ptrdiff_t)(row / g->oh) * g->h * g->w * g->c + first;
        const int y = row % g->oh;
        for (int x = 0; x < g->ow; x++)
            for (int ky = 0; ky < g->kernel_h; ky++)
                for (int kx = 0; kx < g->kernel_w; kx++, columns += channels) {
                    const int iy = y * g->stride + ky * g->dilation - g->top, ix = x * g->stride + kx * g->dilation - g->left;
                    if (iy < 0 || iy >= g->h || ix < 0 || ix >= g->w) memset(columns, 0, bytes);
                    else memcpy(columns, image + ((ptrdiff_t)iy * g->w + ix) * g->c, bytes);
                }
    }
}

CK_CLONES void ck_roll(const float *columns, const ck_window *g, int begin, int end, int first, int channels, float *out) {
    for (int row = begin; row < end; row++) {
        float *image = out + (ptrdiff_t)(row / g->oh) * g->h * g->w * g->c + first;
        const int y = row % g->oh;
        for (int x = 0; x < g->ow; x++)
            for (int ky = 0; ky < g->kernel_h; ky++)
                for (int kx = 0; kx < g->kernel_w; kx++, columns += channels) {
                    const int iy = y * g->stride + ky * g->dilation - g->top, ix = x * g->stride + kx * g->dilation - g->left;
                    if (iy < 0 || iy >= g->h || ix < 0 || ix >= g->w) continue;
                    float *target = image + ((ptrdiff_t)iy * g->w + ix) * g->c;
                    for (int c = 0; c < channels; c++) target[c] += columns[c];
                }
    }
}

CK_CLONES void ck_scale_shift(const float *in, const float *scale, const float *shift, size_t rows, int columns, float *out) {
    for (size_t r = 0; r < rows; r++, in += columns, out += columns)
        for (int c = 0; c < columns; c++) out[c] = in[c] * scale[c] + shift[c];
}

CK_CLONES void ck_column_means(const float *in, size_t rows, int columns, float *out) {
    // Double sums in strips of columns: exact enough for any number of rows, and the strip stays in registers.
    for (int first = 0; first < columns; first += 32) {
        double sums[32] = {0};
        const int width = columns - first < 32 ? columns - first : 32;
        for (size_t r = 0; r < rows; r++)
            for (int c = 0; c < width; c++) sums[c] += in[r * columns + first + c];
        for (int c = 0; c < width; c++) out[first + c] = (float)(sums[c] / (double)rows);
    }
}

CK_CLONES void ck_column_moments(const float *in, size_t rows, int columns, float *mean, float *variance) {
    ck_column_means(in, rows, columns, mean);
    for (int first = 0; first < columns; first += 32) {
        double sums[32] = {0};
        const int width = columns - first < 32 ? columns - first : 32;
        for (size_t r = 0; r < rows; r++)
            for (int c = 0; c < width; c++) {
                const double d = (double)in[r * columns + first + c] - mean[first + c];
                sums[c] += d * d;
            }
        for (int c = 0; c < width; c++) variance[first + c] = (float)(sums[c] / (double)rows);
    }
}

CK_CLONES double ck_squared_difference(const float *a, const float *b, size_t count) {
    double sum[8] = {0};
    size_t i = 0;
    for (; i + 8 <= count; i += 8)
        for (int j = 0; j < 8; j++) {
            const double d = (double)a[i + j] - b[i + j];
            sum[j] += d * d;
        }
    for (; i < count; i++) sum[0] += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    return sum[0] + sum[1] + sum[2] + sum[3] + sum[4] + sum[5] + sum[6] + sum[7];
}
