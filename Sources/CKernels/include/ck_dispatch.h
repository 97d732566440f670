// The instruction sets that a kernel is compiled for. The loader picks the widest one of the machine.
#pragma once

// Not under the sanitizers that instrument the loader's choice itself: it is made before they are there.
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define CK_ONE_INSTRUCTION_SET
#endif
#endif
#if defined(__x86_64__) && !defined(CK_ONE_INSTRUCTION_SET)
#define CK_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CK_CLONES
#endif
