// IEEE 754 binary16, for features kept in half the memory. Integer arithmetic: the same bits on every machine.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Rounds to nearest, halves to even; what is too large becomes infinite, what is not a number stays so.
void ck_to_half(const float *in, size_t count, uint16_t *out);
void ck_from_half(const uint16_t *in, size_t count, float *out);

/// A 64-bit digest of floats: to tell whether two sets of features are the same, not against forgery.
uint64_t ck_digest(const float *in, size_t count);
