// Depthwise convolution in registers. Included by ck_inference_body.h.
// A block is up to eight neighbouring output pixels of one channel vector: each input is loaded once for all the taps
// that it meets, each weight once for all pixels (8 sums, 5 weights and 1 input: 14 of AVX2's 16 registers).

/// The block whose outputs begin at `out`, and its window at `in`, input column `ix`; with `checks`, columns outside the
/// row count as zeros. Its outputs are added to `total`.
INLINE void CK_FN(depthwise_block)(const ck_depthwise *d, const float *in, int ky0, int ky1, int ix, int c, float *out,
                                   vf *total, const int kernel, const int stride, const int count, const int checks) {
    vf acc[8];
    const vf bias = LOAD(d->bias + c);
    UNROLL for (int t = 0; t < count; t++) acc[t] = bias;
    for (int ky = ky0; ky < ky1; ky++) {
        const float *row = in + (ptrdiff_t)ky * d->w * d->c;
        const float *weight = d->weights + (ptrdiff_t)ky * kernel * d->c + c;
        vf w[5];
        UNROLL for (int kx = 0; kx < kernel; kx++) {
            w[kx] = LOAD(weight + (ptrdiff_t)kx * d->c);
            IN_REGISTER(w[kx]);
        }
        UNROLL for (int i = 0; i < (count - 1) * stride + kernel; i++) {
            if (checks && (unsigned)(ix + i) >= (unsigned)d->w) continue;
            vf v = LOAD(row + (ptrdiff_t)i * d->c);
            IN_REGISTER(v);
            UNROLL for (int kx = 0; kx < kernel; kx++)
                if (i >= kx && (i - kx) % stride == 0 && (i - kx) / stride < count) acc[(i - kx) / stride] += v * w[kx];
        }
    }
    const int valid = d->c - c;
    vf low, high;
    if (CK_FN(bounds)(d->activation, &low, &high)) {
        UNROLL for (int t = 0; t < count; t++) {
            const vf v = CK_FN(bounded)(acc[t], low, high);
            *total += v;
            CK_FN(store_some)(out + (ptrdiff_t)t * d->c, v, valid);
        }
        return;
    }
    vf through[8];
    UNROLL for (int t = 0; t < count; t++) through[t] = acc[t];
    CK_FN(activate_all)(through, count, d->activation);
    for (int t = 0; t < count; t++) {
        *total += through[t];
        CK_FN(store_some)(out + (ptrdiff_t)t * d->c, through[t], valid);
    }
}

/// The largest block for `rest` pixels: eights, but sevens for the maps of 7 and 14.
INLINE int CK_FN(block)(int rest) {
    return rest == 7 || rest == 14 ? 7 : rest >= 8 ? 8 : rest >= 4 ? 4 : rest >= 2 ? 2 : 1;
}

/// One output row of one channel vector; adds its outputs to `total`.
INLINE void CK_FN(depthwise_line)(const ck_depthwise *d, int y, int ch, const int kernel, const int stride, vf *total) {
    const int c = d->c, iy = y * stride - d->top;
    const int ky0 = iy < 0 ? -iy : 0, ky1 = iy + kernel > d->h ? d->h - iy : kernel;
    const float *line = d->in + (ptrdiff_t)iy * d->w * c + ch;
    float *out = d->out + (ptrdiff_t)y * d->ow * c + ch;
    for (int x = 0; x < d->ow;) {
        const int ix = x * stride - d->left, count = CK_FN(block)(d->ow - x);
        const float *in = line + (ptrdiff_t)ix * c;
        const int is_inside = ix >= 0 && ix + (count - 1) * stride + kernel <= d->w;
#define BLOCK(COUNT)                                                                                                   \
    case COUNT:                                                                                                        \
        if (is_inside) CK_FN(depthwise_block)(d, in, ky0, ky1, ix, ch, out, total, kernel, stride, COUNT, 0);           \
        else CK_FN(depthwise_block)(d, in, ky0, ky1, ix, ch, out, total, kernel, stride, COUNT, 1);                     \
        break
        switch (count) {
            BLOCK(8);
            BLOCK(7);
            BLOCK(4);
            BLOCK(2);
            BLOCK(1);
        }
#undef BLOCK
        x += count;
        out += (ptrdiff_t)count * c;
    }
}

/// A few rows of one channel vector before the next vector, so that a row is read from near once for all of them.
INLINE void CK_FN(depthwise_rows)(const ck_depthwise *d, int begin, int end, float *sums, const int kernel,
                                  const int stride) {
    const int fitting = (24 << 10) / (d->w * CK_VL * 4), some = (fitting - kernel) / stride + 1;
    const int rows = some < 1 ? 1 : some;
    for (int first = begin; first < end; first += rows) {
        const int last = first + rows < end ? first + rows : end;
        for (int ch = 0; ch < d->c; ch += CK_VL) {
            vf total = (vf){};
            for (int y = first; y < last; y++) CK_FN(depthwise_line)(d, y, ch, kernel, stride, &total);
            if (sums) {
                const int valid = d->c - ch;
                CK_FN(store_some)(sums + ch, CK_FN(load_some)(sums + ch, valid) + total, valid);
            }
        }
    }
}

static void CK_FN(depthwise_run)(const ck_depthwise *d, int begin, int end, float *sums) {
#define SIZE(KERNEL, STRIDE)                                                                                           \
    case (STRIDE) * 8 + (KERNEL): CK_FN(depthwise_rows)(d, begin, end, sums, KERNEL, STRIDE); break
    switch (d->stride * 8 + d->kernel) {
        SIZE(1, 1); // a batch norm by itself
        SIZE(2, 2); // a mean that halves a map
        SIZE(3, 1);
        SIZE(3, 2);
        SIZE(5, 1);
        SIZE(5, 2);
    default: ck_depthwise_general(d, begin, end, sums); break;
    }
#undef SIZE
}
