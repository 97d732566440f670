// The exponential's polynomial, for single floats and for vectors of them alike.
#pragma once

/// e^r for |r| ≤ ½ ln 2, relative error under 2e-7 (degree 5, coefficients as in Cephes).
#define CK_EXP_POLYNOMIAL(r)                                                                                           \
    ((((((r * 1.9875691500e-4f + 1.3981999507e-3f) * r + 8.3334519073e-3f) * r + 4.1665795894e-2f) * r +              \
       1.6666665459e-1f) * r + 5.0000001201e-1f) * (r * r) + (r + 1.0f))
