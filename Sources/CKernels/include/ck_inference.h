// Kernels of the inference plan: one frame, channels-last, everything that can be fused is.
//
// Each comes in one body compiled for several vector widths (ck_inference_body.h) and picks the widest the machine has
// at the first call. The packed layouts depend on that width, so pack and run in the same process.
#pragma once
#include "ck_function.h"
#include <stddef.h>

/// Floats past the end of every buffer that a kernel here may read (never write): one widest vector.
#define CK_SLACK 64

/// out[m][0..<n] = act(Σ_tap Σ_c rows[tap][m][c] · w[tap·c_count + c][n] + bias[n] + residual[m][n])
///
/// A 1×1 convolution is one tap over contiguous rows; a k×k convolution has k·k taps and a table of row pointers
/// (padding points at zeros), so no unrolled copy of the input is ever made (the "indirect convolution" of
/// Dukhan, arXiv 1907.02129).
typedef struct {
    const float *const *rows; ///< [taps][row_count] pointers, or NULL when rows are contiguous in `a`
    int row_count;            ///< rows in the table's second dimension
    const float *a;           ///< first row when `rows` is NULL
    ptrdiff_t lda;            ///< floats from one row to the next when `rows` is NULL
    int taps, c;              ///< depth of the product: taps × c
    const float *packed;      ///< from ck_gemm_pack, taps·c rows deep
    const float *bias;        ///< n values, or NULL
    int n;                    ///< output channels
    float *out;               ///< first output row
    ptrdiff_t ldo;            ///< floats from one output row to the next
    const float *residual;    ///< same shape as out, or NULL; added before the activation
    ptrdiff_t ldr;
    int activation; ///< a ck_function up to LEAKY_RELU
} ck_gemm;

/// Floats that a packed k × n matrix takes (columns are padded to whole vectors).
size_t ck_gemm_packed_count(int k, int n);
/// Packs row-major w[k][n] into column panels.
void ck_gemm_pack(const float *w, int k, int n, float *packed);
/// out = packed with row i multiplied by scale[i % c]: folds a squeeze-excitation gate into the weights of the 1×1
/// convolution behind it, which is cheaper than scaling the feature map. Rows [begin, end) of k.
void ck_gemm_scale_rows(const float *packed, const float *scale, int k, int n, int begin, int end, float *out);
/// Output rows [begin, end).
void ck_gemm_run(const ck_gemm *g, int begin, int end);

/// Depthwise convolution:
///   out[y][x][c] = act(Σ_ky Σ_kx in[y·s + ky − top][x·s + kx − left][c] · w[ky][kx][c] + bias[c]).
typedef struct {
    const float *in; ///< [h][w][c]
    int h, w, c;
    int kernel, stride, top, left;
    int oh, ow;
    const float *weights; ///< [kernel][kernel][c], CK_SLACK floats behind it
    const float *bias;    ///< [c], CK_SLACK floats behind it
    int activation; ///< a ck_function up to LEAKY_RELU
    float *out;     ///< [oh][ow][c]
} ck_depthwise;

/// Output rows [begin, end); when `sums` ([c], not NULL) is given, the sum of those rows' outputs is added to it.
void ck_depthwise_run(const ck_depthwise *d, int begin, int end, float *sums);

/// out[c] = Σ over `count` pixels of in[pixel][c], times `scale`.
void ck_channel_sums(const float *in, int count, int c, float scale, float *out);
/// out[i] = act(a[i] + b[i]) for i < count; b may be NULL.
void ck_add_activate(const float *a, const float *b, size_t count, int activation, float *out);
/// out[p][c] = act(in[p][c] · gate[c]).
void ck_scale_channels(const float *in, const float *gate, int count, int c, int activation, float *out);
/// Rows [begin, end) of in[rows][c] to rows of `ldo` floats.
void ck_copy_rows(const float *in, int c, int begin, int end, float *out, ptrdiff_t ldo);
/// `count` channels, from `channel` on, of grid[h][w][c] sampled at the point `at` (x, y) in −1…1 from edge to edge:
/// bilinear, zeros outside, corners not aligned.
void ck_sample_grid(const float *grid, int h, int w, int c, const float *at, int channel, int count, float *out);
/// Maximum over kernel × kernel windows, rows [begin, end); outside counts as −∞.
void ck_max_pool(const float *in, int h, int w, int c, int kernel, int stride, int pad, int oh, int ow, int begin, int end,
                 float *out);
/// Writes rows [begin, end) of in[h][w][c] into the middle of a zero-bordered buffer of row length `ldo` floats.
void ck_pad_rows(const float *in, int w, int c, int begin, int end, float *out, ptrdiff_t ldo);

/// Multiply-adds in registers alone, the most that a core can do.
/// Returns their floating-point operations; `result` keeps the compiler from leaving them out.
double ck_multiply_adds(long rounds, float *result);

/// Floats in one vector of the picked instruction set: 16, 8 or 4.
int ck_inference_vector_length(void);
/// Restricts the pick to vectors of at most this many floats (tests run every body the machine has); 0 lifts the limit.
/// Not thread-safe; packed weights made before the call are void.
void ck_inference_limit_vector_length(int floats);
