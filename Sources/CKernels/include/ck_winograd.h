// 3×3 convolution of stride 1 by minimal filtering, F(4×4, 3×3) (Lavin & Gray, arXiv 1509.09308): 36 products for 16
// outputs where the direct way takes 144. Three passes, each over disjoint parts, so that a team can share them:
//   transformed[k][tile][c] from the input;
//   36 matrix products with weights[k][c][n] by ck_gemm;
//   the outputs from their results.
// Rows of `transformed` and `products` are padded to whole vectors: see ck_winograd_stride.
#pragma once
#include <stddef.h>

typedef struct {
    const float *in; ///< [h][w][c], CK_SLACK floats behind it
    int h, w, c;     ///< input and output size, input channels; one row and column of zeros around the input
    int n;           ///< output channels
    int tiles_y, tiles_x;
    float *transformed; ///< [36][tiles][stride(c)]
    float *products;    ///< [36][tiles][stride(n)]
    const float *bias;  ///< [n], CK_SLACK floats behind it
    const float *residual; ///< [h][w][n] with CK_SLACK floats behind it, or NULL; added before the activation
    int activation;        ///< a ck_function up to LEAKY_RELU
    float *out;            ///< [h][w][n]
} ck_winograd;

/// Floats from one tile's row to the next.
int ck_winograd_stride(int channels);
/// weights[3][3][c][n] → out[36][c][n].
void ck_winograd_weights(const float *weights, int c, int n, float *out);
/// Tiles [begin, end).
void ck_winograd_input(const ck_winograd *g, int begin, int end);
void ck_winograd_output(const ck_winograd *g, int begin, int end);
