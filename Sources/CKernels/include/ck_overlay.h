// An anomaly map for an operator's eyes: heat over the image, outlines of regions, the map as an image.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Blends heat into `pixels` RGB pixels. table[i] is red, green, blue and coverage (0…255) of the value i / (255 ·
/// scale); larger values are shown as the last entry, what is not a number as the first.
void ck_heat_blend(uint8_t *rgb, const float *values, size_t pixels, float scale, const uint8_t table[256 * 4]);

/// The rows that ck_heat_overlay stretches at a time.
enum { ck_heat_strip = 64 };

/// Stretches map[map_height][map_width] bilinearly over an image of width × height pixels, as ck_upsample_add does, and
/// blends it in like ck_heat_blend: strip by strip, so that the stretched map is never written to memory, and only
/// where some of it is warm. `strip` holds ck_heat_strip · width values.
void ck_heat_overlay(
    uint8_t *rgb, int width, int height, const float *map, int map_width, int map_height, float scale,
    const uint8_t table[256 * 4], float *strip);

/// Paints the inner edge of a mask's regions (not zero), `thickness` pixels wide; the image's border is an edge too.
/// `scratch` holds 2 · width · height bytes.
void ck_mask_outline(
    uint8_t *rgb, const uint8_t *mask, int width, int height, int thickness, const uint8_t colour[3], uint8_t *scratch);

/// out[i] = round(65535 · clamp(values[i] · scale, 0, 1)); what is not a number becomes 0.
void ck_scale_u16(const float *values, size_t count, float scale, uint16_t *out);
