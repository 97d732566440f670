// The properties of an image before any pixel memory exists, for both decoders, and the rotation of decoded pixels.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef struct cis_header {
    /// As stored, before `orientation` is applied.
    uint32_t width, height;
    /// 1 (grey) or 3 (red, green, blue): of the decoded image, without its alpha.
    uint32_t channels;
    /// 8 or 16: of the decoded samples.
    uint32_t bit_depth;
    /// EXIF's 1…8; 1 is upright.
    uint32_t orientation;
} cis_header;

/// The EXIF orientation in the payload of a JPEG's APP1 segment, 1…8; 1 when there is none or the directory is damaged.
uint32_t cis_exif_orientation(const uint8_t *segment, size_t size);

/// Turns a stored image of `width × height × channels` bytes upright. For orientations 5…8 the result is `height`
/// wide and `width` high.
void cis_orient(
    const uint8_t *stored, size_t width, size_t height, size_t channels, uint32_t orientation, uint8_t *upright);
