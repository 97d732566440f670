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

/// Unrolls output rows [begin, end), counted over all images, into columns[rows·ow][kernel_h·kernel_w·channels], input
/// channels [first, first + channels) only.
void ck_unroll(const float *in, const ck_window *g, int begin, int end, int first, int channels, float *columns);
/// The transpose of ck_unroll: adds columns back into `out` [n][h][w][c].
void ck_roll(const float *columns, const ck_window *g, int begin, int end, int first, int channels, float *out);

/// out[r][c] = in[r][c] · scale[c] + shift[c]
void ck_scale_shift(const float *in, const float *scale, const float *shift, size_t rows, int columns, float *out);
/// Mean and (biased) variance of each column.
void ck_column_moments(const float *in, size_t rows, int columns, float *mean, float *variance);
/// out[c] = mean of column c
void ck_column_means(const float *in, size_t rows, int columns, float *out);

/// Bilinear resize of [n][h][w][c] to [n][oh][ow][c]; corners aligned, or pixel centres at halves.
void ck_bilinear(const float *in, int n, int h, int w, int c, int oh, int ow, int align_corners, float *out);
/// out[y][x] = in at (matrix[0]·x + matrix[1]·y + matrix[2], matrix[3]·x + matrix[4]·y + matrix[5]), between pixels
/// bilinear, beyond the borders the nearest pixel; both [h][w][c].
void ck_affine_sample(const float *in, int h, int w, int c, const float matrix[6], float *out);
/// Mean over kernel windows; padding counts as zeros and in the divisor.
void ck_average_pool(const float *in, const ck_window *g, float *out);
/// The transpose of ck_average_pool: in_gradient[n][h][w][c] from the gradient [n][oh][ow][c] of its output.
void ck_average_pool_gradient(const float *out_gradient, const ck_window *g, float *in_gradient);
/// Maximum over kernel windows; padding does not count.
void ck_maximum_pool(const float *in, const ck_window *g, float *out);
/// The gradient with respect to ck_maximum_pool's input, channels [begin, end): each output's goes to the first
/// maximum.
void ck_maximum_pool_gradient(const float *in, const float *out_gradient, const ck_window *g, int begin, int end,
                              float *in_gradient);
/// Σ (a−b)² in double precision.
double ck_squared_difference(const float *a, const float *b, size_t count);
