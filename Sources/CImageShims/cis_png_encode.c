#include "cis_png.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

static void put_u32(uint8_t *bytes, uint32_t value) {
    for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(value >> (24 - 8 * i));
}

/// Closes the chunk that was begun at `start` of `out` with room for its length and its name: everything behind is its
/// content.
static bool end_chunk(cis_bytes *out, size_t start) {
    put_u32(out->bytes + start, (uint32_t)(out->size - start - 8));
    uint8_t checksum[4];
    put_u32(checksum, libdeflate_crc32(0, out->bytes + start + 4, out->size - start - 4));
    return cis_bytes_append(out, checksum, sizeof checksum);
}

static bool add_chunk(cis_bytes *out, const char name[4], const void *content, size_t size) {
    size_t start = out->size;
    return cis_bytes_append(out, "\0\0\0\0", 4) && cis_bytes_append(out, name, 4) &&
           cis_bytes_append(out, content, size) && end_chunk(out, start);
}

/// The rows as they are compressed: big-endian samples minus those of the row above (the filter "up"), after a byte
/// that says so. Trying all five filters for each row costs more than it saves. NULL when there is no memory.
static uint8_t *filtered_rows(const cis_png_picture *picture, size_t *size) {
    enum { up = 2 };
    size_t samples = (size_t)picture->width * picture->channels, row_bytes = samples * (picture->bit_depth / 8);
    size_t stride = row_bytes + 1;
    *size = stride * picture->height;
    uint8_t *rows = malloc(*size);
    if (!rows) return NULL;
    for (size_t y = 0; y < picture->height; y++) {
        uint8_t *row = rows + y * stride;
        *row++ = up;
        if (picture->bit_depth == 16) {
            const uint16_t *from = (const uint16_t *)picture->pixels + y * samples;
            for (size_t i = 0; i < samples; i++) {
                row[2 * i] = (uint8_t)(from[i] >> 8);
                row[2 * i + 1] = (uint8_t)from[i];
            }
        } else {
            memcpy(row, (const uint8_t *)picture->pixels + y * row_bytes, row_bytes);
        }
    }
    for (size_t y = picture->height - 1; y > 0; y--) {
        uint8_t *row = rows + y * stride + 1;
        const uint8_t *above = row - stride;
        for (size_t i = 0; i < row_bytes; i++) row[i] = (uint8_t)(row[i] - above[i]);
    }
    return rows;
}

/// The image data, compressed, in chunks of at most 2^30 bytes.
static bool add_image(cis_bytes *out, const cis_png_picture *picture) {
    size_t size;
    uint8_t *rows = filtered_rows(picture, &size);
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(picture->level);
    size_t limit = rows && compressor ? libdeflate_zlib_compress_bound(compressor, size) : 0;
    uint8_t *packed = limit > 0 ? malloc(limit) : NULL;
    bool done = false;
    if (packed) {
        size_t packed_size = libdeflate_zlib_compress(compressor, rows, size, packed, limit), stretch = 1u << 30;
        done = packed_size > 0;
        for (size_t at = 0; done && at < packed_size; at += stretch)
            done = add_chunk(out, "IDAT", packed + at, packed_size - at < stretch ? packed_size - at : stretch);
    }
    free(packed);
    free(rows);
    if (compressor) libdeflate_free_compressor(compressor);
    return done;
}

static bool add_text(cis_bytes *out, const char *key, const char *text) {
    size_t start = out->size;
    return cis_bytes_append(out, "\0\0\0\0tEXt", 8) && cis_bytes_append(out, key, strlen(key) + 1) &&
           cis_bytes_append(out, text, strlen(text)) && end_chunk(out, start);
}

cis_code cis_png_encode(const cis_png_picture *picture, cis_bytes *out, cis_error *error) {
    static const uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
    enum { grey = 0, rgb = 2 };
    uint8_t header[13] = {0};
    put_u32(header, picture->width);
    put_u32(header + 4, picture->height);
    header[8] = (uint8_t)picture->bit_depth;
    header[9] = picture->channels == 1 ? grey : rgb;
    bool done = cis_bytes_append(out, signature, sizeof signature) && add_chunk(out, "IHDR", header, sizeof header);
    if (picture->text_key && picture->text) done = done && add_text(out, picture->text_key, picture->text);
    done = done && add_image(out, picture) && add_chunk(out, "IEND", "", 0);
    if (done) return CIS_OK;
    cis_fail(error, CIS_NO_MEMORY, "no memory to encode %u × %u pixels", picture->width, picture->height);
    cis_bytes_free(out);
    return error->code;
}
