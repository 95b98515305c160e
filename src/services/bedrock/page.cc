#include "services/bedrock/page.h"

#include <fmt/format.h>

#include <charconv>

#include "base/base64.h"

namespace bedplate::services::bedrock {

std::string WritePageToken(const PagePlace& place) {
  std::string token;
  AppendBase64(token, fmt::format("{}/{}", place.created_at_ms, place.key));
  return token;
}

Result<PagePlace> ReadPageToken(std::string_view token, std::string& text) {
  text.clear();
  PagePlace place;
  if (AppendFromBase64(text, token)) {
    const char* end = text.data() + text.size();
    const auto [at, failure] = std::from_chars(text.data(), end, place.created_at_ms);
    if (failure == std::errc() && at != end && *at == '/') {
      place.key = std::string_view(at + 1, end);
      return place;
    }
  }
  return Fail(
      Fault::kValidation,
      fmt::format("The nextToken '{}' is not one of this list. Start the list anew.", token));
}

}  // namespace bedplate::services::bedrock
