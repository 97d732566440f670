// A PNG's samples as they are stored: palette indices, not colours; alpha beside the colours, not composed.
#pragma once

#include "cis_error.h"

#include <stdbool.h>

typedef struct cis_stored {
    uint32_t width, height;
    /// 1 (grey, or an index into the palette), 2 (grey, alpha), 3 (red, green, blue) or 4 (red, green, blue, alpha).
    uint32_t channels;
    bool is_palette;
} cis_stored;

/// Reads the header.
cis_code cis_png_stored_header(const uint8_t *data, size_t size, cis_stored *header, cis_error *error);

/// Decodes into `samples`: `width × height × channels` unscaled values of 1 to 16 bits according to `header` (from
/// cis_png_stored_header on the same data). Transparency of single colours (tRNS) is ignored.
cis_code cis_png_stored_read(
    const uint8_t *data, size_t size, const cis_stored *header, uint16_t *samples, cis_error *error);
