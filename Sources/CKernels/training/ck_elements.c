#include "ck_elements.h"
#include "ck_dispatch.h"

CK_CLONES void ck_add(const float *a, const float *b, size_t count, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = a[i] + b[i];
}

CK_CLONES void ck_subtract(const float *a, const float *b, size_t count, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = a[i] - b[i];
}

CK_CLONES void ck_multiply(const float *a, const float *b, size_t count, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = a[i] * b[i];
}

CK_CLONES void ck_affine(const float *in, float scale, float shift, size_t count, float *out) {
    for (size_t i = 0; i < count; i++) out[i] = in[i] * scale + shift;
}

// Sums run in LANES independent float lanes over BLOCK numbers, then in double precision over blocks: vectorised, and
// the error stays that of short sums.
enum { LANES = 32, BLOCK = 4096 };

CK_CLONES double ck_sum(const float *in, size_t count) {
    double total = 0;
    for (size_t first = 0; first < count; first += BLOCK) {
        const size_t length = count - first < BLOCK ? count - first : BLOCK, whole = length / LANES * LANES;
        float lanes[LANES] = {0};
        for (size_t i = 0; i < whole; i += LANES)
            for (int j = 0; j < LANES; j++) lanes[j] += in[first + i + j];
        for (size_t i = whole; i < length; i++) lanes[i - whole] += in[first + i];
        for (int j = 0; j < LANES; j++) total += lanes[j];
    }
    return total;
}

CK_CLONES double ck_dot(const float *a, const float *b, size_t count) {
    double total = 0;
    for (size_t first = 0; first < count; first += BLOCK) {
        const size_t length = count - first < BLOCK ? count - first : BLOCK, whole = length / LANES * LANES;
        float lanes[LANES] = {0};
        for (size_t i = 0; i < whole; i += LANES)
            for (int j = 0; j < LANES; j++) lanes[j] += a[first + i + j] * b[first + i + j];
        for (size_t i = whole; i < length; i++) lanes[i - whole] += a[first + i] * b[first + i];
        for (int j = 0; j < LANES; j++) total += lanes[j];
    }
    return total;
}

CK_CLONES void ck_broadcast_add(const float *x, const float *s, size_t outer, size_t middle, size_t inner, float *out) {
    for (size_t o = 0; o < outer; o++, s += inner) {
        if (inner == 1) {
            for (size_t m = 0; m < middle; m++) out[m] = (x ? x[m] : 0) + *s;
            if (x) x += middle;
            out += middle;
            continue;
        }
        for (size_t m = 0; m < middle; m++, out += inner) {
            for (size_t i = 0; i < inner; i++) out[i] = (x ? x[i] : 0) + s[i];
            if (x) x += inner;
        }
    }
}

CK_CLONES void ck_broadcast_multiply(const float *x, const float *s, size_t outer, size_t middle, size_t inner, float *out) {
    for (size_t o = 0; o < outer; o++, s += inner) {
        if (inner == 1) {
            for (size_t m = 0; m < middle; m++) out[m] = x[m] * *s;
            x += middle;
            out += middle;
            continue;
        }
        for (size_t m = 0; m < middle; m++, x += inner, out += inner)
            for (size_t i = 0; i < inner; i++) out[i] = x[i] * s[i];
    }
}

/// Adds rows × width numbers, `stride` apart, into `sums`: the products with b where there is one.
CK_CLONES static void add_columns(const float *a, const float *b, size_t rows, size_t stride, int width, double *sums) {
    for (size_t first = 0; first < rows; first += 64) {
        const size_t last = rows - first < 64 ? rows : first + 64;
        float lanes[64] = {0};
        for (size_t r = first; r < last; r++, a += stride) {
            if (b) {
                for (int j = 0; j < width; j++) lanes[j] += a[j] * b[j];
                b += stride;
            } else
                for (int j = 0; j < width; j++) lanes[j] += a[j];
        }
        for (int j = 0; j < width; j++) sums[j] += lanes[j];
    }
}

void ck_contract(const float *a, const float *b, size_t outer, size_t middle, size_t inner, size_t begin, size_t end,
                 float scale, float *out) {
    for (size_t o = 0; o < outer; o++, out += inner) {
        const float *ao = a + o * middle * inner, *bo = b ? b + o * middle * inner : NULL;
        if (inner == 1) {
            *out = (float)(b ? ck_dot(ao, bo, middle) : ck_sum(ao, middle)) * scale;
            continue;
        }
        for (size_t first = begin; first < end; first += 64) {
            const int width = end - first < 64 ? (int)(end - first) : 64;
            double sums[64] = {0};
            add_columns(ao + first, bo ? bo + first : NULL, middle, inner, width, sums);
            for (int j = 0; j < width; j++) out[first + j] = (float)sums[j] * scale;
        }
    }
}
