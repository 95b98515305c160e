// What a reader asks of an object: that it is, or is not, some version of it, and a part of it.
//
// Pure.
// spec: RFC 9110, 13 and 14; docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "account/objects/local_store.h"
#include "base/result.h"
#include "wire/types.h"

namespace bedplate::services::s3 {

struct ReadConditions {
  std::optional<std::string> if_match{};
  std::optional<std::string> if_none_match{};
  std::optional<int64_t> modified_since_s{};
  std::optional<int64_t> unmodified_since_s{};
};

template <class Input>
ReadConditions ReadConditionsOf(const Input& input) {
  ReadConditions conditions;
  if (input.IfMatch) conditions.if_match = *input.IfMatch;
  if (input.IfNoneMatch) conditions.if_none_match = *input.IfNoneMatch;
  if (input.IfModifiedSince) conditions.modified_since_s = input.IfModifiedSince->seconds;
  if (input.IfUnmodifiedSince) conditions.unmodified_since_s = input.IfUnmodifiedSince->seconds;
  return conditions;
}

// NotModified (304) or PreconditionFailed (412).
Result<void> Check(const ReadConditions& conditions, std::string_view etag, int64_t modified_at_ms);
// Of a copy's source, which is never "not modified": PreconditionFailed alone.
Result<void> CheckSource(const ReadConditions& conditions, std::string_view etag,
                         int64_t modified_at_ms);

struct ByteRange {
  uint64_t offset = 0;
  uint64_t size = 0;
};
// "bytes=0-9" of something that long; nothing for what is no single range, which is not heeded.
// InvalidRange (416) for one that there is nothing of.
Result<std::optional<ByteRange>> ReadRange(std::string_view text, uint64_t size_bytes);

}  // namespace bedplate::services::s3
