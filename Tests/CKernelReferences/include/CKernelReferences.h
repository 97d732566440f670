// Plain references of the kernels, for tests: the definitions, written out in double precision. Same buffers, same
// layouts.
#pragma once
#include "CKernels.h"

// Inference
/// ck_gemm_run on the unpacked weights w[taps · c][n].
void ck_gemm_reference(const ck_gemm *g, const float *w, int begin, int end);
/// ck_depthwise_run.
void ck_depthwise_reference(const ck_depthwise *d, int begin, int end, float *sums);

// Training
/// ck_function_apply from the C library's functions.
void ck_function_reference(const float *in, const float *by, size_t count, ck_function f, float parameter, int order,
                           float *out);
/// Direct convolution: w[kernel_h][kernel_w][c/groups][o].
void ck_convolution_reference(const float *in, const ck_window *g, const float *w, const float *bias, int outputs,
                              int groups, float *out);
/// Both gradients of a convolution w[kernel_h][kernel_w][c/groups][o] from that of its output.
void ck_convolution_gradients_reference(const float *in, const float *out_gradient, const ck_window *g, const float *w,
                                        int outputs, int groups, float *in_gradient, float *w_gradient);
/// Batch norm and its activation; where `trains`, mean and variance are the batch's own. The gradients are those of
/// Σ out · out_gradient.
void ck_norm_reference(const float *in, const float *out_gradient, const float *weight, const float *bias,
                       const float *mean, const float *variance, double epsilon, int trains, size_t rows, int columns,
                       ck_function f, float parameter, float *out, float *in_gradient, float *weight_gradient,
                       float *bias_gradient);
/// The sampled values, and both gradients of Σ out · out_gradient.
void ck_grid_sample_reference(const float *map, const ck_grid_sampling *g, const float *grid, const float *out_gradient,
                              float *out, float *map_gradient, float *grid_gradient);

// Maps
/// The refined features: out[p][·] = x̂ (ck_grad.h).
void ck_refine_reference(const float *x, const float *f, size_t positions, int c, ck_refinement r, float *out);
/// ck_position_distances and, where `whitened` is not NULL, ck_position_whiten.
void ck_position_reference(const float *x, const float *mean, const float *whitening, int positions, int d,
                           float *distances, float *whitened);
/// ck_rounded_distances.
void ck_rounded_distances_reference(const float *x, const float *mean, const int8_t *values, const uint16_t *scales,
                                    int positions, int d, float *distances);
/// ck_position_grams.
void ck_position_grams_reference(const float *x, int count, int positions, int d, double *out);
/// ck_window_means.
void ck_window_means_reference(const float *x, int rows, int columns, int d, int channels, float *out);
/// ck_block_means.
void ck_block_means_reference(const float *x, int rows, int columns, int d, float *out);
/// ck_mean_of_alike.
void ck_mean_of_alike_reference(const float *values, const float *x, int rows, int columns, int d, float reach,
                                int radius, float *out);
/// ck_local_maximum.
void ck_local_maximum_reference(const float *in, int h, int w, int radius, float *out);
