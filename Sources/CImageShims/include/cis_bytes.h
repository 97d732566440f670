// A growing buffer that the encoders write into.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct cis_bytes {
    uint8_t *bytes;
    size_t size;
    size_t capacity;
} cis_bytes;

/// Room for at least `more` further bytes; false when there is no memory, the content then being untouched.
bool cis_bytes_reserve(cis_bytes *buffer, size_t more);

/// Appends; false when there is no memory.
bool cis_bytes_append(cis_bytes *buffer, const void *bytes, size_t size);

/// Frees the memory; the buffer is empty afterwards and may be used again.
void cis_bytes_free(cis_bytes *buffer);
