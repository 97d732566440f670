// Calls of the kernel that Swift's module of the C library leaves out.
#include <malloc.h>
#include <sys/eventfd.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/vfs.h>
#include <unistd.h>

// A descriptor that becomes readable when the process ends; glibc has the call from 2.36 on.
static inline int clinux_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

// Extensions of glibc (2.34 and later) that its headers show to programs with _GNU_SOURCE alone.
int memfd_create(const char *name, unsigned int flags);
int pipe2(int descriptors[2], int flags);
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
static const unsigned int CLINUX_MFD_CLOEXEC = 1;
