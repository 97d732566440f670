#include "ck_dispatch.h"
#include "ck_training.h"
#include <math.h>

/// The four pixels around a place: where they begin in the map, how much each weighs, and how the weights change with
/// the place's x and y (in pixels). A pixel outside the map has offset −1.
struct corners {
    ptrdiff_t offset[4];
    float weight[4], by_x[4], by_y[4];
};

static struct corners corners_at(const ck_grid_sampling *g, const float *place) {
    const float x = ((place[0] + 1) * (float)g->w - 1) / 2, y = ((place[1] + 1) * (float)g->h - 1) / 2;
    const float left = floorf(x), top = floorf(y), right_part = x - left, lower_part = y - top;
    struct corners s;
    for (int corner = 0; corner < 4; corner++) {
        const int right = corner & 1, lower = corner >> 1;
        const float cx = left + (float)right, cy = top + (float)lower;
        const float wx = right ? right_part : 1 - right_part, wy = lower ? lower_part : 1 - lower_part;
        const int inside = cx >= 0 && cx <= (float)(g->w - 1) && cy >= 0 && cy <= (float)(g->h - 1);
        s.offset[corner] = inside ? ((ptrdiff_t)cy * g->w + (ptrdiff_t)cx) * g->c : -1;
        s.weight[corner] = wx * wy;
        s.by_x[corner] = right ? wy : -wy;
        s.by_y[corner] = lower ? wx : -wx;
    }
    return s;
}

CK_CLONES static void add_scaled(const float *in, float scale, int count, float *out) {
    for (int i = 0; i < count; i++) out[i] += in[i] * scale;
}

CK_CLONES static float dot(const float *a, const float *b, int count) {
    float lanes[32] = {0};
    int i = 0;
    for (; i + 32 <= count; i += 32)
        for (int j = 0; j < 32; j++) lanes[j] += a[i + j] * b[i + j];
    double sum = 0;
    for (; i < count; i++) sum += a[i] * b[i];
    for (int j = 0; j < 32; j++) sum += lanes[j];
    return (float)sum;
}

void ck_grid_sample(const float *map, const ck_grid_sampling *g, const float *grid, int begin, int end, float *out) {
    for (int p = begin; p < end; p++) {
        const float *image = map + p / g->places * g->step;
        const struct corners s = corners_at(g, grid + 2 * (ptrdiff_t)p);
        float *o = out + (ptrdiff_t)p * g->c;
        for (int i = 0; i < g->c; i++) o[i] = 0;
        for (int corner = 0; corner < 4; corner++)
            if (s.offset[corner] >= 0) add_scaled(image + s.offset[corner], s.weight[corner], g->c, o);
    }
}

void ck_grid_sample_map_gradient(const float *out_gradient, const ck_grid_sampling *g, const float *grid, int begin, int end,
                                 float *map_gradient) {
    for (int p = 0; p < g->n * g->places; p++) {
        float *image = map_gradient + p / g->places * g->step + begin;
        const struct corners s = corners_at(g, grid + 2 * (ptrdiff_t)p);
        for (int corner = 0; corner < 4; corner++)
            if (s.offset[corner] >= 0)
                add_scaled(out_gradient + (ptrdiff_t)p * g->c + begin, s.weight[corner], end - begin,
                           image + s.offset[corner]);
    }
}

void ck_grid_sample_grid_gradient(const float *map, const float *out_gradient, const ck_grid_sampling *g, const float *grid,
                                  int begin, int end, float *grid_gradient) {
    for (int p = begin; p < end; p++) {
        const float *image = map + p / g->places * g->step;
        const struct corners s = corners_at(g, grid + 2 * (ptrdiff_t)p);
        float x = 0, y = 0;
        for (int corner = 0; corner < 4; corner++)
            if (s.offset[corner] >= 0) {
                const float product = dot(image + s.offset[corner], out_gradient + (ptrdiff_t)p * g->c, g->c);
                x += product * s.by_x[corner];
                y += product * s.by_y[corner];
            }
        grid_gradient[2 * (ptrdiff_t)p] = x * (float)g->w / 2; // pixels per unit of the grid
        grid_gradient[2 * (ptrdiff_t)p + 1] = y * (float)g->h / 2;
    }
}
