// Which way up a picture is, as the camera noted it in the file (EXIF).
//
// Threads: pure functions.
// spec: Exif 2.32 (CIPA DC-008), 4.6.4 Orientation; TIFF 6.0, section 2
#pragma once

#include <cstdint>
#include <string_view>

#include "images/decode_image.h"

namespace bedplate::images {

// 1 to 8, from the first directory of EXIF data, with or without the mark "Exif" before it; 1,
// which is as it stands, where that says nothing or can't be read.
uint8_t OrientationOf(std::string_view exif);

// `picture` the right way up: mirrored and turned as its orientation says, which then is 1.
Picture PutUpright(Picture picture);

}  // namespace bedplate::images
