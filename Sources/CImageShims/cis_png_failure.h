// libpng's way of failing, turned into a jump back to the caller and a code.
#pragma once

#include "cis_error.h"
#include "cis_remarks.h"

#include <setjmp.h>

#include <png.h>

typedef struct png_failure {
    jmp_buf escape;
    cis_error *error;
    /// The last warning: where an error is vague ("Invalid IHDR data"), this is the reason.
    char warning[96];
    /// The list of harmless warnings; NULL if unwanted (headers, encoding).
    cis_remarks *remarks;
    /// The compressed data reaches further back than its header allows (zlib's window).
    int is_beyond_window;
} png_failure;

/// libpng's error handler; its error pointer must be a png_failure.
_Noreturn void png_failure_on_error(png_structp png, png_const_charp message);
/// libpng's warning handler: fails when pixels may be wrong, else remarks.
void png_failure_on_warning(png_structp png, png_const_charp message);
