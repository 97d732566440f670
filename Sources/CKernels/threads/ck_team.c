#define _GNU_SOURCE
#include "ck_team.h"
#include "CCrashNote.h"
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

struct ck_team {
    int size;
    pthread_t *threads;
    int started;
    void (*body)(void *, int, int);
    void *context;
    /// The caller's work, so that a member that crashes is known to have worked on it too.
    char frame[CCN_FRAME_SIZE];
    // Each on a line of its own: the spinning side must not slow the writing side.
    _Alignas(64) atomic_uint arrived;
    _Alignas(64) atomic_uint phase;
    _Alignas(64) atomic_uint generation;
    atomic_int stopping, sleeping;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
};

static inline void relax(unsigned spins) {
    // On a machine with fewer free cores than members the other one needs this core to arrive.
    if (spins > 4000) {
        sched_yield();
        return;
    }
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

void ck_team_barrier(ck_team *t) {
    if (t->size == 1) return;
    const unsigned phase = atomic_load_explicit(&t->phase, memory_order_acquire);
    if (atomic_fetch_add_explicit(&t->arrived, 1, memory_order_acq_rel) + 1 == (unsigned)t->size) {
        atomic_store_explicit(&t->arrived, 0, memory_order_relaxed);
        atomic_store_explicit(&t->phase, phase + 1, memory_order_release);
        return;
    }
    for (unsigned spins = 0; atomic_load_explicit(&t->phase, memory_order_acquire) == phase; spins++) relax(spins);
}

struct member {
    ck_team *team;
    int index;
};

/// Waits for a generation other than `seen`: spins for about 50 µs (the next frame may be right behind), then sleeps.
static unsigned await_generation(ck_team *t, unsigned seen) {
    for (unsigned spins = 0; spins < 2000; spins++) {
        const unsigned now = atomic_load_explicit(&t->generation, memory_order_acquire);
        if (now != seen) return now;
        relax(spins);
    }
    pthread_mutex_lock(&t->mutex);
    atomic_fetch_add(&t->sleeping, 1);
    unsigned now;
    while ((now = atomic_load(&t->generation)) == seen) pthread_cond_wait(&t->wake, &t->mutex);
    atomic_fetch_sub(&t->sleeping, 1);
    pthread_mutex_unlock(&t->mutex);
    return now;
}

static void *serve(void *argument) {
    struct member self = *(struct member *)argument;
    free(argument);
    ck_team *t = self.team;
    ccn_prepare_thread();
    for (unsigned seen = 0;;) {
        seen = await_generation(t, seen);
        if (atomic_load(&t->stopping)) return NULL;
        ccn_work_on(t->frame);
        t->body(t->context, self.index, t->size);
        ccn_work_on(NULL);
        ck_team_barrier(t);
    }
}

static void begin_generation(ck_team *t) {
    atomic_fetch_add(&t->generation, 1);
    if (atomic_load(&t->sleeping)) {
        pthread_mutex_lock(&t->mutex);
        pthread_cond_broadcast(&t->wake);
        pthread_mutex_unlock(&t->mutex);
    }
}

ck_team *ck_team_create(int size) {
    ck_team *t = aligned_alloc(64, (sizeof(ck_team) + 63) / 64 * 64);
    if (!t) return NULL;
    *t = (ck_team){.size = size < 1 ? 1 : size};
    pthread_mutex_init(&t->mutex, NULL);
    pthread_cond_init(&t->wake, NULL);
    t->threads = calloc((size_t)t->size, sizeof(pthread_t));
    for (int i = 1; t->threads && i < t->size; i++) {
        struct member *m = malloc(sizeof *m);
        if (m) *m = (struct member){t, i};
        if (!m || pthread_create(&t->threads[i], NULL, serve, m)) {
            free(m);
            break;
        }
        t->started++;
    }
    if (t->threads && t->started == t->size - 1) return t;
    ck_team_destroy(t);
    return NULL;
}

void ck_team_destroy(ck_team *t) {
    if (!t) return;
    atomic_store(&t->stopping, 1);
    begin_generation(t);
    for (int i = 1; i <= t->started; i++) pthread_join(t->threads[i], NULL);
    free(t->threads);
    pthread_cond_destroy(&t->wake);
    pthread_mutex_destroy(&t->mutex);
    free(t);
}

void ck_team_run(ck_team *t, void (*body)(void *, int, int), void *context) {
    if (t->size == 1) {
        body(context, 0, 1);
        return;
    }
    t->body = body;
    t->context = context;
    ccn_copy_frame(t->frame);
    begin_generation(t);
    body(context, 0, t->size);
    ck_team_barrier(t);
}

int ck_available_cores(void) {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}
