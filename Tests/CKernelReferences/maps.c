// References of GRAD's kernels, in double precision.
#include "CKernelReferences.h"
#include <math.h>

void ck_refine_reference(const float *x, const float *f, size_t positions, int c, ck_refinement r, float *out) {
    for (size_t p = 0; p < positions; p++, x += c, f += c, out += c) {
        double difference = 0, product = 0, ff = 0, xx = 0;
        for (int i = 0; i < c; i++) {
            difference += ((double)f[i] - x[i]) * ((double)f[i] - x[i]);
            product += (double)f[i] * x[i];
            ff += (double)f[i] * f[i];
            xx += (double)x[i] * x[i];
        }
        const double far = fmin(fmax(r.slope * difference / c, 0), 1);
        const double cosine = product / (fmax(sqrt(ff), 1e-8) * fmax(sqrt(xx), 1e-8));
        const double s = r.level * (1 - rint(far)) + r.angle * cosine;
        for (int i = 0; i < c; i++) out[i] = (float)(s * x[i] + (1 - s) * f[i]);
    }
}
