// The parts of a JPEG file that are looked at before it is decoded.
//
// Threads: pure functions.
// spec: JPEG (ISO/IEC 10918-1), annex B
#pragma once

#include <cstddef>
#include <string_view>

namespace bedplate::images {

struct JpegSegments {
  size_t scans = 0;         // as many as the file has
  std::string_view exif{};  // of the first segment that has some; empty without
};

// Of as much of the file as has the form of one; the decoder refuses what has not.
JpegSegments FindJpegSegments(std::string_view bytes);

}  // namespace bedplate::images
