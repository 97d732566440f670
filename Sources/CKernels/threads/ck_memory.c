#include "ck_memory.h"

#if defined(__GLIBC__) || defined(__linux__)
#include <limits.h>
#include <malloc.h>

void ck_memory_keep_freed(void) {
    mallopt(M_MMAP_MAX, 0); // large blocks come from the heap too, where they can be used again
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    mallopt(M_TOP_PAD, 64 << 20);
}

void ck_memory_share(int arenas) { mallopt(M_ARENA_MAX, arenas); }

void ck_memory_give_back(void) { malloc_trim(0); }
#else
void ck_memory_keep_freed(void) {}
void ck_memory_share(int arenas) { (void)arenas; }
void ck_memory_give_back(void) {}
#endif
