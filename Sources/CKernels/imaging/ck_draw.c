#include "ck_draw.h"

#include <math.h>
#include <string.h>

#include "ck_dispatch.h"

static inline float clamp(float value, float low, float high) {
    return value < low ? low : value > high ? high : value;
}

static inline int clamp_int(float value, int low, int high) {
    return value <= (float)low ? low : value >= (float)high ? high : (int)value;
}

static inline void keep_larger(uint8_t *coverage, float value) {
    uint8_t rounded = (uint8_t)(value * 255 + 0.5f);
    *coverage = rounded > *coverage ? rounded : *coverage;
}

void ck_fill(uint8_t *rgb, size_t pixels, const uint8_t colour[3]) {
    enum { block = 64 };
    if (pixels < block) {
        for (size_t i = 0; i < pixels; i++) memcpy(rgb + 3 * i, colour, 3);
        return;
    }
    uint8_t pattern[3 * block];
    for (size_t i = 0; i < block; i++) memcpy(pattern + 3 * i, colour, 3);
    for (; pixels > block; pixels -= block, rgb += sizeof pattern) memcpy(rgb, pattern, sizeof pattern);
    memcpy(rgb, pattern, 3 * pixels);
}

CK_CLONES void ck_draw_segment(ck_mask mask, float x0, float y0, float x1, float y1, float half_width) {
    float dx = x1 - x0, dy = y1 - y0, length_squared = dx * dx + dy * dy;
    float reach = half_width + 1, full = clamp(2 * half_width, 0, 1);
    float along = length_squared > 0 ? 1 / length_squared : 0;
    int top = clamp_int(fminf(y0, y1) - reach - (float)mask.y, 0, mask.height);
    int bottom = clamp_int(fmaxf(y0, y1) + reach + 1 - (float)mask.y, 0, mask.height);
    for (int j = top; j < bottom; j++) {
        float y = (float)(mask.y + j) + 0.5f;
        // The stretch of the segment that can reach this row.
        float from = 0, to = 1;
        if (fabsf(dy) > 1e-6f) {
            float a = (y - reach - y0) / dy, b = (y + reach - y0) / dy;
            from = clamp(fminf(a, b), 0, 1);
            to = clamp(fmaxf(a, b), 0, 1);
        }
        float xa = x0 + from * dx, xb = x0 + to * dx;
        int left = clamp_int(fminf(xa, xb) - reach - (float)mask.x, 0, mask.width);
        int right = clamp_int(fmaxf(xa, xb) + reach + 1 - (float)mask.x, 0, mask.width);
        uint8_t *row = mask.coverage + (size_t)j * (size_t)mask.width;
        // Most strokes are a few pixels wide, so the rest of a vector is worth more than many of them.
#pragma clang loop vectorize(enable) vectorize_width(8) interleave_count(1) vectorize_predicate(enable)
        for (int i = left; i < right; i++) {
            float px = (float)(mask.x + i) + 0.5f - x0, py = y - y0;
            float t = clamp((px * dx + py * dy) * along, 0, 1);
            float ex = px - t * dx, ey = py - t * dy;
            float inside = clamp(half_width + 0.5f - sqrtf(ex * ex + ey * ey), 0, 1);
            keep_larger(row + i, inside * full);
        }
    }
}

void ck_draw_ring(ck_mask mask, float x, float y, float inner, float outer) {
    for (int j = 0; j < mask.height; j++) {
        uint8_t *row = mask.coverage + (size_t)j * (size_t)mask.width;
        float dy = (float)(mask.y + j) + 0.5f - y;
        for (int i = 0; i < mask.width; i++) {
            float dx = (float)(mask.x + i) + 0.5f - x, distance = sqrtf(dx * dx + dy * dy);
            float inside = clamp(outer + 0.5f - distance, 0, 1);
            if (inner > 0) inside = fminf(inside, clamp(distance - inner + 0.5f, 0, 1));
            keep_larger(row + i, inside);
        }
    }
}

static void add_span(float *row, int width, float from, float to, float weight) {
    from = clamp(from, 0, (float)width);
    to = clamp(to, 0, (float)width);
    if (to <= from) return;
    int first = (int)from, last = (int)to;
    if (first == last) {
        row[first] += (to - from) * weight;
        return;
    }
    row[first] += ((float)(first + 1) - from) * weight;
    for (int i = first + 1; i < last; i++) row[i] += weight;
    if (last < width) row[last] += (to - (float)last) * weight;
}

void ck_draw_polygon(ck_mask mask, const float *corners, int points, float *crossings, float *row) {
    enum { samples = 5 };  // lines per row; across the row, coverage is exact
    for (int j = 0; j < mask.height; j++) {
        memset(row, 0, sizeof *row * (size_t)mask.width);
        for (int s = 0; s < samples; s++) {
            float y = (float)(mask.y + j) + ((float)s + 0.5f) / samples;
            int count = 0;
            for (int p = 0, q = points - 1; p < points; q = p++) {
                float xa = corners[2 * q], ya = corners[2 * q + 1], xb = corners[2 * p], yb = corners[2 * p + 1];
                if ((ya <= y) == (yb <= y)) continue;
                float x = xa + (y - ya) / (yb - ya) * (xb - xa) - (float)mask.x;
                int k = count++;
                for (; k > 0 && crossings[k - 1] > x; k--) crossings[k] = crossings[k - 1];
                crossings[k] = x;
            }
            for (int k = 0; k + 1 < count; k += 2)
                add_span(row, mask.width, crossings[k], crossings[k + 1], 1.0f / samples);
        }
        uint8_t *coverage = mask.coverage + (size_t)j * (size_t)mask.width;
        for (int i = 0; i < mask.width; i++) keep_larger(coverage + i, fminf(row[i], 1));
    }
}

static inline uint8_t mixed(unsigned below, unsigned above, unsigned share) {
    return (uint8_t)((below * (255 - share) + above * share + 127) / 255);
}

void ck_blend_mask(uint8_t *rgb, int width, int height, ck_mask mask, const uint8_t colour[3], float opacity) {
    int left = mask.x < 0 ? -mask.x : 0, top = mask.y < 0 ? -mask.y : 0;
    int right = mask.x + mask.width > width ? width - mask.x : mask.width;
    int bottom = mask.y + mask.height > height ? height - mask.y : mask.height;
    for (int j = top; j < bottom; j++) {
        const uint8_t *coverage = mask.coverage + (size_t)j * (size_t)mask.width;
        uint8_t *row = rgb + ((size_t)(mask.y + j) * (size_t)width + (size_t)mask.x) * 3;
        for (int i = left; i < right; i++) {
            if (coverage[i] == 0) continue;
            unsigned share = (unsigned)((float)coverage[i] * opacity + 0.5f);
            for (int c = 0; c < 3; c++) row[3 * i + c] = mixed(row[3 * i + c], colour[c], share);
        }
    }
}

CK_CLONES void ck_blend_picture(
    uint8_t *rgb, int width, int height, const uint8_t *source, int source_width, int source_height, int x, int y,
    float opacity) {
    int left = x < 0 ? -x : 0, top = y < 0 ? -y : 0;
    int right = x + source_width > width ? width - x : source_width;
    int bottom = y + source_height > height ? height - y : source_height;
    if (right <= left) return;
    unsigned share = (unsigned)(opacity * 255 + 0.5f);
    for (int j = top; j < bottom; j++) {
        uint8_t *to = rgb + ((size_t)(y + j) * (size_t)width + (size_t)(x + left)) * 3;
        const uint8_t *from = source + ((size_t)j * (size_t)source_width + (size_t)left) * 3;
        size_t count = (size_t)(right - left) * 3;
        if (share == 255)
            memcpy(to, from, count);
        else
            for (size_t i = 0; i < count; i++) to[i] = mixed(to[i], from[i], share);
    }
}
