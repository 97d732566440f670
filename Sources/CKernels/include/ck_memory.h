// How the process deals with memory that is freed and soon wanted again.
#pragma once

/// From now on freed memory stays with the process: a step of training frees and allocates the same gigabyte again and
/// again, and fresh pages from the system cost more than what is computed in them.
void ck_memory_keep_freed(void);
/// So many threads at most take memory side by side; others share with them, and find what was just freed still in the
/// caches. To be called before the threads begin.
void ck_memory_share(int arenas);
/// Gives what is free back to the system.
void ck_memory_give_back(void);
