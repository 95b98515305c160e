// Smaller pictures: each pixel is the mean of the area that it stands for.
//
// Threads: pure functions.
#pragma once

#include <cstdint>

#include "images/decode_image.h"

namespace bedplate::images {

// `picture` with at most `pixels_max` pixels and its sides in the same relation; as it is where it
// has no more. `pixels_max` is at least 1; a side is never less than a pixel.
Picture ScaleDown(Picture picture, uint64_t pixels_max);

}  // namespace bedplate::images
