// JPEGs that are intact but of a kind that libjpeg does not decode.
#pragma once

#include "cis_jpeg_failure.h"

/// Records libjpeg's error at hand as CIS_UNSUPPORTED, the kind named, when it means such a JPEG; else does nothing.
void jpeg_name_unsupported(j_decompress_ptr codec, const jpeg_failure *failure);
