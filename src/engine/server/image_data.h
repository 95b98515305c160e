// Images in bodies: data URLs of one kind, image/x-portable-pixmap, whose bytes need no decoder.
// `bedplate serve` decodes what callers send in a process of its own (src/images).
//
// Errors: kValidation, without naming the place. Threads: pure functions.
// spec: https://netpbm.sourceforge.net/doc/ppm.html (P6, a maximum of 255)
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "engine/inference/image_ids.h"
#include "engine/inference/prompt_image.h"

namespace bedplate::engine {

// Pixels in width and in height.
inline constexpr uint32_t kImageSideMax = 8'192;

Result<RgbImage> ReadImageUrl(std::string_view url);

ImageDigest DigestOf(const RgbImage& image);

}  // namespace bedplate::engine
