// What copies share: the source, and who may read it.
#pragma once

#include "services/s3/read_conditions.h"
#include "services/s3/support.h"
#include "wire/permits.h"

namespace bedplate::services::s3 {

template <class Input>
ReadConditions SourceConditionsOf(const Input& input) {
  ReadConditions conditions;
  if (input.CopySourceIfMatch) conditions.if_match = *input.CopySourceIfMatch;
  if (input.CopySourceIfNoneMatch) conditions.if_none_match = *input.CopySourceIfNoneMatch;
  if (input.CopySourceIfModifiedSince) {
    conditions.modified_since_s = input.CopySourceIfModifiedSince->seconds;
  }
  if (input.CopySourceIfUnmodifiedSince) {
    conditions.unmodified_since_s = input.CopySourceIfUnmodifiedSince->seconds;
  }
  return conditions;
}

inline net::Task<Result<void>> AskForSource(const wire::Call& call, CopySource source) {
  auto may =
      co_await AskFor(call, source.version_id.empty() ? "s3:GetObject" : "s3:GetObjectVersion",
                      source.bucket, source.key, source.version_id);
  if (may && call.permission != nullptr) call.permission->NoteAsked();
  co_return may;
}

}  // namespace bedplate::services::s3
