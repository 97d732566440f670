// A PNG in memory as libpng reads it: its structures, its errors, and how far it has read.
#pragma once

#include "cis_png_failure.h"

#include <stddef.h>
#include <stdint.h>

typedef struct png_source {
    png_structp png;
    png_infop info;
    png_failure failure;
    const uint8_t *data;
    size_t size, position;
    /// Every row has been decoded.
    int has_pixels;
} png_source;

/// Makes a source ready for settings and png_read_info. Runs under the caller's setjmp on `failure.escape`. The caller
/// checks the size from the header; chunks that libpng does not know are skipped.
void png_source_open(png_source *source);
void png_source_close(png_source *source);
