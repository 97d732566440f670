// The embedded default backbone: a safetensors file, compiled in so that no path to it can be lost.
#pragma once
#include <stddef.h>

/// First byte of the embedded safetensors file; valid for the life of the process, 16-byte aligned.
const unsigned char *cdefaultmodel_bytes(void);

/// Its length in bytes.
size_t cdefaultmodel_count(void);
