#include "ck_optimizers.h"
#include "ck_dispatch.h"
#include <math.h>

CK_CLONES void ck_adam_step(const ck_adam *a, const float *restrict gradient, float *restrict value, float *restrict first,
                            float *restrict second, size_t count) {
    const float step = a->learning_rate / a->correction1, root = 1 / sqrtf(a->correction2);
    const float shrink = a->decoupled ? 1 - a->learning_rate * a->weight_decay : 1;
    const float pull = a->decoupled ? 0 : a->weight_decay;
    for (size_t i = 0; i < count; i++) {
        const float g = gradient[i] + pull * value[i];
        first[i] += (g - first[i]) * (1 - a->beta1);
        second[i] = second[i] * a->beta2 + (1 - a->beta2) * g * g;
        value[i] = value[i] * shrink - step * first[i] / (sqrtf(second[i]) * root + a->epsilon);
    }
}

CK_CLONES void ck_sgd_step(const ck_sgd *s, const float *restrict gradient, float *restrict value, float *restrict velocity,
                           size_t count) {
    for (size_t i = 0; i < count; i++) {
        float g = gradient[i] + s->weight_decay * value[i];
        if (s->momentum != 0) {
            velocity[i] = velocity[i] * s->momentum + g;
            g = s->nesterov ? g + s->momentum * velocity[i] : velocity[i];
        }
        value[i] -= s->learning_rate * g;
    }
}
