#include "cis_png_failure.h"

#include <stdio.h>
#include <string.h>

_Noreturn void png_failure_on_error(png_structp png, png_const_charp message) {
    png_failure *failure = png_get_error_ptr(png);
    cis_code code = strstr(message, "memory") ? CIS_NO_MEMORY : CIS_CORRUPT;
    int is_chunk = strstr(message, "CRC") || strstr(message, "chunk type");
    const char *what = is_chunk ? "a chunk's name or checksum (CRC) is damaged: " : "";
    if (failure->warning[0])
        cis_fail(failure->error, code, "%s%s (%s)", what, message, failure->warning);
    else
        cis_fail(failure->error, code, "%s%s", what, message);
    longjmp(failure->escape, 1);
}

void png_failure_on_warning(png_structp png, png_const_charp message) {
    png_failure *failure = png_get_error_ptr(png);
    snprintf(failure->warning, sizeof failure->warning, "%s", message);
}
