// Antialiased drawing. A shape is first drawn into a coverage mask (0…255), in which overlapping parts of one shape do
// not add up, and then blended once. Coordinates are continuous: pixel (i, j) covers [i, i+1) × [j, j+1).
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Coverage of an image's rectangle whose top left pixel is (x, y); `width × height` bytes.
typedef struct ck_mask {
    uint8_t *coverage;
    int x, y, width, height;
} ck_mask;

/// Sets `pixels` RGB pixels to one colour.
void ck_fill(uint8_t *rgb, size_t pixels, const uint8_t colour[3]);

/// A stroke with round ends, from (x0, y0) to (x1, y1); the larger coverage stays.
void ck_draw_segment(ck_mask mask, float x0, float y0, float x1, float y1, float half_width);

/// Between the radii `inner` (0 or less: a disc) and `outer` around (x, y).
void ck_draw_ring(ck_mask mask, float x, float y, float inner, float outer);

/// A closed polygon of `points` corners (x, y, x, y, …), filled by the even-odd rule; `crossings` has room for `points`
/// floats and `row` for mask.width floats.
void ck_draw_polygon(ck_mask mask, const float *corners, int points, float *crossings, float *row);

/// Blends a colour into an RGB image where the mask covers it; `opacity` 0…1. The mask may reach outside the image.
void ck_blend_mask(uint8_t *rgb, int width, int height, ck_mask mask, const uint8_t colour[3], float opacity);

/// Blends an RGB image into another one with its top left at (x, y), which may lie outside.
void ck_blend_picture(
    uint8_t *rgb, int width, int height, const uint8_t *source, int source_width, int source_height, int x, int y,
    float opacity);
