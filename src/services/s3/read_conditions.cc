#include "services/s3/read_conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "account/objects/s3_error.h"
#include "net/text.h"
#include "services/s3/support.h"

namespace bedplate::services::s3 {
namespace {

std::unexpected<Error> Failed(std::string_view which) {
  return objects::S3Fail(
      "PreconditionFailed", 412,
      fmt::format("At least one of the pre-conditions you specified did not hold: {}", which));
}

std::unexpected<Error> NotModified() { return objects::S3Fail("NotModified", 304, "Not Modified"); }

bool IsOneOf(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    const std::string each = Unquoted(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    if (each == "*" || each == etag) return true;
  }
  return false;
}

bool ReadNumber(std::string_view text, uint64_t& number) {
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failed == std::errc() && end == text.data() + text.size() && !text.empty();
}

}  // namespace

Result<void> Check(const ReadConditions& conditions, std::string_view etag,
                   int64_t modified_at_ms) {
  const int64_t modified_s = modified_at_ms / 1000;
  if (conditions.if_match) {
    if (!IsOneOf(*conditions.if_match, etag)) return Failed("If-Match");
  } else if (conditions.unmodified_since_s && modified_s > *conditions.unmodified_since_s) {
    return Failed("If-Unmodified-Since");
  }
  if (conditions.if_none_match) {
    if (IsOneOf(*conditions.if_none_match, etag)) return NotModified();
  } else if (conditions.modified_since_s && modified_s <= *conditions.modified_since_s) {
    return NotModified();
  }
  return {};
}

Result<void> CheckSource(const ReadConditions& conditions, std::string_view etag,
                         int64_t modified_at_ms) {
  auto checked = Check(conditions, etag, modified_at_ms);
  if (checked || checked.error().status != 304) return checked;
  return Failed("x-amz-copy-source-if-");
}

Result<std::optional<ByteRange>> ReadRange(std::string_view text, uint64_t size_bytes) {
  constexpr std::string_view kUnit = "bytes=";
  if (!text.starts_with(kUnit)) return std::optional<ByteRange>();
  const std::string_view range = net::TrimBlanks(text.substr(kUnit.size()));
  const size_t dash = range.find('-');
  if (dash == std::string_view::npos) return std::optional<ByteRange>();
  const std::string_view first = range.substr(0, dash);
  const std::string_view last = range.substr(dash + 1);
  uint64_t from = 0;
  uint64_t to = 0;
  if (first.empty()) {  // the last so many
    if (!ReadNumber(last, to)) return std::optional<ByteRange>();
    if (to > 0 && size_bytes > 0) {
      const uint64_t taken = std::min(to, size_bytes);
      return std::optional<ByteRange>({.offset = size_bytes - taken, .size = taken});
    }
  } else {
    if (!ReadNumber(first, from)) return std::optional<ByteRange>();
    if (last.empty()) {
      to = size_bytes == 0 ? 0 : size_bytes - 1;
    } else if (!ReadNumber(last, to) || to < from) {
      return std::optional<ByteRange>();
    }
    if (from < size_bytes) {
      return std::optional<ByteRange>(
          {.offset = from, .size = std::min(to, size_bytes - 1) - from + 1});
    }
  }
  return objects::S3Fail("InvalidRange", 416,
                         fmt::format("The requested range is not satisfiable: '{}' of {} bytes",
                                     text.substr(0, 64), size_bytes));
}

}  // namespace bedplate::services::s3
