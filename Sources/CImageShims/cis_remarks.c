#include "cis_remarks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void cis_remark(cis_remarks *remarks, const char *format, ...) {
    if (remarks->count == cis_remark_capacity) return;
    char *text = remarks->texts[remarks->count];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, cis_remark_size, format, arguments);
    va_end(arguments);
    for (uint32_t i = 0; i < remarks->count; i++)
        if (strcmp(remarks->texts[i], text) == 0) return;
    remarks->count++;
}

const char *cis_remark_text(const cis_remarks *remarks, uint32_t index) { return remarks->texts[index]; }
