// JPEG from and to memory, through libjpeg. Every function returns the error's code; `error` says it in words.
#pragma once

#include "cis_bytes.h"
#include "cis_error.h"
#include "cis_picture.h"
#include "cis_remarks.h"

/// Reads up to the first scan; allocates nothing that depends on the image's size.
cis_code cis_jpeg_read_header(const uint8_t *data, size_t size, cis_header *header, cis_error *error);

/// Decodes into `pixels`, `width × height × channels` bytes as `header` (from cis_jpeg_read_header on the same data)
/// says, not yet turned. What libjpeg only warns about is an error here when pixels may be wrong, else it is added to
/// `remarks`.
cis_code cis_jpeg_decode(
    const uint8_t *data, size_t size, const cis_header *header, uint8_t *pixels, cis_remarks *remarks, cis_error *error);

/// Encodes 8-bit pixels (1 or 3 channels); `quality` 1…100, colour kept at full resolution from 90 on. On failure `out`
/// is empty.
cis_code cis_jpeg_encode(
    const uint8_t *pixels, uint32_t width, uint32_t height, uint32_t channels, int quality, cis_bytes *out,
    cis_error *error);
