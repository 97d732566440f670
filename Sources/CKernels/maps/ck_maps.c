#include "ck_maps.h"
#include "ck_dispatch.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

CK_CLONES void ck_residual_map(const float *a, const float *b, size_t pixels, int channels, float scale, int squared,
                               float *out) {
    for (size_t p = 0; p < pixels; p++) {
        float sum = 0;
        for (int c = 0; c < channels; c++) {
            const float d = a[p * (size_t)channels + c] - (b ? b[p * (size_t)channels + c] : 0);
            sum += squared ? d * d : fabsf(d);
        }
        out[p] = scale * sum;
    }
}

CK_CLONES void ck_row_norms(const float *rows, size_t count, int columns, float *out) {
    for (size_t r = 0; r < count; r++, rows += columns) {
        float lanes[16] = {0};
        int c = 0;
        for (; c + 16 <= columns; c += 16)
            for (int j = 0; j < 16; j++) lanes[j] += rows[c + j] * rows[c + j];
        float sum = 0;
        for (; c < columns; c++) sum += rows[c] * rows[c];
        for (int j = 0; j < 16; j++) sum += lanes[j];
        out[r] = sqrtf(sum);
    }
}

/// Lower neighbour, upper neighbour and the upper one's weight for pixel i.
static void neighbours(int i, ck_axis axis, int *lower, int *upper, float *weight) {
    const double at = ((double)i - axis.first) / axis.step, last = axis.count - 1;
    const double x = at < 0 ? 0 : at > last ? last : at;
    *lower = (int)x;
    *upper = *lower + 1 < axis.count ? *lower + 1 : axis.count - 1;
    *weight = (float)(x - *lower);
}

CK_CLONES void ck_spread_add(const float *in, ck_axis axis_y, ck_axis axis_x, int oh, int ow, float *out) {
    // Rows are stretched once each and kept while output rows between them are mixed.
    float *rows = malloc((size_t)ow * 2 * sizeof(float)), *weights = malloc((size_t)ow * sizeof(float));
    int *columns = malloc((size_t)ow * 2 * sizeof(int));
    if (rows && weights && columns) {
        for (int x = 0; x < ow; x++) neighbours(x, axis_x, &columns[2 * x], &columns[2 * x + 1], &weights[x]);
        int held[2] = {-1, -1};
        for (int y = 0; y < oh; y++) {
            int wanted[2];
            float fy;
            neighbours(y, axis_y, &wanted[0], &wanted[1], &fy);
            for (int k = 0; k < 2; k++) {
                if (held[k] == wanted[k]) continue;
                float *row = rows + (ptrdiff_t)k * ow;
                if (k == 0 && held[1] == wanted[0]) memcpy(row, rows + ow, (size_t)ow * sizeof(float));
                else {
                    const float *source = in + (ptrdiff_t)wanted[k] * axis_x.count;
                    for (int x = 0; x < ow; x++) {
                        const float a = source[columns[2 * x]], b = source[columns[2 * x + 1]];
                        row[x] = a + (b - a) * weights[x];
                    }
                }
                held[k] = wanted[k];
            }
            float *o = out + (ptrdiff_t)y * ow;
            for (int x = 0; x < ow; x++) o[x] += rows[x] + (rows[ow + x] - rows[x]) * fy;
        }
    }
    free(rows);
    free(weights);
    free(columns);
}

void ck_upsample_add(const float *in, int h, int w, int oh, int ow, float *out) {
    ck_upsample_rows_add(in, h, w, oh, ow, 0, oh, out);
}

void ck_upsample_rows_add(const float *in, int h, int w, int oh, int ow, int first, int rows, float *out) {
    const double dy = (double)oh / h, dx = (double)ow / w;
    ck_spread_add(in, (ck_axis){h, (dy - 1) / 2 - first, dy}, (ck_axis){w, (dx - 1) / 2, dx}, rows, ow, out);
}

static int reflect(int i, int n) {
    while (i < 0 || i >= n) i = i < 0 ? -1 - i : 2 * n - 1 - i;
    return i;
}

CK_CLONES void ck_smooth(const float *in, int h, int w, const float *taps, int radius, float *scratch, float *out) {
    // Vertical first: whole rows are added, so both the reading and the writing are contiguous.
    for (int y = 0; y < h; y++) {
        float *s = scratch + (ptrdiff_t)y * w;
        for (int x = 0; x < w; x++) s[x] = 0;
        for (int k = -radius; k <= radius; k++) {
            const float *row = in + (ptrdiff_t)reflect(y + k, h) * w, tap = taps[k + radius];
            for (int x = 0; x < w; x++) s[x] += row[x] * tap;
        }
    }
    for (int y = 0; y < h; y++) {
        const float *s = scratch + (ptrdiff_t)y * w;
        float *o = out + (ptrdiff_t)y * w;
        for (int x = 0; x < w; x++) o[x] = 0;
        // Columns whose whole window is inside take the fast way; the others reflect it.
        const int first = radius < w ? radius : w, last = w - radius > first ? w - radius : first;
        for (int k = -radius; k <= radius; k++) {
            const float tap = taps[k + radius];
            for (int x = 0; x < first; x++) o[x] += s[reflect(x + k, w)] * tap;
            for (int x = first; x < last; x++) o[x] += s[x + k] * tap;
            for (int x = last; x < w; x++) o[x] += s[reflect(x + k, w)] * tap;
        }
    }
}

/// Running maximum of n values over 2·radius + 1 (van Herk, 1992): blocks of that length, their maxima from the left
/// and from the right. `padded` and `right` hold n + 2·radius values and up to a block more.
static void running_maximum(const float *in, ptrdiff_t stride, int n, int radius, float *padded, float *right,
                            float *out) {
    const int block = 2 * radius + 1, length = (n + 2 * radius + block - 1) / block * block;
    for (int i = 0; i < length; i++) {
        const int at = i - radius;
        padded[i] = at >= 0 && at < n ? in[at * stride] : -INFINITY;
    }
    for (int i = length - 1; i >= 0; i--)
        right[i] = i % block == block - 1 || padded[i] > right[i + 1] ? padded[i] : right[i + 1];
    for (int i = 1; i < length; i++)
        if (i % block && padded[i - 1] > padded[i]) padded[i] = padded[i - 1];
    for (int i = 0; i < n; i++) {
        const float a = right[i], b = padded[i + 2 * radius];
        out[i * stride] = a > b ? a : b;
    }
}

int ck_local_maximum(const float *in, int h, int w, int radius, float *out) {
    const size_t longest = (size_t)(h > w ? h : w) + 4 * (size_t)radius + 1;
    float *scratch = malloc(2 * longest * sizeof(float));
    if (!scratch) return -1;
    for (int y = 0; y < h; y++)
        running_maximum(in + (ptrdiff_t)y * w, 1, w, radius, scratch, scratch + longest, out + (ptrdiff_t)y * w);
    for (int x = 0; x < w; x++) running_maximum(out + x, w, h, radius, scratch, scratch + longest, out + x);
    free(scratch);
    return 0;
}

static int32_t root_of(int32_t *parents, int32_t label) {
    while (parents[label] != label) {
        parents[label] = parents[parents[label]];
        label = parents[label];
    }
    return label;
}

/// Labels pixels above the threshold, 0 elsewhere; pixels of one region may have several labels, whose roots are the
/// same. The next free label.
static int32_t label_pixels(const float *values, int h, int w, float threshold, int32_t *labels, int32_t *parents) {
    int32_t next = 1;
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const ptrdiff_t at = (ptrdiff_t)y * w + x;
            labels[at] = 0;
            if (!(values[at] > threshold)) continue;
            int32_t label = 0;
            const int dx[4] = {-1, -1, 0, 1}, dy[4] = {0, -1, -1, -1};
            for (int k = 0; k < 4; k++) {
                const int nx = x + dx[k], ny = y + dy[k];
                if (nx < 0 || nx >= w || ny < 0) continue;
                const int32_t other = labels[(ptrdiff_t)ny * w + nx];
                if (!other) continue;
                const int32_t root = root_of(parents, other);
                if (!label) label = root;
                else if (root < label) parents[label] = root, label = root;
                else if (root > label) parents[root] = label;
            }
            if (!label) {
                label = next++;
                parents[label] = label;
            }
            labels[at] = label;
        }
    return next;
}

/// Adds a pixel to its region.
static void add_pixel(ck_region *r, int x, int y, float value) {
    if (x < r->left) r->left = x;
    if (x > r->right) r->right = x;
    if (y < r->top) r->top = y;
    if (y > r->bottom) r->bottom = y;
    r->area++;
    r->sum_x += x;
    r->sum_y += y;
    r->sum += value;
    if (value > r->peak) r->peak = value;
}

int ck_regions(const float *values, int h, int w, float threshold, int32_t *labels, ck_region *regions, int capacity) {
    // Two passes with union-find; a new label needs a pixel without labelled neighbours: at most every second in both
    // axes.
    int32_t *parents = malloc(((size_t)((h + 1) / 2) * (size_t)((w + 1) / 2) + 2) * sizeof(int32_t));
    if (!parents) return -1;
    const int32_t next = label_pixels(values, h, w, threshold, labels, parents);
    // Roots are the smallest label of their region, so numbering them in order follows each region's first pixel.
    int count = 0;
    int32_t *numbers = malloc((size_t)next * sizeof(int32_t));
    if (!numbers) {
        free(parents);
        return -1;
    }
    for (int32_t label = 1; label < next; label++) {
        const int32_t root = root_of(parents, label);
        numbers[label] = root == label ? ++count : numbers[root];
    }
    for (int i = 0; i < count && i < capacity; i++) regions[i] = (ck_region){w, h, -1, -1, 0, 0, 0, 0, -INFINITY};
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            const ptrdiff_t at = (ptrdiff_t)y * w + x;
            if (!labels[at]) continue;
            const int number = labels[at] = numbers[labels[at]];
            if (number <= capacity) add_pixel(&regions[number - 1], x, y, values[at]);
        }
    free(numbers);
    free(parents);
    return count;
}
