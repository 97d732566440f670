#include "ck_maps.h"
#include "ck_dispatch.h"
#include <math.h>
#include <stdlib.h>

CK_CLONES void ck_position_distances(const float *x, const float *mean, const float *whitening, int positions, int d,
                                     float *out) {
    float *difference = malloc((size_t)d * sizeof(float));
    for (int p = 0; p < positions; p++, x += d, mean += d) {
        for (int i = 0; difference && i < d; i++) difference[i] = x[i] - mean[i];
        float total = 0;
        for (int i = 0; difference && i < d; i++) {
            float lanes[16] = {0};
            int j = 0;
            for (; j + 16 <= i + 1; j += 16)
                for (int l = 0; l < 16; l++) lanes[l] += whitening[j + l] * difference[j + l];
            float y = 0;
            for (; j <= i; j++) y += whitening[j] * difference[j];
            for (int l = 0; l < 16; l++) y += lanes[l];
            total += y * y;
            whitening += i + 1;
        }
        out[p] = difference ? sqrtf(total) : NAN;
    }
    free(difference);
}

CK_CLONES void ck_position_whiten(const float *x, const float *mean, const float *whitening, int positions, int d,
                                  float *out) {
    for (int p = 0; p < positions; p++, x += d, mean += d, out += d)
        for (int i = 0; i < d; i++) {
            float y = 0;
            for (int j = 0; j <= i; j++) y += whitening[j] * (x[j] - mean[j]);
            out[i] = y;
            whitening += i + 1;
        }
}

CK_CLONES void ck_position_grams(const float *x, int count, int positions, int d, double *out) {
    const size_t image = (size_t)positions * d;
    for (int p = 0; p < positions; p++, x += d, out += (size_t)count * count)
        for (int i = 0; i < count; i++)
            for (int j = 0; j <= i; j++) {
                const float *a = x + i * image, *b = x + j * image;
                double sum = 0;
                for (int c = 0; c < d; c++) sum += (double)a[c] * b[c];
                out[(size_t)i * count + j] = out[(size_t)j * count + i] = sum;
            }
}

CK_CLONES void ck_accumulate_positions(const float *x, int positions, int d, double *sum, double *outer) {
    for (int p = 0; p < positions; p++, x += d, sum += d)
        for (int i = 0; i < d; i++) {
            const double v = x[i];
            sum[i] += v;
            for (int j = 0; j <= i; j++) outer[j] += v * x[j];
            outer += i + 1;
        }
}

CK_CLONES void ck_window_means(const float *x, int rows, int columns, int d, int channels, float *out) {
    for (int r = 0; r < rows; r += 2)
        for (int c = 0; c < columns; c += 2, out += channels) {
            for (int i = 0; i < channels; i++) out[i] = 0;
            for (int y = r - 1; y <= r + 2; y++)
                for (int x_ = c - 1; x_ <= c + 2; x_++) {
                    const int row = y < 0 ? 0 : y < rows ? y : rows - 1;
                    const int column = x_ < 0 ? 0 : x_ < columns ? x_ : columns - 1;
                    const float *cell = x + ((size_t)row * columns + column) * d;
                    for (int i = 0; i < channels; i++) out[i] += cell[i] * 0.0625f;
                }
        }
}

CK_CLONES void ck_block_means(const float *x, int rows, int columns, int d, float *out) {
    for (int r = 0; r < rows; r += 2)
        for (int c = 0; c < columns; c += 2, out += d) {
            const int down = r + 1 < rows ? 2 : 1, right = c + 1 < columns ? 2 : 1;
            const float share = 1.0f / (float)(down * right);
            for (int i = 0; i < d; i++) out[i] = 0;
            for (int y = r; y < r + down; y++)
                for (int z = c; z < c + right; z++) {
                    const float *cell = x + ((size_t)y * columns + z) * d;
                    for (int i = 0; i < d; i++) out[i] += share * cell[i];
                }
        }
}

/// Mean squared difference of two vectors.
static inline float mean_square(const float *a, const float *b, int d) {
    float lanes[16] = {0};
    int i = 0;
    for (; i + 16 <= d; i += 16)
        for (int l = 0; l < 16; l++) lanes[l] += (a[i + l] - b[i + l]) * (a[i + l] - b[i + l]);
    float sum = 0;
    for (; i < d; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    for (int l = 0; l < 16; l++) sum += lanes[l];
    return sum / (float)d;
}

CK_CLONES void ck_mean_of_alike(const float *values, const float *x, int rows, int columns, int d, float reach,
                                int radius, float *out) {
    const float near = -0.5f / (reach * reach);
    for (int r = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            const size_t here = (size_t)r * columns + c;
            const int top = r > radius ? r - radius : 0, bottom = r + radius < rows ? r + radius : rows - 1;
            const int left = c > radius ? c - radius : 0, right = c + radius < columns ? c + radius : columns - 1;
            float sum = 0, weights = 0;
            for (int y = top; y <= bottom; y++)
                for (int z = left; z <= right; z++) {
                    const size_t there = (size_t)y * columns + z;
                    const float squares = (float)((y - r) * (y - r) + (z - c) * (z - c));
                    const float weight = expf(near * squares - mean_square(x + here * d, x + there * d, d));
                    sum += weight * values[there];
                    weights += weight;
                }
            out[here] = sum / weights;
        }
}
