#include "account/objects/attributes.h"

#include <fmt/format.h>

#include "account/objects/names.h"
#include "account/objects/s3_error.h"
#include "base/json/reader.h"

namespace bedplate::account::objects {
namespace {

constexpr size_t kHeaderBytesMax = 8192;

bool IsLine(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos &&
         json::IsUtf8(text);
}

// "h name<tab>value" for a header, "m name<tab>value" for metadata; a name has no tab.
void AppendLine(std::string& text, char kind, std::string_view name, std::string_view value) {
  text += kind;
  text.append(name).append("\t").append(value).append("\n");
}

}  // namespace

std::string Attributes::Header(std::string_view name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

std::string Attributes::ToText() const {
  std::string text;
  for (const auto& [name, value] : headers) AppendLine(text, 'h', name, value);
  for (const auto& [name, value] : metadata) AppendLine(text, 'm', name, value);
  return text;
}

Attributes Attributes::Of(std::string_view text) {
  Attributes attributes;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const size_t tab = line.find('\t');
    if (tab == std::string_view::npos) continue;
    const std::string name(line.substr(1, tab - 1));
    const std::string value(line.substr(tab + 1));
    if (line.front() == 'h') {
      attributes.headers[name] = value;
    } else {
      attributes.metadata[name] = value;
    }
  }
  return attributes;
}

Result<void> CheckAttributes(const Attributes& attributes) {
  size_t bytes = 0;
  for (const auto& [name, value] : attributes.metadata) {
    bytes += name.size() + value.size();
    if (!IsLine(name) || !IsLine(value) || name.contains('\t')) {
      return InvalidArgument(
          fmt::format("The metadata '{}' must be UTF-8 in one line", name.substr(0, 64)));
    }
  }
  if (bytes > kMetadataBytesMax) {
    return S3Fail("MetadataTooLarge", 400,
                  fmt::format("Your metadata headers exceed the maximum allowed metadata size: "
                              "they have {} bytes, and {} are the most.",
                              bytes, kMetadataBytesMax));
  }
  for (const auto& [name, value] : attributes.headers) {
    if (!IsLine(value) || value.size() > kHeaderBytesMax) {
      return InvalidArgument(fmt::format("The header '{}' must be UTF-8 in one line", name));
    }
  }
  return {};
}

}  // namespace bedplate::account::objects
