#include "cis_bytes.h"

#include <stdlib.h>
#include <string.h>

bool cis_bytes_reserve(cis_bytes *buffer, size_t more) {
    if (buffer->capacity - buffer->size >= more) return true;
    if (more > SIZE_MAX / 2 - buffer->size) return false;
    size_t capacity = buffer->capacity ? buffer->capacity : 64 * 1024;
    while (capacity - buffer->size < more) capacity *= 2;
    uint8_t *bytes = realloc(buffer->bytes, capacity);
    if (!bytes) return false;
    buffer->bytes = bytes;
    buffer->capacity = capacity;
    return true;
}

bool cis_bytes_append(cis_bytes *buffer, const void *bytes, size_t size) {
    if (!cis_bytes_reserve(buffer, size)) return false;
    memcpy(buffer->bytes + buffer->size, bytes, size);
    buffer->size += size;
    return true;
}

void cis_bytes_free(cis_bytes *buffer) {
    free(buffer->bytes);
    *buffer = (cis_bytes){0};
}
