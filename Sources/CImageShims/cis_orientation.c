#include "cis_picture.h"

#include <string.h>

static uint32_t number(const uint8_t *bytes, size_t count, int big_endian) {
    uint32_t value = 0;
    for (size_t i = 0; i < count; i++) value = value << 8 | bytes[big_endian ? i : count - 1 - i];
    return value;
}

uint32_t cis_exif_orientation(const uint8_t *segment, size_t size) {
    enum { upright = 1, prefix = 6, entry_size = 12, orientation_tag = 0x0112, short_type = 3 };
    if (size < prefix + 8 || memcmp(segment, "Exif\0\0", prefix) != 0) return upright;
    const uint8_t *tiff = segment + prefix;
    size_t length = size - prefix;
    int big_endian = tiff[0] == 'M' && tiff[1] == 'M';
    if (!big_endian && !(tiff[0] == 'I' && tiff[1] == 'I')) return upright;
    if (number(tiff + 2, 2, big_endian) != 42) return upright;
    size_t directory = number(tiff + 4, 4, big_endian);
    if (directory > length || length - directory < 2) return upright;
    size_t entries = number(tiff + directory, 2, big_endian);
    size_t room = (length - directory - 2) / entry_size;
    if (entries > room) entries = room;
    for (size_t i = 0; i < entries; i++) {
        const uint8_t *entry = tiff + directory + 2 + i * entry_size;
        if (number(entry, 2, big_endian) != orientation_tag || number(entry + 2, 2, big_endian) != short_type) continue;
        uint32_t value = number(entry + 8, 2, big_endian);
        return value >= 1 && value <= 8 ? value : upright;
    }
    return upright;
}

void cis_orient(
    const uint8_t *stored, size_t width, size_t height, size_t channels, uint32_t orientation, uint8_t *upright) {
    // The upright image's first pixel in the stored one, and the steps to its right and lower neighbours.
    ptrdiff_t w = (ptrdiff_t)width, last_x = w - 1, last_row = ((ptrdiff_t)height - 1) * w;
    static const struct { int8_t from_right, from_bottom, swaps; } cases[9] = {
        {0, 0, 0}, {0, 0, 0}, {1, 0, 0}, {1, 1, 0}, {0, 1, 0}, {0, 0, 1}, {0, 1, 1}, {1, 1, 1}, {1, 0, 1},
    };
    int from_right = cases[orientation].from_right, from_bottom = cases[orientation].from_bottom;
    int swaps = cases[orientation].swaps;
    ptrdiff_t along_row = from_right ? -1 : 1, along_column = from_bottom ? -w : w;
    ptrdiff_t start = (from_right ? last_x : 0) + (from_bottom ? last_row : 0);
    ptrdiff_t right = swaps ? along_column : along_row, down = swaps ? along_row : along_column;
    size_t columns = swaps ? height : width, rows = swaps ? width : height;
    for (size_t y = 0; y < rows; y++) {
        ptrdiff_t source = start + (ptrdiff_t)y * down;
        for (size_t x = 0; x < columns; x++, source += right) {
            const uint8_t *pixel = stored + source * (ptrdiff_t)channels;
            for (size_t c = 0; c < channels; c++) *upright++ = pixel[c];
        }
    }
}
