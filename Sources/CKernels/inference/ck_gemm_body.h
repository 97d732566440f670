// The matrix product of ck_gemm_run and its packing. Included by ck_inference_body.h.
// Register budget of a tile: CK_MR × 3 accumulators + 3 weights + 1 broadcast (28 of 32 with CK_MR 8, 16 of 16 with 4).

/// Writes mr × nv vectors, the last one as far as there are columns, through the stack where the activation is more than
/// bounds: one short loop instead of 24 inlined exponentials.
INLINE void CK_FN(finish)(const ck_gemm *g, vf (*acc)[3], int column, int m, const int mr, const int nv) {
    const int last = g->n - column - (nv - 1) * CK_VL;
    vf low, high;
    const int is_bounded = CK_FN(bounds)(g->activation, &low, &high);
    // Added last: sums that begin near their end round more often.
    if (g->bias)
        UNROLL for (int j = 0; j < nv; j++) {
            const vf bias = CK_FN(load_some)(g->bias + column + j * CK_VL, g->n - column - j * CK_VL);
            UNROLL for (int i = 0; i < mr; i++) acc[i][j] += bias;
        }
    if (g->residual)
        UNROLL for (int i = 0; i < mr; i++) {
            const float *r = g->residual + (m + i) * g->ldr + column;
            UNROLL for (int j = 0; j < nv; j++) acc[i][j] += LOAD(r + j * CK_VL);
        }
    if (is_bounded) {
        float *p = g->out + m * g->ldo + column;
        UNROLL for (int i = 0; i < mr; i++, p += g->ldo) {
            UNROLL for (int j = 0; j < nv - 1; j++) STORE(p + j * CK_VL, CK_FN(bounded)(acc[i][j], low, high));
            CK_FN(store_some)(p + (nv - 1) * CK_VL, CK_FN(bounded)(acc[i][nv - 1], low, high), last);
        }
        return;
    }
    vf out[CK_MR * 3];
    UNROLL for (int i = 0; i < mr; i++) UNROLL for (int j = 0; j < nv; j++) out[i * nv + j] = acc[i][j];
    CK_FN(activate_all)(out, mr * nv, g->activation);
    for (int i = 0; i < mr; i++) {
        float *p = g->out + (m + i) * g->ldo + column;
        UNROLL for (int j = 0; j < nv - 1; j++) STORE(p + j * CK_VL, out[i * nv + j]);
        CK_FN(store_some)(p + (nv - 1) * CK_VL, out[i * nv + nv - 1], last);
    }
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
                vf x = SPLAT(r[i][c]);
                if (nv > 1) IN_REGISTER(x);
                UNROLL for (int j = 0; j < nv; j++) acc[i][j] += x * wv[j];
            }
        }
    }
    CK_FN(finish)(g, acc, column, m, mr, nv);
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

/// Vectors in the panel that begins at vector `v` of `vectors`: threes, but twos for the last four.
INLINE int CK_FN(panel_vectors)(int v, int vectors) {
    const int rest = vectors - v;
    return rest == 4 ? 2 : rest >= 3 ? 3 : rest;
}

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

#undef PANEL
