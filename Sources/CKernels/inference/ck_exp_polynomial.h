// The exponential's polynomials, for single floats and for vectors of them alike.
#pragma once

/// e^r for |r| ≤ ½ ln 2, relative error under 2e-7 (degree 5, coefficients as in Cephes).
#define CK_EXP_POLYNOMIAL(r)                                                                                           \
    ((((((r * 1.9875691500e-4f + 1.3981999507e-3f) * r + 8.3334519073e-3f) * r + 4.1665795894e-2f) * r +              \
       1.6666665459e-1f) * r + 5.0000001201e-1f) * (r * r) + (r + 1.0f))

/// 2^f for |f| ≤ ½, relative error under 2e-7: degree 5, 1 at 0, the smallest largest relative error (found by linear
/// programming on 4,001 points).
#define CK_EXP2_POLYNOMIAL(f)                                                                                          \
    (((((f * 1.3264727313e-3f + 9.6715129912e-3f) * f + 5.5507335812e-2f) * f + 2.4022242427e-1f) * f +                \
      6.9314700365e-1f) * f + 1.0f)
