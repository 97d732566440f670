#include "ck_maps.h"
#include "ck_dispatch.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/// `width`: values that are added side by side, a part of a group.
enum { group = ck_rounded_group, width = 16, largest = 127 };

static inline float scale_of(uint16_t half) {
    const uint32_t bits = (uint32_t)half << 16;
    float scale;
    memcpy(&scale, &bits, sizeof scale);
    return scale;
}

/// The smallest scale with which values up to `top` are not beyond the largest integer.
static inline uint16_t scale_for(float top) {
    const float scale = top > 0 ? top / largest : 1;
    uint32_t bits;
    memcpy(&bits, &scale, sizeof bits);
    return (uint16_t)((bits + 0xffff) >> 16);
}

int ck_rounded_groups(int d) {
    int groups = 0;
    for (int length = 1; length <= d; length++) groups += (length + group - 1) / group;
    return groups;
}

CK_CLONES static void subtract(float *restrict row, const float *restrict other, int count, float share) {
    for (int k = 0; k < count; k++) row[k] -= share * other[k];
}

void ck_round_triangles(const float *whitening, int positions, int d, int8_t *values, uint16_t *scales, float *row) {
    for (int p = 0; p < positions; p++) {
        const float *triangle = whitening + (size_t)p * (size_t)d * ((size_t)d + 1) / 2, *original = triangle;
        for (int i = 0; i < d; i++) {
            const int groups = i / group + 1;
            memcpy(row, original, (size_t)(i + 1) * sizeof(float));
            for (int j = i; j >= 0; j--) {
                if (j == i || j % group == group - 1) {
                    float top = 0;
                    for (int k = j / group * group; k <= j; k++) top = fabsf(row[k]) > top ? fabsf(row[k]) : top;
                    scales[j / group] = scale_for(top);
                }
                const float scale = scale_of(scales[j / group]);
                float steps = rintf(row[j] / scale);
                steps = steps > largest ? largest : steps < -largest ? -largest : steps;
                values[j] = (int8_t)steps;
                const float *regression = triangle + (size_t)j * ((size_t)j + 1) / 2;
                subtract(row, regression, j, (row[j] - steps * scale) / regression[j]);
            }
            original += i + 1;
            values += i + 1;
            scales += groups;
        }
    }
}

CK_CLONES void ck_rounded_distances(const float *x, const float *mean, const int8_t *values, const uint16_t *scales,
                                    int positions, int d, float *out) {
    float *difference = calloc((size_t)d + width, sizeof(float));
    for (int p = 0; p < positions; p++, x += d, mean += d) {
        for (int i = 0; difference && i < d; i++) difference[i] = x[i] - mean[i];
        float total = 0;
        for (int i = 0; difference && i < d; i++) {
            float lanes[width] = {0};
            int j = 0;
            for (; j + width <= i + 1; j += width) {
                const float scale = scale_of(scales[j / group]);
                for (int l = 0; l < width; l++) lanes[l] += (float)values[j + l] * difference[j + l] * scale;
            }
            if (j <= i) {
                // Behind the row's end the next row begins.
                const float scale = scale_of(scales[j / group]);
                for (int l = 0; l < width; l++)
                    lanes[l] += (float)(j + l <= i ? values[j + l] : 0) * difference[j + l] * scale;
            }
            float y = 0;
            for (int l = 0; l < width; l++) y += lanes[l];
            total += y * y;
            values += i + 1;
            scales += i / group + 1;
        }
        out[p] = difference ? sqrtf(total) : NAN;
    }
    free(difference);
}

void ck_rounded_triangles(const int8_t *values, const uint16_t *scales, int positions, int d, float *out) {
    for (int p = 0; p < positions; p++)
        for (int i = 0; i < d; i++) {
            for (int j = 0; j <= i; j++) *out++ = (float)*values++ * scale_of(scales[j / group]);
            scales += i / group + 1;
        }
}
