// The ops' kernels behind TensorCore: plain loops the compiler vectorises, and the reductions that Swift would not.
// Layout: channels-last. "rows × columns" matrices are row-major. Caller owns every buffer.
#pragma once
#include <stddef.h>

typedef struct {
    int n, h, w, c;           ///< input [n][h][w][c]
    int kernel_h, kernel_w;   ///< window
    int stride, dilation;
    int top, left;            ///< padding before the first row and column
    int oh, ow;               ///< output size
} ck_window;

/// Unrolls image `image` of `in` into columns[oh·ow][kernel_h·kernel_w·channels], channels [first, first + channels) only.
void ck_unroll(const float *in, const ck_window *g, int image, int first, int channels, float *columns);
/// The transpose of ck_unroll: adds columns back into `out` (one image [h][w][c]).
void ck_roll(const float *columns, const ck_window *g, int first, int channels, float *out);
/// out[n][oh][ow][c] = Σ in · w[kernel_h][kernel_w][c] + bias[c]; bias may be NULL.
void ck_depthwise_forward(const float *in, const ck_window *g, const float *w, const float *bias, float *out);
/// Direct convolution, for tests: w[kernel_h][kernel_w][c/groups][o].
void ck_convolution_reference(const float *in, const ck_window *g, const float *w, const float *bias, int outputs,
                              int groups, float *out);

/// out[r][c] += row[c]
void ck_add_row(float *out, const float *row, size_t rows, int columns);
/// out[r][c] = in[r][c] · scale[c] + shift[c]
void ck_scale_shift(const float *in, const float *scale, const float *shift, size_t rows, int columns, float *out);
/// Mean and (biased) variance of each column.
void ck_column_moments(const float *in, size_t rows, int columns, float *mean, float *variance);
/// out[c] = mean of column c
void ck_column_means(const float *in, size_t rows, int columns, float *out);

typedef enum { CK_POINTWISE_RELU, CK_POINTWISE_RELU6, CK_POINTWISE_SILU, CK_POINTWISE_SIGMOID, CK_POINTWISE_TANH,
               CK_POINTWISE_HARDSWISH, CK_POINTWISE_HARDSIGMOID, CK_POINTWISE_LEAKY_RELU } ck_pointwise;
/// out[i] = f(in[i]); slope is used by LEAKY_RELU alone.
void ck_pointwise_forward(const float *in, size_t count, ck_pointwise f, float slope, float *out);

/// Bilinear resize of [n][h][w][c] to [n][oh][ow][c]; corners aligned, or pixel centres at halves.
void ck_bilinear(const float *in, int n, int h, int w, int c, int oh, int ow, int align_corners, float *out);
/// Bilinear sampling of [n][h][w][c] at grid[n][oh][ow] = (x, y) in −1…1, zeros outside, corners not aligned.
void ck_grid_sample(const float *in, int n, int h, int w, int c, const float *grid, int oh, int ow, float *out);
/// Mean over kernel windows; padding counts as zeros and in the divisor.
void ck_average_pool(const float *in, const ck_window *g, float *out);
/// Maximum over kernel windows; padding does not count.
void ck_maximum_pool(const float *in, const ck_window *g, float *out);
/// out[r] = (a·b) / (max(‖a‖, eps) · max(‖b‖, eps)) over each row's columns.
void ck_cosine_rows(const float *a, const float *b, size_t rows, int columns, float eps, float *out);
/// Σ (a−b)², Σ |a−b| in double precision.
double ck_squared_difference(const float *a, const float *b, size_t count);
double ck_absolute_difference(const float *a, const float *b, size_t count);
