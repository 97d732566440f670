#include "cis_png_failure.h"

#include <stdio.h>
#include <string.h>

static int contains(const char *text, const char *part) { return strstr(text, part) != NULL; }

// Intact, as its checksums say, but of a kind that is not read here.
static int is_unsupported(const png_failure *failure, const char *message) {
    if (contains(message, "unhandled critical chunk")) return !contains(failure->warning, "CRC");
    return contains(message, "Invalid IHDR") &&
           (contains(failure->warning, "interlace method") || contains(failure->warning, "filter method") ||
            contains(failure->warning, "compression method"));
}

static _Noreturn void fail(png_failure *failure, const char *message) {
    enum { name_length = 4 };
    cis_error *error = failure->error;
    if (contains(message, "too far back")) failure->is_beyond_window = 1;
    if (contains(message, "incorrect data check"))
        cis_fail(error, CIS_CORRUPT, "the checksum (Adler-32) of the pixel data is wrong");
    else if (contains(message, "memory"))
        cis_fail(error, CIS_NO_MEMORY, "%s", message);
    else if (is_unsupported(failure, message) && contains(message, "chunk"))
        cis_fail(
            error, CIS_UNSUPPORTED,
            "it has a chunk %.*s of its maker's own, which it declares to be necessary (critical)", name_length, message);
    else if (is_unsupported(failure, message))
        cis_fail(error, CIS_UNSUPPORTED, "%s", failure->warning);
    else {
        int is_chunk = contains(message, "CRC") || contains(message, "chunk type");
        const char *what = is_chunk ? "a chunk's name or checksum (CRC) is damaged: " : "";
        if (failure->warning[0])
            cis_fail(error, CIS_CORRUPT, "%s%s (%s)", what, message, failure->warning);
        else
            cis_fail(error, CIS_CORRUPT, "%s%s", what, message);
    }
    longjmp(failure->escape, 1);
}

_Noreturn void png_failure_on_error(png_structp png, png_const_charp message) { fail(png_get_error_ptr(png), message); }

// libpng carries on after a warning. All but these are about what only describes the image, or comes after it.
void png_failure_on_warning(png_structp png, png_const_charp message) {
    png_failure *failure = png_get_error_ptr(png);
    if (contains(message, "incorrect data check") || contains(message, "IDAT: CRC")) fail(failure, message);
    snprintf(failure->warning, sizeof failure->warning, "%s", message);
    if (!failure->remarks) return;
    if (contains(message, ": CRC error"))
        cis_remark(failure->remarks, "the checksum (CRC) of its %.4s chunk, which holds no pixels, is wrong", message);
    else
        cis_remark(failure->remarks, "libpng warns: %s", message);
}
