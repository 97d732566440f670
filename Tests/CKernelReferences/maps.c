// References of the kernels over maps and positions, in double precision.
#include "CKernelReferences.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

void ck_refine_reference(const float *x, const float *f, size_t positions, int c, ck_refinement r, float *out) {
    for (size_t p = 0; p < positions; p++, x += c, f += c, out += c) {
        double difference = 0, product = 0, ff = 0, xx = 0;
        for (int i = 0; i < c; i++) {
            difference += ((double)f[i] - x[i]) * ((double)f[i] - x[i]);
            product += (double)f[i] * x[i];
            ff += (double)f[i] * f[i];
            xx += (double)x[i] * x[i];
        }
        const double far = fmin(fmax(r.slope * difference / c, 0), 1);
        const double cosine = product / (fmax(sqrt(ff), 1e-8) * fmax(sqrt(xx), 1e-8));
        const double s = r.level * (1 - rint(far)) + r.angle * cosine;
        for (int i = 0; i < c; i++) out[i] = (float)(s * x[i] + (1 - s) * f[i]);
    }
}

void ck_position_reference(const float *x, const float *mean, const float *whitening, int positions, int d,
                           float *distances, float *whitened) {
    for (int p = 0; p < positions; p++) {
        const float *w = whitening + (size_t)p * d * (d + 1) / 2;
        double squares = 0;
        for (int i = 0; i < d; i++) {
            double y = 0;
            for (int j = 0; j <= i; j++)
                y += (double)w[i * (i + 1) / 2 + j] * ((double)x[p * d + j] - mean[p * d + j]);
            if (whitened) whitened[p * d + i] = (float)y;
            squares += y * y;
        }
        distances[p] = (float)sqrt(squares);
    }
}

void ck_rounded_distances_reference(const float *x, const float *mean, const int8_t *values, const uint16_t *scales,
                                    int positions, int d, float *distances) {
    for (int p = 0; p < positions; p++) {
        double total = 0;
        for (int i = 0; i < d; i++) {
            double y = 0;
            for (int j = 0; j <= i; j++) {
                const uint32_t bits = (uint32_t)scales[j / ck_rounded_group] << 16;
                float scale;
                memcpy(&scale, &bits, sizeof scale);
                y += (double)scale * values[j] * (x[p * d + j] - mean[p * d + j]);
            }
            total += y * y;
            values += i + 1;
            scales += i / ck_rounded_group + 1;
        }
        distances[p] = (float)sqrt(total);
    }
}

void ck_position_grams_reference(const float *x, int count, int positions, int d, double *out) {
    for (int p = 0; p < positions; p++)
        for (int i = 0; i < count; i++)
            for (int j = 0; j < count; j++) {
                double sum = 0;
                for (int c = 0; c < d; c++)
                    sum += (double)x[(i * positions + p) * d + c] * x[(j * positions + p) * d + c];
                out[(p * count + i) * count + j] = sum;
            }
}

static int inside(int i, int n) { return i < 0 ? 0 : i < n ? i : n - 1; }

void ck_window_means_reference(const float *x, int rows, int columns, int d, int channels, float *out) {
    const int wide = (columns + 1) / 2;
    for (int r = 0; r < (rows + 1) / 2; r++)
        for (int c = 0; c < wide; c++)
            for (int i = 0; i < channels; i++) {
                double sum = 0;
                for (int y = -1; y <= 2; y++)
                    for (int z = -1; z <= 2; z++)
                        sum += x[(inside(2 * r + y, rows) * columns + inside(2 * c + z, columns)) * d + i];
                out[(r * wide + c) * channels + i] = (float)(sum / 16);
            }
}

void ck_block_means_reference(const float *x, int rows, int columns, int d, float *out) {
    const int wide = (columns + 1) / 2;
    for (int b = 0; b < (rows + 1) / 2 * wide; b++)
        for (int i = 0; i < d; i++) {
            double sum = 0;
            int count = 0;
            for (int p = 0; p < rows * columns; p++)
                if (p / columns / 2 == b / wide && p % columns / 2 == b % wide) {
                    sum += x[p * d + i];
                    count++;
                }
            out[b * d + i] = (float)(sum / count);
        }
}

void ck_mean_of_alike_reference(const float *values, const float *x, int rows, int columns, int d, float reach,
                                int radius, float *out) {
    for (int p = 0; p < rows * columns; p++) {
        double sum = 0, weights = 0;
        for (int q = 0; q < rows * columns; q++) {
            const int dy = q / columns - p / columns, dx = q % columns - p % columns;
            if (abs(dy) > radius || abs(dx) > radius) continue;
            double squares = 0;
            for (int i = 0; i < d; i++) squares += pow((double)x[p * d + i] - x[q * d + i], 2);
            const double weight = exp(-squares / d - (dy * dy + dx * dx) / (2.0 * reach * reach));
            sum += weight * values[q];
            weights += weight;
        }
        out[p] = (float)(sum / weights);
    }
}

void ck_local_maximum_reference(const float *in, int h, int w, int radius, float *out) {
    for (int p = 0; p < h * w; p++) {
        out[p] = in[p];
        for (int q = 0; q < h * w; q++)
            if (abs(q / w - p / w) <= radius && abs(q % w - p % w) <= radius && in[q] > out[p]) out[p] = in[q];
    }
}
