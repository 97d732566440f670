// The report of every function of this target: a code, and a sentence for the operator. No function exits the process.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum cis_code {
    CIS_OK = 0,
    CIS_TRUNCATED,
    CIS_CORRUPT,
    CIS_UNSUPPORTED,
    CIS_TOO_LARGE,
    CIS_EMPTY,
    CIS_NO_MEMORY,
} cis_code;

typedef struct cis_error {
    cis_code code;
    char message[256];
} cis_error;

/// Records the failure; the first one wins, because later ones are its consequences.
void cis_fail(cis_error *error, cis_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/// The message as a C string.
const char *cis_message(const cis_error *error);
