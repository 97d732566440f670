// The kernels' one body. Included once per instruction set with
//   CK_VL  floats per vector,  CK_MR  rows per tile,  CK_FN(name)  the name for this set.
// Register budget of a tile: CK_MR × 3 accumulators + 3 weights + 1 broadcast (28 of 32 with CK_MR 8, 16 of 16 with 4).

typedef float CK_FN(vf) __attribute__((vector_size(CK_VL * 4), aligned(4)));
typedef int CK_FN(vi) __attribute__((vector_size(CK_VL * 4), aligned(4)));
#define vf CK_FN(vf)
#define vi CK_FN(vi)
#define INLINE static inline __attribute__((always_inline))
#define LOAD(p) (*(const vf *)(p))
#define STORE(p, v) (*(vf *)(p) = (v))
// x − 0 is x for every x, so this is one broadcast; 0 + x is not (−0 becomes 0), and costs an addition and a register
// for the zero, which the tile below does not have: its accumulators would go through the stack.
#define SPLAT(x) ((x) - (vf){})
#define UNROLL _Pragma("clang loop unroll(full)")

/// e^x, relative error under 2e-7 (reduction by ln 2, then a polynomial).
INLINE void CK_FN(exp)(const vf *in, vf *out) {
    vf x = *in;
    x = __builtin_elementwise_min(__builtin_elementwise_max(x, SPLAT(-87.0f)), SPLAT(88.0f));
    const vf magic = SPLAT(12582912.0f); // 1.5 · 2^23: adding it rounds to an integer
    vf t = x * 1.44269504088896341f + magic;
    vf n = t - magic;
    vf r = x - n * 0.693359375f;
    r = r + n * 2.12194440e-4f;
    vf p = CK_EXP_POLYNOMIAL(r);
    vi scale = ((vi)t - (vi)magic) << 23;
    *out = (vf)((vi)p + scale);
}

INLINE void CK_FN(activate)(vf *v, int activation) {
    const vf zero = (vf){}, one = SPLAT(1.0f), six = SPLAT(6.0f);
    switch (activation) {
    case CK_FUNCTION_RELU: *v = __builtin_elementwise_max(*v, zero); break;
    case CK_FUNCTION_LEAKY_RELU: *v = __builtin_elementwise_max(*v, 0.2f * *v); break;
    case CK_FUNCTION_RELU6: *v = __builtin_elementwise_min(__builtin_elementwise_max(*v, zero), six); break;
    case CK_FUNCTION_SILU: {
        vf e, minus = zero - *v;
        CK_FN(exp)(&minus, &e);
        *v = *v / (one + e);
        break;
    }
    case CK_FUNCTION_SIGMOID: {
        vf e, minus = zero - *v;
        CK_FN(exp)(&minus, &e);
        *v = one / (one + e);
        break;
    }
    case CK_FUNCTION_TANH: { // 2σ(2x) − 1 loses digits near 0; there the odd series is exact enough
        vf e, twice = *v + *v, x = *v;
        CK_FN(exp)(&twice, &e);
        vf big = one - (one + one) / (e + one);
        vf q = x * x;
        vf small = x * (one + q * (-0.333333333f + q * (0.133333333f - q * 0.0539682540f)));
        vi near = (vi)(q < 0.0025f);
        *v = (vf)((near & (vi)small) | (~near & (vi)big));
        break;
    }
    case CK_FUNCTION_HARDSIGMOID:
        *v = __builtin_elementwise_min(__builtin_elementwise_max(*v + 3.0f, zero), six) / six;
        break;
    case CK_FUNCTION_HARDSWISH:
        *v = *v * __builtin_elementwise_min(__builtin_elementwise_max(*v + 3.0f, zero), six) / six;
        break;
    default: break;
    }
}

/// Stores the first `count` lanes.
INLINE void CK_FN(store_some)(float *p, const vf *v, int count) {
    if (count >= CK_VL) {
        STORE(p, *v);
        return;
    }
    const float *lanes = (const float *)v;
    int i = 0;
#if CK_VL > 8
    if (count & 8) { __builtin_memcpy(p, lanes, 32); i = 8; }
#endif
#if CK_VL > 4
    if (count & 4) { __builtin_memcpy(p + i, lanes + i, 16); i += 4; }
#endif
    for (; i < count; i++) p[i] = lanes[i];
}

/// One tile: mr rows (≤ CK_MR) by nv vectors (≤ 3) of columns, all constants after inlining.
INLINE void CK_FN(tile)(const ck_gemm *g, const float *packed, int column, int m, const int mr, const int nv) {
    vf acc[CK_MR][3];
    UNROLL for (int j = 0; j < nv; j++) UNROLL for (int i = 0; i < mr; i++) acc[i][j] = (vf){};
    const float *w = packed;
    for (int tap = 0; tap < g->taps; tap++) {
        const float *r[CK_MR];
        UNROLL for (int i = 0; i < mr; i++)
            r[i] = g->rows ? g->rows[(ptrdiff_t)tap * g->row_count + m + i] : g->a + (m + i) * g->lda;
        for (int c = 0; c < g->c; c++) {
            vf wv[3];
            UNROLL for (int j = 0; j < nv; j++) wv[j] = LOAD(w + j * CK_VL);
            w += nv * CK_VL;
            UNROLL for (int i = 0; i < mr; i++) {
                const vf x = SPLAT(r[i][c]);
                UNROLL for (int j = 0; j < nv; j++) acc[i][j] += x * wv[j];
            }
        }
    }
    // The tile goes through the stack: the epilogue is then one short loop instead of 24 inlined activations.
    vf out[CK_MR * 3];
    UNROLL for (int i = 0; i < mr; i++) UNROLL for (int j = 0; j < nv; j++) out[i * nv + j] = acc[i][j];
    if (g->bias)
        for (int j = 0; j < nv; j++) {
            vf b = (vf){};
            const int valid = g->n - column - j * CK_VL;
            __builtin_memcpy(&b, g->bias + column + j * CK_VL, (valid < CK_VL ? valid : CK_VL) * sizeof(float));
            for (int i = 0; i < mr; i++) out[i * nv + j] += b;
        }
    if (g->residual)
        for (int i = 0; i < mr; i++)
            for (int j = 0; j < nv; j++) out[i * nv + j] += LOAD(g->residual + (m + i) * g->ldr + column + j * CK_VL);
    switch (g->activation) {
    case CK_FUNCTION_IDENTITY: break;
    case CK_FUNCTION_SILU:
        for (int v = 0; v < mr * nv; v++) CK_FN(activate)(&out[v], CK_FUNCTION_SILU);
        break;
    case CK_FUNCTION_RELU6:
        for (int v = 0; v < mr * nv; v++) CK_FN(activate)(&out[v], CK_FUNCTION_RELU6);
        break;
    default:
        for (int v = 0; v < mr * nv; v++) CK_FN(activate)(&out[v], g->activation);
    }
    const int valid = g->n - column;
    for (int i = 0; i < mr; i++) {
        float *p = g->out + (m + i) * g->ldo + column;
        for (int j = 0; j < nv; j++) CK_FN(store_some)(p + j * CK_VL, &out[i * nv + j], valid - j * CK_VL);
    }
}

#define PANEL(NV)                                                                                                      \
    static void CK_FN(panel##NV)(const ck_gemm *g, const float *packed, int column, int begin, int end) {              \
        int m = begin;                                                                                                 \
        for (; m + CK_MR <= end; m += CK_MR) CK_FN(tile)(g, packed, column, m, CK_MR, NV);                             \
        if (CK_MR > 4 && m + 4 <= end) { CK_FN(tile)(g, packed, column, m, 4, NV); m += 4; }                           \
        if (m + 2 <= end) { CK_FN(tile)(g, packed, column, m, 2, NV); m += 2; }                                        \
        if (m < end) CK_FN(tile)(g, packed, column, m, 1, NV);                                                         \
    }
PANEL(3)
PANEL(2)
PANEL(1)

/// Vectors in the panel that begins at vector `v` of `vectors`: threes, and what remains.
INLINE int CK_FN(panel_vectors)(int v, int vectors) { return vectors - v >= 3 ? 3 : vectors - v; }

static void CK_FN(gemm_run)(const ck_gemm *g, int begin, int end) {
    const int vectors = (g->n + CK_VL - 1) / CK_VL, depth = g->taps * g->c;
    const float *packed = g->packed;
    for (int v = 0; v < vectors;) {
        const int nv = CK_FN(panel_vectors)(v, vectors);
        if (nv == 3) CK_FN(panel3)(g, packed, v * CK_VL, begin, end);
        else if (nv == 2) CK_FN(panel2)(g, packed, v * CK_VL, begin, end);
        else CK_FN(panel1)(g, packed, v * CK_VL, begin, end);
        packed += (size_t)depth * nv * CK_VL;
        v += nv;
    }
}

static void CK_FN(gemm_pack)(const float *w, int k, int n, float *packed) {
    const int vectors = (n + CK_VL - 1) / CK_VL;
    for (int v = 0; v < vectors;) {
        const int nv = CK_FN(panel_vectors)(v, vectors);
        for (int row = 0; row < k; row++)
            for (int j = 0; j < nv * CK_VL; j++) {
                const int column = v * CK_VL + j;
                *packed++ = column < n ? w[(size_t)row * n + column] : 0.0f;
            }
        v += nv;
    }
}

static void CK_FN(gemm_scale_rows)(const float *packed, const float *scale, int k, int n, int begin, int end, float *out) {
    const int vectors = (n + CK_VL - 1) / CK_VL;
    size_t base = 0;
    for (int v = 0; v < vectors;) {
        const int nv = CK_FN(panel_vectors)(v, vectors), width = nv * CK_VL;
        for (int row = begin; row < end; row++) {
            const size_t at = base + (size_t)row * width;
            for (int j = 0; j < nv; j++) STORE(out + at + j * CK_VL, LOAD(packed + at + j * CK_VL) * scale[row]);
        }
        base += (size_t)k * width;
        v += nv;
    }
}

/// `count` neighbouring output pixels of one channel vector whose windows lie inside the row. `kernel` is constant.
INLINE void CK_FN(depthwise_run_of)(const ck_depthwise *d, const float *in, int ky0, int ky1, int kx0, int kx1, int c,
                                    const int kernel, const int count, vf *acc) {
    const ptrdiff_t step = (ptrdiff_t)d->stride * d->c, line = (ptrdiff_t)d->w * d->c;
    const vf bias = LOAD(d->bias + c);
    UNROLL for (int t = 0; t < count; t++) acc[t] = bias;
    for (int ky = ky0; ky < ky1; ky++) {
        const float *row = in + ky * line + c;
        const float *weight = d->weights + (ptrdiff_t)ky * kernel * d->c + c;
        if (kx0 == 0 && kx1 == kernel) {
            UNROLL for (int kx = 0; kx < kernel; kx++) {
                const vf w = LOAD(weight + (ptrdiff_t)kx * d->c);
                UNROLL for (int t = 0; t < count; t++) acc[t] += LOAD(row + (ptrdiff_t)kx * d->c + t * step) * w;
            }
        } else {
            for (int kx = kx0; kx < kx1; kx++)
                acc[0] += LOAD(row + (ptrdiff_t)kx * d->c) * LOAD(weight + (ptrdiff_t)kx * d->c);
        }
    }
}

INLINE void CK_FN(depthwise_rows)(const ck_depthwise *d, int begin, int end, float *sums, const int kernel) {
    const int c = d->c, s = d->stride;
    // Output columns [x0, x1) have their whole window inside the row.
    int x0 = (d->left + s - 1) / s, x1 = d->w - kernel + d->left < 0 ? 0 : (d->w - kernel + d->left) / s + 1;
    if (x1 > d->ow) x1 = d->ow;
    if (x0 > x1) x0 = x1;
    for (int y = begin; y < end; y++) {
        const int iy = y * s - d->top;
        const int ky0 = iy < 0 ? -iy : 0, ky1 = iy + kernel > d->h ? d->h - iy : kernel;
        for (int ch = 0; ch < c; ch += CK_VL) {
            const int valid = c - ch < CK_VL ? c - ch : CK_VL;
            vf total = (vf){};
            for (int x = 0; x < d->ow;) {
                const int ix = x * s - d->left;
                const float *in = d->in + ((ptrdiff_t)iy * d->w + ix) * c;
                float *out = d->out + ((ptrdiff_t)y * d->ow + x) * c + ch;
                vf acc[4];
                int count = 1;
                if (x >= x0 && x + 4 <= x1) {
                    count = 4;
                    CK_FN(depthwise_run_of)(d, in, ky0, ky1, 0, kernel, ch, kernel, 4, acc);
                } else {
                    const int kx0 = ix < 0 ? -ix : 0, kx1 = ix + kernel > d->w ? d->w - ix : kernel;
                    CK_FN(depthwise_run_of)(d, in, ky0, ky1, kx0, kx1, ch, kernel, 1, acc);
                }
                for (int t = 0; t < count; t++) {
                    CK_FN(activate)(&acc[t], d->activation);
                    total += acc[t];
                    CK_FN(store_some)(out + (ptrdiff_t)t * c, &acc[t], valid);
                }
                x += count;
            }
            if (sums)
                for (int i = 0; i < valid; i++) sums[ch + i] = (y == begin ? 0.0f : sums[ch + i]) + total[i];
        }
    }
    if (sums && begin >= end)
        for (int i = 0; i < c; i++) sums[i] = 0.0f;
}

static void CK_FN(depthwise_run)(const ck_depthwise *d, int begin, int end, float *sums) {
    switch (d->kernel) {
    case 1: CK_FN(depthwise_rows)(d, begin, end, sums, 1); break; // a batch norm by itself
    case 2: CK_FN(depthwise_rows)(d, begin, end, sums, 2); break; // a mean that halves a map
    case 3: CK_FN(depthwise_rows)(d, begin, end, sums, 3); break;
    case 5: CK_FN(depthwise_rows)(d, begin, end, sums, 5); break;
    default: ck_depthwise_general(d, begin, end, sums); break;
    }
}

static void CK_FN(add_activate)(const float *a, const float *b, size_t count, int activation, float *out) {
    for (size_t i = 0; i < count; i += CK_VL) {
        vf v = LOAD(a + i);
        if (b) v += LOAD(b + i);
        CK_FN(activate)(&v, activation);
        CK_FN(store_some)(out + i, &v, count - i < CK_VL ? (int)(count - i) : CK_VL);
    }
}

static void CK_FN(add_scaled)(const float *in, float scale, int count, float *out) {
    int i = 0;
    for (; i + CK_VL <= count; i += CK_VL) STORE(out + i, LOAD(out + i) + LOAD(in + i) * scale);
    for (; i < count; i++) out[i] += in[i] * scale;
}

static void CK_FN(scale_activate)(const float *in, const float *gate, int count, int c, int activation, float *out) {
    for (int p = 0; p < count; p++)
        for (int ch = 0; ch < c; ch += CK_VL) {
            vf v = LOAD(in + (ptrdiff_t)p * c + ch) * LOAD(gate + ch);
            CK_FN(activate)(&v, activation);
            CK_FN(store_some)(out + (ptrdiff_t)p * c + ch, &v, c - ch);
        }
}

static void CK_FN(channel_sums)(const float *in, int count, int c, float scale, float *out) {
    for (int ch = 0; ch < c; ch += CK_VL) {
        vf total = (vf){};
        for (int p = 0; p < count; p++) total += LOAD(in + (ptrdiff_t)p * c + ch);
        total *= scale;
        CK_FN(store_some)(out + ch, &total, c - ch);
    }
}

static const struct ck_inference_set CK_FN(set) = {
    CK_VL,
    CK_FN(gemm_pack),
    CK_FN(gemm_scale_rows),
    CK_FN(gemm_run),
    CK_FN(depthwise_run),
    CK_FN(add_activate),
    CK_FN(add_scaled),
    CK_FN(scale_activate),
    CK_FN(channel_sums),
};

#undef vf
#undef vi
#undef INLINE
#undef LOAD
#undef STORE
#undef SPLAT
#undef UNROLL
#undef PANEL
