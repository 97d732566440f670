#include "cis_error.h"

#include <stdarg.h>
#include <stdio.h>

void cis_fail(cis_error *error, cis_code code, const char *format, ...) {
    if (error->code != CIS_OK) return;
    error->code = code;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
}

const char *cis_message(const cis_error *error) { return error->message; }
