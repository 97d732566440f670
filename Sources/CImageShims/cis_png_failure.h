// libpng's way of failing, turned into a jump back to the caller and a code.
#pragma once

#include "cis_error.h"

#include <setjmp.h>

#include <png.h>

typedef struct png_failure {
    jmp_buf escape;
    cis_error *error;
    /// The last warning: where an error is vague ("Invalid IHDR data"), this is the reason.
    char warning[96];
} png_failure;

/// libpng's error handler; its error pointer must be a png_failure.
_Noreturn void png_failure_on_error(png_structp png, png_const_charp message);
void png_failure_on_warning(png_structp png, png_const_charp message);
