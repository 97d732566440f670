#include "ck_half.h"
#include "ck_dispatch.h"
#include <string.h>

static inline uint32_t bits_of(float f) {
    uint32_t u;
    memcpy(&u, &f, 4);
    return u;
}

static inline float float_of(uint32_t u) {
    float f;
    memcpy(&f, &u, 4);
    return f;
}

CK_CLONES void ck_to_half(const float *in, size_t count, uint16_t *out) {
    for (size_t i = 0; i < count; i++) {
        const uint32_t u = bits_of(in[i]), sign = u >> 16 & 0x8000, a = u & 0x7fffffff;
        // Normal: drop 13 bits of the fraction, rounding; the carry may step up the exponent, as it should.
        const uint32_t normal = (a - 0x38000000 + 0xfff + (a >> 13 & 1)) >> 13;
        // Subnormal: adding 0.5 shifts the fraction into place with the addition's own rounding.
        const uint32_t small = bits_of(float_of(a) + 0.5f) - 0x3f000000;
        uint32_t h = a < 0x38800000 ? small : normal;
        h = a >= 0x47800000 ? 0x7c00 : h;
        h = a > 0x7f800000 ? 0x7e00 : h;
        out[i] = (uint16_t)(sign | h);
    }
}

CK_CLONES void ck_from_half(const uint16_t *in, size_t count, float *out) {
    for (size_t i = 0; i < count; i++) {
        const uint32_t h = in[i], sign = (h & 0x8000) << 16, a = h & 0x7fff;
        const uint32_t normal = (a << 13) + 0x38000000;
        const uint32_t special = (a << 13) | 0x7f800000;
        const uint32_t small = bits_of((float)(int32_t)a * 0x1p-24f);
        out[i] = float_of(sign | (a >= 0x7c00 ? special : a < 0x400 ? small : normal));
    }
}

uint64_t ck_digest(const float *in, size_t count) {
    // FNV-1a over words, in four strands that do not wait for each other.
    uint64_t strands[4] = {0xcbf29ce484222325, 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9};
    for (size_t i = 0; i < count; i++) strands[i & 3] = (strands[i & 3] ^ bits_of(in[i])) * 0x100000001b3;
    uint64_t digest = count;
    for (int s = 0; s < 4; s++) digest = (digest ^ strands[s] ^ strands[s] >> 29) * 0x100000001b3;
    return digest;
}
