// Element-wise arithmetic, broadcasts and sums for training. Every function works on the part of its operands that it
// is given, so that callers share large ones out to several cores.
#pragma once
#include <stddef.h>

/// out[i] = a[i] + b[i], a[i] − b[i], a[i] · b[i]; out may be an operand.
void ck_add(const float *a, const float *b, size_t count, float *out);
void ck_subtract(const float *a, const float *b, size_t count, float *out);
void ck_multiply(const float *a, const float *b, size_t count, float *out);
/// out[i] = in[i] · scale + shift; out may be in.
void ck_affine(const float *in, float scale, float shift, size_t count, float *out);
/// Σ in, summed in blocks and then in double precision.
double ck_sum(const float *in, size_t count);
/// Σ a · b, likewise.
double ck_dot(const float *a, const float *b, size_t count);

// An operand [outer][inner] that is repeated along the middle axis of [outer][middle][inner]: per channel (outer 1),
// per image and channel (outer N), per position (inner 1). Blocks [begin, end) of the outer axis.
/// out = x + s, x · s; x NULL: out = s.
void ck_broadcast_add(const float *x, const float *s, size_t outer, size_t middle, size_t inner, float *out);
void ck_broadcast_multiply(const float *x, const float *s, size_t outer, size_t middle, size_t inner, float *out);
/// out[outer][inner] = Σ_middle a · b, or Σ_middle a where b is NULL; times scale. Columns [begin, end) of inner.
void ck_contract(const float *a, const float *b, size_t outer, size_t middle, size_t inner, size_t begin, size_t end,
                 float scale, float *out);
