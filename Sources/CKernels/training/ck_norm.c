#include "ck_dispatch.h"
#include "ck_function_body.h"
#include <string.h>

CK_CLONES void ck_norm_moments(const float *in, size_t rows, int columns, float *restrict mean, float *restrict squares) {
    // Deviations from the first row: nothing cancels when the mean is large beside the spread.
    memset(mean, 0, (size_t)columns * sizeof(float));
    memset(squares, 0, (size_t)columns * sizeof(float));
    const float *x = in;
    for (size_t r = 0; r < rows; r++, x += columns)
        for (int c = 0; c < columns; c++) {
            const float d = x[c] - in[c];
            mean[c] += d;
            squares[c] += d * d;
        }
    for (int c = 0; c < columns; c++) {
        const float d = mean[c] / (float)rows;
        squares[c] -= d * mean[c];
        mean[c] = in[c] + d;
    }
}

void ck_norm_combine(const float *means, const float *squares, int blocks, size_t rows, size_t last_rows, int columns,
                     float *mean, float *variance) {
    const double total = (double)rows * (blocks - 1) + (double)last_rows;
    for (int c = 0; c < columns; c++) {
        double sum = 0, deviation = 0;
        for (int b = 0; b < blocks; b++)
            sum += (double)means[(ptrdiff_t)b * columns + c] * (double)(b + 1 < blocks ? rows : last_rows);
        const double centre = sum / total;
        for (int b = 0; b < blocks; b++) {
            const double d = means[(ptrdiff_t)b * columns + c] - centre;
            deviation += squares[(ptrdiff_t)b * columns + c] + d * d * (double)(b + 1 < blocks ? rows : last_rows);
        }
        mean[c] = (float)centre;
        variance[c] = (float)(deviation / total);
    }
}

CK_INLINE void output(const float *in, const float *scale, const float *shift, size_t rows, int columns, ck_function f,
                      float parameter, float *out) {
    for (size_t r = 0; r < rows; r++, in += columns, out += columns)
        for (int c = 0; c < columns; c++) out[c] = ck_function_value(in[c] * scale[c] + shift[c], f, parameter, 0);
}

CK_CLONES void ck_norm_output(const float *in, const float *scale, const float *shift, size_t rows, int columns,
                              ck_function f, float parameter, float *out) {
    CK_FOR_FUNCTION(f, output(in, scale, shift, rows, columns, F, parameter, out))
}

CK_INLINE void sum_up(const float *in, const float *gradient, const float *scale, const float *shift, const float *mean,
                      size_t rows, int columns, ck_function f, float parameter, float *restrict sums,
                      float *restrict products) {
    for (size_t r = 0; r < rows; r++, in += columns, gradient += columns)
        for (int c = 0; c < columns; c++) {
            const float dz = gradient[c] * ck_function_value(in[c] * scale[c] + shift[c], f, parameter, 1);
            sums[c] += dz;
            products[c] += dz * (in[c] - mean[c]);
        }
}

CK_CLONES void ck_norm_sums(const float *in, const float *gradient, const float *scale, const float *shift,
                            const float *mean, size_t rows, int columns, ck_function f, float parameter, float *sums,
                            float *products) {
    memset(sums, 0, (size_t)columns * sizeof(float));
    memset(products, 0, (size_t)columns * sizeof(float));
    CK_FOR_FUNCTION(f, sum_up(in, gradient, scale, shift, mean, rows, columns, F, parameter, sums, products))
}

CK_INLINE void input_gradient(const float *in, const float *gradient, const float *scale, const float *shift,
                              const float *slope, const float *offset, size_t rows, int columns, ck_function f,
                              float parameter, float *out) {
    for (size_t r = 0; r < rows; r++, in += columns, gradient += columns, out += columns) {
        if (slope)
            for (int c = 0; c < columns; c++) {
                const float dz = gradient[c] * ck_function_value(in[c] * scale[c] + shift[c], f, parameter, 1);
                out[c] = dz * scale[c] + in[c] * slope[c] + offset[c];
            }
        else
            for (int c = 0; c < columns; c++)
                out[c] = gradient[c] * ck_function_value(in[c] * scale[c] + shift[c], f, parameter, 1) * scale[c];
    }
}

CK_CLONES void ck_norm_input_gradient(const float *in, const float *gradient, const float *scale, const float *shift,
                                      const float *slope, const float *offset, size_t rows, int columns, ck_function f,
                                      float parameter, float *in_gradient) {
    CK_FOR_FUNCTION(f, input_gradient(in, gradient, scale, shift, slope, offset, rows, columns, F, parameter, in_gradient))
}
