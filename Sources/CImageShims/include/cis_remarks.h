// A decoder's remarks about an untidy file with correct pixels.
#pragma once

#include <stdint.h>

enum { cis_remark_capacity = 8, cis_remark_size = 160 };

typedef struct cis_remarks {
    uint32_t count;
    char texts[cis_remark_capacity][cis_remark_size];
} cis_remarks;

/// Adds a sentence, once: a repeated one is not added again. A file with more kinds of untidiness than there is room
/// for keeps the first ones.
void cis_remark(cis_remarks *remarks, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// The sentence at `index`, below `count`, as a C string.
const char *cis_remark_text(const cis_remarks *remarks, uint32_t index);
