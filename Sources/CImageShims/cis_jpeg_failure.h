// libjpeg's way of failing, turned into a jump back to the caller and a code.
#pragma once

#include "cis_error.h"
#include "cis_remarks.h"

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>

typedef struct jpeg_failure {
    struct jpeg_error_mgr base;  // first: libjpeg hands back a pointer to it
    jmp_buf escape;
    cis_error *error;
    /// The list of harmless warnings; NULL if unwanted (headers, encoding).
    cis_remarks *remarks;
    /// The data being read, and whether its header was: for the words about where it ends.
    const uint8_t *data;
    size_t size;
    int has_header;
    /// The last segment was a scan: stray bytes found now follow entropy-coded data.
    int is_after_scan;
    /// Stray bytes were skipped between header segments, among which a table may have been.
    int has_strays_in_header;
    /// A Huffman table may have been lost: the end of the data must show that the standard ones are right.
    int is_table_assumed;
    /// The colour transform told by an Adobe segment that lost its marker, plus 1; 0 for none.
    int lost_transform;
    /// libjpeg was given an end marker of its own making where the data ended.
    int is_ended;
} jpeg_failure;

/// Sets the handlers; the caller sets `escape` before it makes the next call to libjpeg.
struct jpeg_error_mgr *jpeg_failure_install(jpeg_failure *failure, cis_error *error);

/// Fails because the data ends early: says where, and how much of the image had been read. Does not return.
_Noreturn void jpeg_failure_truncated(j_decompress_ptr codec);
