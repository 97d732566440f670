// Which instruction sets a kernel is compiled for. The loader picks the widest that the machine has.
#pragma once

#if defined(__x86_64__)
#define CK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CK_CLONES
#endif
