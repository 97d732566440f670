#define _GNU_SOURCE
#include "CCrashNote.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP};
enum { FATAL = sizeof fatal / sizeof *fatal };

static struct sigaction former[FATAL];
static atomic_int descriptor = -1;
static atomic_int own_pid, manager_pid;
static _Thread_local char current[CCN_FRAME_SIZE];
static char stuck[CCN_FRAME_SIZE];
static atomic_bool is_stuck;

// MARK: The frame in progress

/// Copies the first byte last: a handler that interrupts the copy sees no frame, never half a name.
static void copy_name(char *target, const char *source) {
    target[0] = 0;
    atomic_signal_fence(memory_order_seq_cst);
    if (!source || !source[0]) return;
    size_t length = 1;
    for (; length < CCN_FRAME_SIZE - 1 && source[length]; length++) target[length] = source[length];
    target[length] = 0;
    atomic_signal_fence(memory_order_seq_cst);
    target[0] = source[0];
}

void ccn_work_on(const char *frame) { copy_name(current, frame); }

void ccn_copy_frame(char frame[CCN_FRAME_SIZE]) { memcpy(frame, current, CCN_FRAME_SIZE); }

void ccn_stuck_on(const char *frame) {
    atomic_store(&is_stuck, false);
    if (!frame) return;
    copy_name(stuck, frame);
    atomic_store(&is_stuck, true);
}

// MARK: The handler: async-signal-safe calls only

static char *put(char *at, const char *text) {
    while (*text) *at++ = *text++;
    return at;
}

static void note(int signal, const siginfo_t *info) {
    const int file = atomic_load(&descriptor);
    // A forked child that did not yet run its program shares the handler, but is not this process.
    if (file < 0 || getpid() != atomic_load(&own_pid)) return;
    const char *kind = "sent", *frame = "-";
    const char *own = current[0] ? current : "-";
    if (signal == SIGBUS && (info->si_code == BUS_MCEERR_AR || info->si_code == BUS_MCEERR_AO)) {
        kind = "hardware";
    } else if (info->si_code > 0) {
        kind = "fault";
        frame = own;
    } else if (info->si_pid == atomic_load(&own_pid)) {
        kind = "self";
        frame = own;
    } else if (signal == SIGABRT && atomic_load(&is_stuck)
               && (info->si_pid == atomic_load(&manager_pid) || info->si_pid <= 1)) {
        // 1 is the service manager, 0 one outside of this namespace of processes.
        kind = "watchdog";
        frame = stuck;
    }

    char line[CCN_FRAME_SIZE + 32], *end = line;
    if (signal >= 10) *end++ = (char)('0' + signal / 10);
    *end++ = (char)('0' + signal % 10);
    *end++ = ' ';
    end = put(end, kind);
    *end++ = ' ';
    end = put(end, frame);
    *end++ = '\n';
    while (write(file, line, (size_t)(end - line)) < 0 && errno == EINTR) {}
}

/// Calls the previous handler: Swift's runtime, which prints a backtrace, or a sanitizer, which ends the process.
static void hand_on(int signal, siginfo_t *info, void *context) {
    for (int i = 0; i < FATAL; i++) {
        if (fatal[i] != signal) continue;
        if (former[i].sa_flags & SA_SIGINFO) former[i].sa_sigaction(signal, info, context);
        else if (former[i].sa_handler != SIG_DFL && former[i].sa_handler != SIG_IGN) former[i].sa_handler(signal);
    }
}

static void on_fatal(int signal, siginfo_t *info, void *context) {
    const int saved = errno;
    note(signal, info);
    hand_on(signal, info, context);
    const struct sigaction end = {.sa_handler = SIG_DFL};
    sigaction(signal, &end, NULL);
    // Pending until this handler returns: then it is raised again at the same instruction. Swift's runtime relies on
    // the faulting instruction to fault again; after a signal that was sent, nothing does.
    if (syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), signal, info) != 0) raise(signal);
    errno = saved;
}

// MARK: Making ready

static pthread_once_t install_once = PTHREAD_ONCE_INIT;
static int install_error;

static void install(void) {
    struct sigaction action = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < FATAL; i++)
        if (sigaction(fatal[i], &action, &former[i]) != 0) install_error = errno;
}

int ccn_open(const char *path) {
    const int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
    if (file < 0) return errno;
    // Reserved so that a full disk cannot prevent the note. A file system that cannot reserve offers no such guarantee.
    (void)!fallocate(file, FALLOC_FL_KEEP_SIZE, 0, 4096);
    atomic_store(&own_pid, getpid());
    atomic_store(&manager_pid, getppid());
    const int former_file = atomic_exchange(&descriptor, file);
    if (former_file >= 0) close(former_file);
    pthread_once(&install_once, install);
    return install_error;
}

void ccn_close(void) {
    const int file = atomic_exchange(&descriptor, -1);
    if (file >= 0) close(file);
}

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int key_error;

static void drop_stack(void *memory) {
    const stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    free(memory);
}

static void make_key(void) { key_error = pthread_key_create(&key, drop_stack); }

void ccn_name_thread(const char *name) {
    char kept[16] = {0};
    strncpy(kept, name, sizeof kept - 1);
    pthread_setname_np(pthread_self(), kept);
}

int ccn_prepare_thread(void) {
    // The thread that started this one may have blocked them, and a blocked fault ends the process without a note.
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < FATAL; i++) sigaddset(&set, fatal[i]);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    pthread_once(&key_once, make_key);
    if (key_error) return key_error;
    stack_t present;
    if (sigaltstack(NULL, &present) == 0 && !(present.ss_flags & SS_DISABLE)) return 0;
    // The registers of wide vectors are saved there too; the system knows how much that takes.
    const long needed = sysconf(_SC_SIGSTKSZ);
    const size_t size = needed > 1 << 16 ? (size_t)needed : 1 << 16;
    void *memory = malloc(size);
    if (!memory) return ENOMEM;
    const stack_t stack = {.ss_sp = memory, .ss_size = size};
    if (sigaltstack(&stack, NULL) != 0 || pthread_setspecific(key, memory) != 0) {
        const int code = errno;
        drop_stack(memory);
        return code ? code : ENOMEM;
    }
    return 0;
}
