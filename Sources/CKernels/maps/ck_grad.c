#include "ck_grad.h"
#include "ck_dispatch.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define EPSILON 1e-8f

/// ‖f − x‖², f · x, ‖f‖², ‖x‖² of one position.
typedef struct {
    float difference, product, f, x;
} sums;

#define LANES 16
CK_CLONES static sums position_sums(const float *x, const float *f, int c) {
    float d[LANES] = {0}, p[LANES] = {0}, ff[LANES] = {0}, xx[LANES] = {0};
    int i = 0;
    for (; i + LANES <= c; i += LANES)
        for (int l = 0; l < LANES; l++) {
            const float a = x[i + l], b = f[i + l];
            d[l] += (b - a) * (b - a);
            p[l] += a * b;
            ff[l] += b * b;
            xx[l] += a * a;
        }
    sums s = {0, 0, 0, 0};
    for (int l = 0; l < LANES; l++) s.difference += d[l], s.product += p[l], s.f += ff[l], s.x += xx[l];
    for (; i < c; i++) {
        s.difference += (f[i] - x[i]) * (f[i] - x[i]);
        s.product += x[i] * f[i];
        s.f += f[i] * f[i];
        s.x += x[i] * x[i];
    }
    return s;
}

/// s, the share of x in x̂.
static float share(sums p, int c, ck_refinement r, float *cosine) {
    const float norm_f = fmaxf(sqrtf(p.f), EPSILON), norm_x = fmaxf(sqrtf(p.x), EPSILON);
    *cosine = p.product / (norm_f * norm_x);
    const float far = fminf(fmaxf(r.slope * p.difference / (float)c, 0), 1);
    return r.level * (1 - rintf(far)) + r.angle * *cosine;
}

CK_CLONES static void combine(const float *x, const float *f, int c, float of_x, float of_f, float *out) {
    for (int i = 0; i < c; i++) out[i] = of_x * x[i] + of_f * f[i];
}

void ck_refined_differences(const float *x, const float *f, size_t positions, int c, ck_refinement r, float *differences,
                            float *distances) {
    for (size_t i = 0; i < positions; i++, x += c, f += c, differences += c) {
        const sums p = position_sums(x, f, c);
        float cosine;
        const float rest = 1 - share(p, c, r, &cosine);
        combine(x, f, c, -rest, rest, differences);
        distances[i] = fabsf(rest) * sqrtf(p.difference);
    }
}

CK_CLONES static void add_scaled(const float *in, float scale, int c, float *sum) {
    for (int i = 0; i < c; i++) sum[i] += scale * in[i];
}

CK_CLONES static float squares(const float *in, int c) {
    float s[LANES] = {0}, sum = 0;
    int i = 0;
    for (; i + LANES <= c; i += LANES)
        for (int l = 0; l < LANES; l++) s[l] += in[i + l] * in[i + l];
    for (int l = 0; l < LANES; l++) sum += s[l];
    for (; i < c; i++) sum += in[i] * in[i];
    return sum;
}

// Cells of 0 ..< n within `reach` of i.
static int within(int i, int n, int reach) {
    const int first = i - reach > 0 ? i - reach : 0, last = i + reach < n - 1 ? i + reach : n - 1;
    return last - first + 1;
}

void ck_wide_lengths(const float *in, const float *weights, int h, int w, int c, int reach_y, int reach_x, float *scratch,
                     float *out) {
    // Sums that slide along the rows, then sums of those that slide down the columns.
    const size_t row = (size_t)w * c;
    float *columns = scratch + (size_t)h * row;
    for (int y = 0; y < h; y++) {
        const float *from = in + (size_t)y * row, *weight = weights + (size_t)y * w;
        float *sum = columns, *to = scratch + (size_t)y * row;
        memset(sum, 0, (size_t)c * sizeof(float));
        for (int x = 0; x < reach_x && x < w; x++) add_scaled(from + (size_t)x * c, weight[x], c, sum);
        for (int x = 0; x < w; x++, to += c) {
            const int enters = x + reach_x, leaves = x - reach_x - 1;
            if (enters < w) add_scaled(from + (size_t)enters * c, weight[enters], c, sum);
            if (leaves >= 0) add_scaled(from + (size_t)leaves * c, -weight[leaves], c, sum);
            memcpy(to, sum, (size_t)c * sizeof(float));
        }
    }
    memset(columns, 0, row * sizeof(float));
    for (int y = 0; y < reach_y && y < h; y++) add_scaled(scratch + (size_t)y * row, 1, (int)row, columns);
    for (int y = 0; y < h; y++) {
        const int enters = y + reach_y, leaves = y - reach_y - 1;
        if (enters < h) add_scaled(scratch + (size_t)enters * row, 1, (int)row, columns);
        if (leaves >= 0) add_scaled(scratch + (size_t)leaves * row, -1, (int)row, columns);
        const int rows = within(y, h, reach_y);
        for (int x = 0; x < w; x++)
            out[(size_t)y * w + x] = sqrtf(squares(columns + (size_t)x * c, c)) / (float)(rows * within(x, w, reach_x));
    }
}

double ck_refined_squares(const float *x, const float *f, size_t positions, int c, ck_refinement r, float scale,
                          float *gradient) {
    double total = 0;
    for (size_t i = 0; i < positions; i++, x += c, f += c) {
        const sums p = position_sums(x, f, c);
        float cosine;
        const float rest = 1 - share(p, c, r, &cosine);
        total += (double)rest * rest * p.difference;
        if (!gradient) continue;
        // ∂/∂f of (1−s)²‖f−x‖² = 2(1−s)²(f−x) − 2(1−s)‖f−x‖² · angle · (x / (‖f‖‖x‖) − cosine · f / ‖f‖²)
        const float norm_f = fmaxf(sqrtf(p.f), EPSILON), norm_x = fmaxf(sqrtf(p.x), EPSILON);
        const float pull = 2 * rest * rest * scale, turn = 2 * rest * p.difference * r.angle * scale;
        // Below epsilon the norm is held, so it has no gradient.
        const float shrink = sqrtf(p.f) > EPSILON ? cosine / (norm_f * norm_f) : 0;
        combine(x, f, c, -pull - turn / (norm_f * norm_x), pull + turn * shrink, gradient + i * (size_t)c);
    }
    return total;
}

void ck_box_mean(const float *in, int h, int w, int side, int before, float *out) {
    // Running sums in double precision: a value leaves the window exactly as it entered.
    double *columns = calloc((size_t)w, sizeof(double));
    if (!columns) {
        for (ptrdiff_t i = 0; i < (ptrdiff_t)h * w; i++) out[i] = NAN;
        return;
    }
    const double scale = 1.0 / ((double)side * side);
    for (int row = 0; row < side - before - 1 && row < h; row++)
        for (int x = 0; x < w; x++) columns[x] += in[(ptrdiff_t)row * w + x];
    for (int y = 0; y < h; y++) {
        const int enters = y - before + side - 1, leaves = y - before - 1;
        if (enters < h)
            for (int x = 0; x < w; x++) columns[x] += in[(ptrdiff_t)enters * w + x];
        if (leaves >= 0)
            for (int x = 0; x < w; x++) columns[x] -= in[(ptrdiff_t)leaves * w + x];
        double sum = 0;
        for (int x = 0; x < side - before - 1 && x < w; x++) sum += columns[x];
        for (int x = 0; x < w; x++) {
            if (x - before + side - 1 < w) sum += columns[x - before + side - 1];
            if (x - before - 1 >= 0) sum -= columns[x - before - 1];
            out[(ptrdiff_t)y * w + x] = (float)(sum * scale);
        }
    }
    free(columns);
}
