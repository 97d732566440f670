// libjpeg's way of failing, turned into a jump back to the caller and a code.
#pragma once

#include "cis_error.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

typedef struct jpeg_failure {
    struct jpeg_error_mgr base;  // first: libjpeg hands back a pointer to it
    jmp_buf escape;
    cis_error *error;
    /// Of the data being read, and whether its header was: for the words about where it ends.
    size_t size;
    int has_header;
} jpeg_failure;

/// Sets the handlers; the caller sets `escape` before it makes the next call to libjpeg.
struct jpeg_error_mgr *jpeg_failure_install(jpeg_failure *failure, cis_error *error);
