// GRAD's refinement of the normal features f by the features x (Lee et al., arXiv 2402.18293), per position over
// channels:
//   m = mean (f − x)²,  M = 1 − round(clamp(slope · m, 0, 1)),
//   s = level · M + angle · cosine(f, x),  x̂ = s · x + (1 − s) · f.
// Halves round to even. Since x̂ − x = (1 − s)(f − x), neither the anomaly score nor the loss needs x̂ itself.
#pragma once
#include <stddef.h>

typedef struct {
    float slope, level, angle; ///< 0.05, 0.3, 0.7 in the paper's code
} ck_refinement;

/// differences[p][·] = x̂ − x and distances[p] = ‖x̂ − x‖₂; x, f and differences are [positions][c].
void ck_refined_differences(const float *x, const float *f, size_t positions, int c, ck_refinement r, float *differences,
                            float *distances);
/// out[y][x] = ‖mean of weight · in over the cells within reach_y rows and reach_x columns that lie inside‖₂; `in` is
/// [h][w][c], `weights` and `out` are [h][w], `scratch` holds (h + 1)·w·c numbers.
void ck_wide_lengths(const float *in, const float *weights, int h, int w, int c, int reach_y, int reach_x, float *scratch,
                     float *out);
/// Σ (x̂ − x)² over everything, in double precision. Where `gradient` is not NULL it receives scale · ∂Σ/∂f; rounding
/// has none.
double ck_refined_squares(const float *x, const float *f, size_t positions, int c, ck_refinement r, float scale,
                          float *gradient);

/// out[y][x] = mean of in over the side × side square whose top left corner is (y − before, x − before); outside counts
/// as zeros. `in` and `out` are [h][w] and differ.
void ck_box_mean(const float *in, int h, int w, int side, int before, float *out);
