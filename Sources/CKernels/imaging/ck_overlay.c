#include "ck_overlay.h"

#include <stdbool.h>
#include <string.h>

#include "ck_dispatch.h"
#include "ck_maps.h"

static inline float share_of(float value, float scale) {
    float share = value * scale;
    share = share > 0 ? share : 0;  // also for what is not a number
    return share < 1 ? share : 1;
}

static inline uint8_t entry_of(float value, float scale) { return (uint8_t)(share_of(value, scale) * 255 + 0.5f); }

/// The first entry that covers anything, or 256.
static unsigned coldest(const uint8_t table[256 * 4]) {
    unsigned entry = 0;
    while (entry < 256 && table[4 * entry + 3] == 0) entry++;
    return entry;
}

CK_CLONES void ck_heat_blend(
    uint8_t *restrict rgb, const float *restrict values, size_t pixels, float scale, const uint8_t table[256 * 4]) {
    enum { block = 64 };
    // Of each entry, for red, green and blue: the heat's own part with half a step for rounding, and what stays of the
    // pixel. The fourth number is written over by the next pixel's.
    uint16_t heat[256][4], rest[256][4];
    for (int i = 0; i < 256; i++) {
        for (int c = 0; c < 3; c++) {
            heat[i][c] = (uint16_t)(table[4 * i + c] * table[4 * i + 3] + 128);
            rest[i][c] = (uint16_t)(255 - table[4 * i + 3]);
        }
        heat[i][3] = rest[i][3] = 0;
    }
    const unsigned first = coldest(table);  // most of a frame is colder
    uint8_t entries[block];
    uint16_t warmth[3 * block + 1], left[3 * block + 1];
    while (pixels > 0) {
        size_t count = pixels < block ? pixels : block;
        uint8_t hottest = 0;
        for (size_t i = 0; i < count; i++) {
            entries[i] = entry_of(values[i], scale);
            hottest = entries[i] > hottest ? entries[i] : hottest;
        }
        if (hottest >= first) {
            // One by one: the compiler would gather and scatter, which takes twice the time.
#pragma clang loop vectorize(disable)
            for (size_t i = 0; i < count; i++) {
                memcpy(warmth + 3 * i, heat[entries[i]], sizeof heat[0]);
                memcpy(left + 3 * i, rest[entries[i]], sizeof rest[0]);
            }
            for (size_t i = 0; i < 3 * count; i++) {
                uint16_t mixed = (uint16_t)(rgb[i] * left[i] + warmth[i]);
                rgb[i] = (uint8_t)((uint16_t)(mixed + (mixed >> 8)) >> 8);  // / 255, rounded
            }
        }
        rgb += 3 * count;
        values += count;
        pixels -= count;
    }
}

CK_CLONES static float hottest_of(const float *values, size_t count) {
    float hottest = 0;
    for (size_t i = 0; i < count; i++) hottest = values[i] > hottest ? values[i] : hottest;
    return hottest;
}

void ck_heat_overlay(
    uint8_t *rgb, int width, int height, const float *map, int map_width, int map_height, float scale,
    const uint8_t table[256 * 4], float *strip) {
    const double dy = (double)height / map_height;
    const unsigned first = coldest(table);
    for (int y = 0; y < height; y += ck_heat_strip) {
        int rows = height - y < ck_heat_strip ? height - y : ck_heat_strip;
        // The map's rows around the strip: what is between two values is never hotter than both.
        int above = (int)(y / dy) - 1, below = (int)((y + rows) / dy) + 1;
        above = above < 0 ? 0 : above;
        below = below < map_height ? below + 1 : map_height;
        float hottest = hottest_of(map + (size_t)above * (size_t)map_width, (size_t)(below - above) * (size_t)map_width);
        if (entry_of(hottest, scale) < first) continue;
        uint8_t *pixels = rgb + 3 * (size_t)y * (size_t)width;
        size_t count = (size_t)rows * (size_t)width;
        if (width == map_width && height == map_height) {
            ck_heat_blend(pixels, map + (size_t)y * (size_t)width, count, scale, table);
            continue;
        }
        memset(strip, 0, count * sizeof *strip);
        ck_upsample_rows_add(map, map_height, map_width, height, width, y, rows, strip);
        ck_heat_blend(pixels, strip, count, scale, table);
    }
}

/// The rectangle around what is not zero: left, top, right and bottom, the last two exclusive. False where all is zero.
static bool bounds(const uint8_t *mask, size_t width, size_t height, size_t box[4]) {
    size_t top = height, bottom = 0, left = width, right = 0;
    for (size_t y = 0; y < height; y++) {
        const uint8_t *row = mask + y * width;
        uint8_t any = 0;
        for (size_t x = 0; x < width; x++) any |= row[x];
        if (!any) continue;
        top = y < top ? y : top;
        bottom = y + 1;
        size_t first = 0, last = width;
        while (!row[first]) first++;
        while (!row[last - 1]) last--;
        left = first < left ? first : left;
        right = last > right ? last : right;
    }
    if (top == height) return false;
    box[0] = left;
    box[1] = top;
    box[2] = right;
    box[3] = bottom;
    return true;
}

CK_CLONES void ck_mask_outline(
    uint8_t *rgb, const uint8_t *mask, int width, int height, int thickness, const uint8_t colour[3],
    uint8_t *scratch) {
    // A pixel is inside when the whole square around it is masked: first along rows, then along columns. Beyond the
    // rectangle around the regions nothing is masked, so its border ends a region as the image's does.
    size_t box[4], t = (size_t)thickness;
    if (!bounds(mask, (size_t)width, (size_t)height, box)) return;
    size_t w = box[2] - box[0], h = box[3] - box[1], stride = (size_t)width;
    const uint8_t *corner = mask + box[1] * stride + box[0];
    uint8_t *inside_row = scratch, *inside = scratch + w * h;
    for (size_t y = 0; y < h; y++) {
        const uint8_t *row = corner + y * stride;
        uint8_t *out = inside_row + y * w;
        for (size_t x = 0; x < w; x++) out[x] = row[x] != 0;
        for (size_t shift = 1; shift <= t; shift++) {
            size_t s = shift < w ? shift : w;
            for (size_t x = s; x < w; x++) out[x] &= row[x - s] != 0;
            for (size_t x = 0; x + s < w; x++) out[x] &= row[x + s] != 0;
            memset(out, 0, s);
            memset(out + w - s, 0, s);
        }
    }
    for (size_t y = 0; y < h; y++) {
        uint8_t *out = inside + y * w;
        if (y < t || y + t >= h) {
            memset(out, 0, w);
            continue;
        }
        memcpy(out, inside_row + y * w, w);
        for (size_t s = 1; s <= t; s++) {
            const uint8_t *above = inside_row + (y - s) * w, *below = inside_row + (y + s) * w;
            for (size_t x = 0; x < w; x++) out[x] &= above[x] & below[x];
        }
    }
    for (size_t y = 0; y < h; y++) {
        uint8_t *pixels = rgb + 3 * ((box[1] + y) * stride + box[0]);
        for (size_t x = 0; x < w; x++)
            if (corner[y * stride + x] && !inside[y * w + x]) memcpy(pixels + 3 * x, colour, 3);
    }
}

CK_CLONES void ck_scale_u16(const float *values, size_t count, float scale, uint16_t *out) {
    for (size_t i = 0; i < count; i++) out[i] = (uint16_t)(share_of(values[i], scale) * 65535 + 0.5f);
}
