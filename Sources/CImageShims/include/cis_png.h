// PNG from memory through libpng, and to memory through libdeflate. Every function returns the error's code; `error` says
// it in words.
#pragma once

#include "cis_bytes.h"
#include "cis_error.h"
#include "cis_picture.h"
#include "cis_png_stored.h"
#include "cis_remarks.h"

/// Reads up to the pixel data; allocates nothing that depends on the image's size.
cis_code cis_png_read_header(const uint8_t *data, size_t size, cis_header *header, cis_error *error);

/// The opacity of an image according to its file.
typedef enum cis_alpha {
    /// It has no alpha channel and no transparent colour.
    CIS_ALPHA_NONE = 0,
    /// It has one, and is opaque everywhere.
    CIS_ALPHA_OPAQUE,
    /// Some pixels are not opaque: they are composed over black.
    CIS_ALPHA_PARTLY,
    /// A grey level, a colour or palette entries are marked transparent (tRNS), and occur: ignored, as a camera's image
    /// has no holes.
    CIS_ALPHA_KEYED,
    /// Every pixel is wholly transparent: the colours are taken as stored, because nothing else is left of the image.
    CIS_ALPHA_ZERO,
} cis_alpha;

/// Decodes into `pixels`: `width × height × channels` samples of `bit_depth` bits in the machine's byte order, as
/// `header` (from cis_png_read_header on the same data) says; `alpha` tells how transparency was treated. Reads to the
/// IEND chunk. What libpng only warns about is an error here when pixels may be wrong, else it is added to `remarks`.
cis_code cis_png_decode(
    const uint8_t *data, size_t size, const cis_header *header, void *pixels, cis_alpha *alpha, cis_remarks *remarks,
    cis_error *error);

/// The samples to encode: 1 or 3 channels of 8 or 16 bits in the machine's byte order. `level` is libdeflate's, 0
/// (stored) … 12 (smallest). `text_key` and `text` may be NULL; else they become a tEXt chunk.
typedef struct cis_png_picture {
    const void *pixels;
    uint32_t width, height, channels, bit_depth;
    int level;
    const char *text_key, *text;
} cis_png_picture;

/// Encodes. On failure `out` is empty.
cis_code cis_png_encode(const cis_png_picture *picture, cis_bytes *out, cis_error *error);
