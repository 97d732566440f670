// Kernels over anomaly maps and feature maps: distances, smoothing, upsampling, connected regions.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// out[p] = scale · Σ_c |a[p][c] − b[p][c]|, or of its square; `b` NULL for zeros.
void ck_residual_map(const float *a, const float *b, size_t pixels, int channels, float scale, int squared, float *out);
/// out[r] = ‖rows[r]‖₂ over `columns`.
void ck_row_norms(const float *rows, size_t count, int columns, float *out);
/// out[p] = ‖whitening[p] · (x[p] − mean[p])‖₂ with x, mean [positions][d] and lower triangles whitening
/// [positions][d · (d + 1) / 2], row by row.
void ck_position_distances(const float *x, const float *mean, const float *whitening, int positions, int d, float *out);
/// Lower triangles with eight bits a value: row by row, in groups of 64 within a row that share a scale. value = scale ·
/// integer; scales are the upper halves of floats.
enum { ck_rounded_group = 64 };
/// The number of groups of a triangle of d rows.
int ck_rounded_groups(int d);
/// Rounds triangles so that distances hardly change: what a value loses, the values before it in its row make up for as
/// far as their features predict its own. That is known from the triangle itself: it whitens, so row j gives the
/// regression of feature j on those before it. values: [positions][d · (d + 1) / 2], scales:
/// [positions][ck_rounded_groups(d)], row: scratch of d values.
void ck_round_triangles(const float *whitening, int positions, int d, int8_t *values, uint16_t *scales, float *row);
/// ck_position_distances with rounded triangles. Reads up to ck_rounded_group bytes behind `values`.
void ck_rounded_distances(const float *x, const float *mean, const int8_t *values, const uint16_t *scales,
                          int positions, int d, float *out);
/// The triangles that rounded ones stand for.
void ck_rounded_triangles(const int8_t *values, const uint16_t *scales, int positions, int d, float *out);
/// out[p] = whitening[p] · (x[p] − mean[p]), [positions][d].
void ck_position_whiten(const float *x, const float *mean, const float *whitening, int positions, int d, float *out);
/// out[p][i][j] = x[i][p] · x[j][p], inner products of `count` images' vectors [positions][d], one behind the other.
void ck_position_grams(const float *x, int count, int positions, int d, double *out);
/// sum[p] += x[p], outer[p][i][j] += x[p][i] · x[p][j] for j ≤ i, packed like whitening; double precision totals.
void ck_accumulate_positions(const float *x, int positions, int d, double *sum, double *outer);
/// Means of `channels` first values of x [rows][columns][d] over windows of 4 × 4 cells, one window for every two cells
/// in both directions, the cells at the border repeated beyond it: [(rows + 1) / 2][(columns + 1) / 2][channels].
void ck_window_means(const float *x, int rows, int columns, int d, int channels, float *out);
/// Means of x [rows][columns][d] over blocks of 2 × 2 cells, fewer at the border: [(rows + 1) / 2][(columns + 1) / 2][d].
void ck_block_means(const float *x, int rows, int columns, int d, float *out);
/// out[p] = Σ_q w(p, q) · values[q] / Σ_q w(p, q) over the cells q within `radius` rows and columns of p, with
/// w = exp(−mean over channels of (x[p] − x[q])² − squared distance in cells / (2 · reach²)), x [rows][columns][d].
void ck_mean_of_alike(const float *values, const float *x, int rows, int columns, int d, float reach, int radius,
                      float *out);
/// Cells along one axis of an image: cell i has its centre at first + i · step, in pixels (pixel i has its centre at
/// i).
typedef struct {
    int count;
    double first, step;
} ck_axis;
/// out[y][x] += bilinear interpolation of in[rows.count][columns.count] between the cells' centres at each of [oh][ow]
/// pixels; beyond the outermost centres the nearest cell's value.
void ck_spread_add(const float *in, ck_axis rows, ck_axis columns, int oh, int ow, float *out);
/// out[y][x] += bilinear resize of in[h][w] to [oh][ow], pixel centres at halves: cells that divide the image evenly.
void ck_upsample_add(const float *in, int h, int w, int oh, int ow, float *out);
/// The same for `rows` rows from row `first` on: out[rows][ow].
void ck_upsample_rows_add(const float *in, int h, int w, int oh, int ow, int first, int rows, float *out);
/// Separable convolution with `taps` (2·radius + 1 values) in both directions, borders reflected (d c b a | a b c d |
/// …). `scratch` holds h × w floats. In place is allowed.
void ck_smooth(const float *in, int h, int w, const float *taps, int radius, float *scratch, float *out);

/// out[y][x] = the largest value within `radius` rows and columns of it.
/// Returns −1 without memory.
int ck_local_maximum(const float *in, int h, int w, int radius, float *out);

typedef struct {
    int left, top, right, bottom; ///< inclusive bounds
    int area;
    double sum_x, sum_y;          ///< of pixel coordinates
    double sum;                   ///< of values
    float peak;
} ck_region;

/// 8-connected regions of values > threshold. `labels` ([h][w]) receives 0 outside and 1, 2, … inside, in the order of
/// each region's first pixel. Up to `capacity` regions are described. Returns how many there are, or −1 without memory.
int ck_regions(const float *values, int h, int w, float threshold, int32_t *labels, ck_region *regions, int capacity);
