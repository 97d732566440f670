// References of the training kernels: the definitions, written out in double precision.
#include "CKernelReferences.h"
#include <math.h>
#include <stdlib.h>

static double clamp(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

static double function(double x, ck_function f, double p, int order) {
    const double s = 1 / (1 + exp(-x)), t = tanh(x);
    switch (f) {
    case CK_FUNCTION_IDENTITY: return order == 0 ? x : order == 1;
    case CK_FUNCTION_RELU: return order == 0 ? fmax(x, 0) : order == 1 ? x > 0 : 0;
    case CK_FUNCTION_RELU6: return order == 0 ? clamp(x, 0, 6) : order == 1 ? x > 0 && x < 6 : 0;
    case CK_FUNCTION_LEAKY_RELU: return order == 0 ? (x > 0 ? x : p * x) : order == 1 ? (x > 0 ? 1 : p) : 0;
    case CK_FUNCTION_SIGMOID: return order == 0 ? s : order == 1 ? s * (1 - s) : s * (1 - s) * (1 - 2 * s);
    case CK_FUNCTION_SILU:
        return order == 0 ? x * s : order == 1 ? s + x * s * (1 - s) : s * (1 - s) * (2 + x * (1 - 2 * s));
    case CK_FUNCTION_TANH: return order == 0 ? t : order == 1 ? 1 - t * t : -2 * t * (1 - t * t);
    case CK_FUNCTION_HARDSIGMOID: return order == 0 ? clamp(x + 3, 0, 6) / 6 : order == 1 ? (fabs(x) < 3) / 6.0 : 0;
    case CK_FUNCTION_HARDSWISH:
        if (order == 0) return x * clamp(x + 3, 0, 6) / 6;
        return fabs(x) < 3 ? (order == 1 ? x / 3 + 0.5 : 1.0 / 3) : order == 1 ? x >= 3 : 0;
    case CK_FUNCTION_EXP: return exp(x);
    case CK_FUNCTION_LOG: return order == 0 ? log(x) : order == 1 ? 1 / x : -1 / (x * x);
    case CK_FUNCTION_SQUARE_ROOT: return order == 0 ? sqrt(x) : order == 1 ? 0.5 / sqrt(x) : -0.25 / (x * sqrt(x));
    case CK_FUNCTION_SQUARE: return order == 0 ? x * x : order == 1 ? 2 * x : 2;
    case CK_FUNCTION_ABSOLUTE: return order == 0 ? fabs(x) : order == 1 ? (x > 0) - (x < 0) : 0;
    case CK_FUNCTION_RECIPROCAL: return order == 0 ? 1 / x : order == 1 ? -1 / (x * x) : 2 / (x * x * x);
    case CK_FUNCTION_FLOOR: return order == 0 ? fmax(x, p) : order == 1 ? x > p : 0;
    }
    return NAN;
}

void ck_function_reference(const float *in, const float *by, size_t count, ck_function f, float parameter, int order,
                           float *out) {
    for (size_t i = 0; i < count; i++) out[i] = (float)(function(in[i], f, parameter, order) * (by ? by[i] : 1));
}

void ck_convolution_reference(const float *in, const ck_window *g, const float *w, const float *bias, int outputs,
                              int groups, float *out) {
    const int gi = g->c / groups, go = outputs / groups;
    for (int n = 0; n < g->n; n++)
        for (int y = 0; y < g->oh; y++)
            for (int x = 0; x < g->ow; x++)
                for (int o = 0; o < outputs; o++) {
                    double sum = bias ? bias[o] : 0;
                    for (int ky = 0; ky < g->kernel_h; ky++)
                        for (int kx = 0; kx < g->kernel_w; kx++) {
                            const int iy = y * g->stride + ky * g->dilation - g->top;
                            const int ix = x * g->stride + kx * g->dilation - g->left;
                            if (iy < 0 || iy >= g->h || ix < 0 || ix >= g->w) continue;
                            for (int i = 0; i < gi; i++)
                                sum += (double)in[(((ptrdiff_t)n * g->h + iy) * g->w + ix) * g->c + o / go * gi + i] *
                                       w[(((ptrdiff_t)ky * g->kernel_w + kx) * gi + i) * outputs + o];
                        }
                    out[(((ptrdiff_t)n * g->oh + y) * g->ow + x) * outputs + o] = (float)sum;
                }
}

void ck_convolution_gradients_reference(const float *in, const float *out_gradient, const ck_window *g, const float *w,
                                        int outputs, int groups, float *in_gradient, float *w_gradient) {
    const int gi = g->c / groups, go = outputs / groups;
    const size_t inputs = (size_t)g->n * g->h * g->w * g->c, weights = (size_t)g->kernel_h * g->kernel_w * gi * outputs;
    double *dx = calloc(inputs, sizeof *dx), *dw = calloc(weights, sizeof *dw);
    for (int p = 0; p < g->n * g->oh * g->ow; p++)
        for (int t = 0; t < g->kernel_h * g->kernel_w; t++) {
            const int n = p / (g->oh * g->ow), y = p / g->ow % g->oh, x = p % g->ow;
            const int iy = y * g->stride + t / g->kernel_w * g->dilation - g->top;
            const int ix = x * g->stride + t % g->kernel_w * g->dilation - g->left;
            if (iy < 0 || iy >= g->h || ix < 0 || ix >= g->w) continue;
            for (int o = 0; o < outputs; o++)
                for (int i = 0; i < gi; i++) {
                    const size_t at = (((size_t)n * g->h + iy) * g->w + ix) * g->c + o / go * gi + i;
                    const size_t weight = ((size_t)t * gi + i) * outputs + o;
                    dx[at] += (double)out_gradient[(size_t)p * outputs + o] * w[weight];
                    dw[weight] += (double)out_gradient[(size_t)p * outputs + o] * in[at];
                }
        }
    for (size_t i = 0; i < inputs; i++) in_gradient[i] = (float)dx[i];
    for (size_t i = 0; i < weights; i++) w_gradient[i] = (float)dw[i];
    free(dx);
    free(dw);
}

void ck_norm_reference(const float *in, const float *out_gradient, const float *weight, const float *bias,
                       const float *mean, const float *variance, double epsilon, int trains, size_t rows, int columns,
                       ck_function f, float parameter, float *out, float *in_gradient, float *weight_gradient,
                       float *bias_gradient) {
    for (int c = 0; c < columns; c++) {
        double m = trains ? 0 : mean[c], v = trains ? 0 : variance[c], sum = 0, product = 0;
        for (size_t r = 0; trains && r < rows; r++) m += in[r * columns + c] / (double)rows;
        for (size_t r = 0; trains && r < rows; r++) v += (in[r * columns + c] - m) * (in[r * columns + c] - m) / (double)rows;
        const double inverse = 1 / sqrt(v + epsilon);
        for (size_t r = 0; r < rows; r++) {
            const double hat = (in[r * columns + c] - m) * inverse, z = hat * weight[c] + bias[c];
            const double dz = out_gradient[r * columns + c] * function(z, f, parameter, 1);
            out[r * columns + c] = (float)function(z, f, parameter, 0);
            sum += dz;
            product += dz * hat;
        }
        for (size_t r = 0; r < rows; r++) {
            const double hat = (in[r * columns + c] - m) * inverse, z = hat * weight[c] + bias[c];
            double d = out_gradient[r * columns + c] * function(z, f, parameter, 1);
            if (trains) d -= (sum + hat * product) / (double)rows;
            in_gradient[r * columns + c] = (float)(d * weight[c] * inverse);
        }
        weight_gradient[c] = (float)product;
        bias_gradient[c] = (float)sum;
    }
}

void ck_grid_sample_reference(const float *map, const ck_grid_sampling *g, const float *grid, const float *out_gradient,
                              float *out, float *map_gradient, float *grid_gradient) {
    const size_t maps = g->step ? (size_t)g->n * (size_t)g->step : (size_t)g->h * g->w * g->c;
    for (size_t i = 0; i < maps; i++) map_gradient[i] = 0;
    for (int p = 0; p < g->n * g->places; p++) {
        const ptrdiff_t image = p / g->places * g->step;
        const double x = ((grid[2 * p] + 1.0) * g->w - 1) / 2, y = ((grid[2 * p + 1] + 1.0) * g->h - 1) / 2;
        double by_x = 0, by_y = 0;
        for (int c = 0; c < g->c; c++) {
            const double gradient = out_gradient[(size_t)p * g->c + c];
            double sum = 0;
            // Every pixel weighs as a tent of width 1 around it says.
            for (int py = 0; py < g->h; py++)
                for (int px = 0; px < g->w; px++) {
                    const double wx = 1 - fabs(x - px), wy = 1 - fabs(y - py);
                    if (wx <= 0 || wy <= 0) continue;
                    const ptrdiff_t at = image + ((ptrdiff_t)py * g->w + px) * g->c + c;
                    sum += map[at] * wx * wy;
                    map_gradient[at] += (float)(gradient * wx * wy);
                    by_x += gradient * map[at] * wy * (px > x ? 1 : -1);
                    by_y += gradient * map[at] * wx * (py > y ? 1 : -1);
                }
            out[(size_t)p * g->c + c] = (float)sum;
        }
        grid_gradient[2 * p] = (float)(by_x * g->w / 2);
        grid_gradient[2 * p + 1] = (float)(by_y * g->h / 2);
    }
}
