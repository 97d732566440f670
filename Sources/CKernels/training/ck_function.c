#include "ck_dispatch.h"
#include "ck_function_body.h"

CK_INLINE void apply(const float *in, const float *by, size_t count, ck_function f, float parameter, int order, float *out) {
    if (by)
        for (size_t i = 0; i < count; i++) out[i] = ck_function_value(in[i], f, parameter, order) * by[i];
    else
        for (size_t i = 0; i < count; i++) out[i] = ck_function_value(in[i], f, parameter, order);
}

CK_CLONES void ck_function_apply(const float *in, const float *by, size_t count, ck_function f, float parameter, int order,
                                 float *out) {
    switch (order) {
    case 0: CK_FOR_FUNCTION(f, apply(in, by, count, F, parameter, 0, out)) break;
    case 1: CK_FOR_FUNCTION(f, apply(in, by, count, F, parameter, 1, out)) break;
    default: CK_FOR_FUNCTION(f, apply(in, by, count, F, parameter, 2, out)) break;
    }
}
