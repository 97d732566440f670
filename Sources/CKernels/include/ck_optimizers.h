// One step of an optimiser on one parameter's values [0, count), in place. As PyTorch computes it.
#pragma once
#include <stddef.h>

typedef struct {
    float learning_rate, beta1, beta2, epsilon;
    float weight_decay;
    int decoupled;                ///< weight decay shrinks the value itself (AdamW), not by way of the gradient
    float correction1, correction2; ///< 1 − βᵗ: undoes the moments' start at zero
} ck_adam;
void ck_adam_step(const ck_adam *a, const float *gradient, float *value, float *first, float *second, size_t count);

typedef struct {
    float learning_rate, momentum, weight_decay;
    int nesterov;
} ck_sgd;
/// `velocity` is read and written where momentum is not 0; it begins at zero.
void ck_sgd_step(const ck_sgd *s, const float *gradient, float *value, float *velocity, size_t count);
