// Ranges of raw samples: which values an image uses, and images moved from the range in use to the whole one.
#pragma once
#include <stddef.h>
#include <stdint.h>

// Smallest and largest of `count` samples; count is at least 1.
void ck_extremes_u8(const uint8_t *values, size_t count, int *low, int *high);
void ck_extremes_u16(const uint16_t *values, size_t count, int *low, int *high);

// Moves low…high to 0…255 or 0…65535, rounded; values outside are held at the ends. low is below high.
void ck_stretch_u8(const uint8_t *in, size_t count, int low, int high, uint8_t *out);
void ck_stretch_u16(const uint16_t *in, size_t count, int low, int high, uint16_t *out);

// Whether every value is a finite number.
int ck_all_finite(const float *values, size_t count);
