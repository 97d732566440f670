// A team of threads that runs one body together: the caller is member 0. Made for work of a few milliseconds cut into
// steps of a few microseconds, so members spin at barriers and sleep only between runs.
#pragma once

typedef struct ck_team ck_team;

/// A team of `size` ≥ 1 members (size − 1 threads are started); NULL when a thread cannot be started.
ck_team *ck_team_create(int size);
/// Ends the threads. No run may be under way.
void ck_team_destroy(ck_team *team);
/// Every member calls body(context, member, size); returns when all have returned. One run at a time.
void ck_team_run(ck_team *team, void (*body)(void *context, int member, int size), void *context);
/// Inside a body: waits until every member is here; what was written before is seen after.
void ck_team_barrier(ck_team *team);
/// Cores that this process may run on.
int ck_available_cores(void);
