#include "ck_overlay.h"

#include <string.h>

#include "ck_dispatch.h"

static inline float share_of(float value, float scale) {
    float share = value * scale;
    share = share > 0 ? share : 0;  // also for what is not a number
    return share < 1 ? share : 1;
}

CK_CLONES void ck_heat_blend(
    uint8_t *rgb, const float *values, size_t pixels, float scale, const uint8_t table[256 * 4]) {
    enum { block = 64 };
    uint8_t entries[block];
    unsigned first = 0;  // the first entry that covers anything: most of a frame is colder
    while (first < 256 && table[4 * first + 3] == 0) first++;
    while (pixels > 0) {
        size_t count = pixels < block ? pixels : block;
        uint8_t hottest = 0;
        for (size_t i = 0; i < count; i++) {
            entries[i] = (uint8_t)(share_of(values[i], scale) * 255 + 0.5f);
            hottest = entries[i] > hottest ? entries[i] : hottest;
        }
        for (size_t i = 0; i < count && hottest >= first; i++) {
            const uint8_t *heat = table + 4 * entries[i];
            for (int c = 0; c < 3; c++) {
                unsigned mixed = rgb[3 * i + c] * (255u - heat[3]) + (unsigned)heat[c] * heat[3] + 128;
                rgb[3 * i + c] = (uint8_t)((mixed + (mixed >> 8)) >> 8);  // / 255, rounded
            }
        }
        rgb += 3 * count;
        values += count;
        pixels -= count;
    }
}

CK_CLONES void ck_mask_outline(
    uint8_t *rgb, const uint8_t *mask, int width, int height, int thickness, const uint8_t colour[3],
    uint8_t *scratch) {
    // A pixel is inside when the whole square around it is masked: first along rows, then along columns.
    size_t w = (size_t)width, h = (size_t)height;
    uint8_t *inside_row = scratch, *inside = scratch + w * h;
    for (size_t y = 0; y < h; y++) {
        const uint8_t *row = mask + y * w;
        uint8_t *out = inside_row + y * w;
        for (size_t x = 0; x < w; x++) out[x] = row[x] != 0;
        for (int shift = 1; shift <= thickness; shift++) {
            size_t s = (size_t)shift < w ? (size_t)shift : w;
            for (size_t x = s; x < w; x++) out[x] &= row[x - s] != 0;
            for (size_t x = 0; x + s < w; x++) out[x] &= row[x + s] != 0;
            memset(out, 0, s);
            memset(out + w - s, 0, s);
        }
    }
    for (size_t y = 0; y < h; y++) {
        uint8_t *out = inside + y * w;
        if (y < (size_t)thickness || y + (size_t)thickness >= h) {
            memset(out, 0, w);
            continue;
        }
        memcpy(out, inside_row + y * w, w);
        for (size_t s = 1; s <= (size_t)thickness; s++) {
            const uint8_t *above = inside_row + (y - s) * w, *below = inside_row + (y + s) * w;
            for (size_t x = 0; x < w; x++) out[x] &= above[x] & below[x];
        }
    }
    for (size_t i = 0; i < w * h; i++)
        if (mask[i] && !inside[i]) memcpy(rgb + 3 * i, colour, 3);
}

CK_CLONES void ck_scale_u16(const float *values, size_t count, float scale, uint16_t *out) {
    for (size_t i = 0; i < count; i++) out[i] = (uint16_t)(share_of(values[i], scale) * 65535 + 0.5f);
}
