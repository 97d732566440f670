// Training's kernels: activations with their derivatives, batch norm, depthwise convolution, pooling and sampling with
// their gradients. Channels-last; the caller owns every buffer; work is given in parts (rows, images, channels) so that
// callers share it out to several cores. Plain references are with the tests.
#pragma once
#include "ck_function.h"
#include "ck_ops.h"

/// out[i] = f⁽ᵒʳᵈᵉʳ⁾(in[i]) · by[i]: the function (order 0) or its first or second derivative; by may be NULL (1). The
/// parameter is LEAKY_RELU's slope below 0 and FLOOR's bound. At kinks the derivatives are PyTorch's. out may be by.
void ck_function_apply(const float *in, const float *by, size_t count, ck_function f, float parameter, int order,
                       float *out);

// Depthwise convolution, one filter per channel: w[kernel_h][kernel_w][c]. Rows are counted over all images.
/// out[n][oh][ow][c], rows [begin, end).
void ck_depthwise_output(const float *in, const ck_window *g, const float *w, int begin, int end, float *out);
/// The gradient with respect to the input from that of the output: in_gradient[n][h][w][c], rows [begin, end).
void ck_depthwise_input_gradient(const float *out_gradient, const ck_window *g, const float *w, int begin, int end,
                                 float *in_gradient);
/// The gradient with respect to the weights, channels [begin, end).
void ck_depthwise_weights_gradient(const float *in, const float *out_gradient, const ck_window *g, int begin, int end,
                                   float *w_gradient);

// Batch norm with an activation behind it: out = f(z), z = in · scale + shift per column (channel).
/// Mean and sum of squared deviations of each column.
void ck_norm_moments(const float *in, size_t rows, int columns, float *mean, float *squares);
/// Mean and biased variance of each column from `blocks` blocks' moments, the last of which has `last_rows` rows.
void ck_norm_combine(const float *means, const float *squares, int blocks, size_t rows, size_t last_rows, int columns,
                     float *mean, float *variance);
void ck_norm_output(const float *in, const float *scale, const float *shift, size_t rows, int columns, ck_function f,
                    float parameter, float *out);
/// With dz = gradient · f′(z): sums[c] = Σ dz, products[c] = Σ dz · (in − mean[c]).
void ck_norm_sums(const float *in, const float *gradient, const float *scale, const float *shift, const float *mean,
                  size_t rows, int columns, ck_function f, float parameter, float *sums, float *products);
/// in_gradient = dz · scale[c] + in · slope[c] + offset[c]; slope and offset are NULL with frozen statistics.
void ck_norm_input_gradient(const float *in, const float *gradient, const float *scale, const float *shift,
                            const float *slope, const float *offset, size_t rows, int columns, ck_function f,
                            float parameter, float *in_gradient);

// Bilinear sampling of map[h][w][c] at grid[n][places] = (x, y) in −1…1 from edge to edge, zeros outside.
typedef struct {
    int n, h, w, c;
    int places;     ///< in each image; ranges of places are counted over all images
    ptrdiff_t step; ///< floats from one image's map to the next; 0 when all sample the same one
} ck_grid_sampling;

/// out[n][places][c], places [begin, end).
void ck_grid_sample(const float *map, const ck_grid_sampling *g, const float *grid, int begin, int end, float *out);
/// Adds to map_gradient, channels [begin, end).
void ck_grid_sample_map_gradient(const float *out_gradient, const ck_grid_sampling *g, const float *grid, int begin, int end,
                                 float *map_gradient);
/// grid_gradient[n][places] = (x, y), places [begin, end).
void ck_grid_sample_grid_gradient(const float *map, const float *out_gradient, const ck_grid_sampling *g, const float *grid,
                                  int begin, int end, float *grid_gradient);
