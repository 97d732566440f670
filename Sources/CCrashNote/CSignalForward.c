#include "CCrashNote.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>

// Written once, before the first handler is installed.
static pthread_t waiting;

// pthread_kill is async-signal-safe.
static void forward(int signal_number) {
    int saved = errno;
    pthread_kill(waiting, signal_number);
    errno = saved;
}

void csf_forward_here(const int *signals, int count) {
    waiting = pthread_self();
    struct sigaction action = {.sa_handler = forward, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (int index = 0; index < count; index++) sigaction(signals[index], &action, NULL);
}
