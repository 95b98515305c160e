// Images in native bodies: base64 of a file of one of the kinds that Bedrock takes.
//
// Threads: pure functions.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "models/chat.h"
#include "models/formats/members.h"

namespace bedplate::models {

inline constexpr std::array<std::string_view, 4> kImageFormats = {"png", "jpeg", "gif", "webp"};

// Reads the member `key`: the image's bytes. `format` is one of kImageFormats, or null when that
// was reported before.
inline std::optional<ChatImage> ReadImageBytes(Members& members, std::string_view key,
                                               const std::string* format) {
  const std::string* data = members.NeedText(key);
  if (data == nullptr || format == nullptr) return std::nullopt;
  ChatImage image{.media_type = "image/" + *format};
  if (data->empty() || !AppendFromBase64(image.bytes, *data)) {
    members.malformed().Add(members.PointerOf(key), "the value is not base64 of an image");
    return std::nullopt;
  }
  return image;
}

// What the file says of itself: one of kImageFormats, or empty.
inline std::string_view ImageFormatOf(std::string_view bytes) {
  if (bytes.starts_with("\x89PNG")) return "png";
  if (bytes.starts_with("\xFF\xD8\xFF")) return "jpeg";
  if (bytes.starts_with("GIF8")) return "gif";
  if (bytes.starts_with("RIFF") && bytes.find("WEBP") == 8) return "webp";
  return {};
}

inline bool IsImageFormat(std::string_view format) {
  for (std::string_view known : kImageFormats) {
    if (known == format) return true;
  }
  return false;
}

}  // namespace bedplate::models
