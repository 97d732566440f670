// Calls of the kernel that Swift's module of the C library leaves out.
#include <malloc.h>
#include <sys/eventfd.h>
#include <sys/vfs.h>
