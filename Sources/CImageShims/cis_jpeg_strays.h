// Bytes between a JPEG's segments that belong to none of them.
#pragma once

#include "cis_jpeg_failure.h"

/// Judges libjpeg's warning about stray bytes (JWRN_EXTRANEOUS_DATA, the message at hand): remarks on them and returns
/// 1 when the pixels cannot be wrong for them; else returns 0, and may have recorded the failure.
int jpeg_strays_are_harmless(j_decompress_ptr codec, jpeg_failure *failure);

/// Looks, once the header is read, whether a segment that decides about the pixels was lost among stray bytes. Fails
/// when that would change colours. A lost Huffman table is replaced by a standard one (as a film's frames, MJPEG, need
/// it anyway); then nothing may be left over where the data ends, which with a wrong table does not happen.
void jpeg_check_lost_segments(j_decompress_ptr codec, jpeg_failure *failure);
