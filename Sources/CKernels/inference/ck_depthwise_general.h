// The depthwise kernel for sizes that have none of their own (ck_inference.c picks).
#pragma once
#include "ck_inference.h"

/// ck_depthwise_run, one number at a time: same buffers, same result.
void ck_depthwise_general(const ck_depthwise *d, int begin, int end, float *sums);
