// OpenBLAS chooses its kernels by the processor's model number. A processor newer than the library gets those of a
// Pentium 4: right, at a sixth of the speed (libopenblas 0.3.21 on a processor of 2023). Here the instructions decide
// that it has.
#include "ck_cpu.h"
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
// The library's own entries, in builds that choose when they are loaded. Where they are missing its choice stands.
extern char *openblas_get_corename(void) __attribute__((weak));
extern void gotoblas_dynamic_quit(void) __attribute__((weak));
extern void gotoblas_dynamic_init(void) __attribute__((weak));

static int is_among(const char *name, const char *const *names) {
    for (; *names; names++)
        if (!strcmp(name, *names)) return 1;
    return 0;
}

// Before `main`: there is no product yet, and no other thread reads the environment.
__attribute__((constructor)) static void choose_blas_kernels(void) {
    static const char variable[] = "OPENBLAS_CORETYPE";
    static const char *const wide[] = {"SkylakeX", "Cooperlake", "SapphireRapids", NULL};
    static const char *const narrow[] = {"Haswell", "Zen", NULL};
    // A user who set it meant it.
    if (!openblas_get_corename || !gotoblas_dynamic_quit || !gotoblas_dynamic_init || getenv(variable)) return;
    __builtin_cpu_init();
    const char *const chosen = openblas_get_corename();
    if (is_among(chosen, wide) || (!ck_has_avx512() && is_among(chosen, narrow)) || !ck_has_avx2()) return;
    if (setenv(variable, ck_has_avx512() ? wide[0] : narrow[0], 1)) return;
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
    unsetenv(variable);
}
#endif
