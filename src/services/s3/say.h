// Saying something of a bucket, and taking it back.
#pragma once

#include <string>
#include <string_view>

#include "account/objects/local_store.h"
#include "net/blocking_pool.h"
#include "services/s3/support.h"

namespace bedplate::services::s3 {

// The references must live until the task is done. An empty document takes the setting away.
inline net::Task<Result<void>> Say(net::BlockingPool& pool, objects::LocalStore& store,
                                   std::string bucket, wire::Opt<std::string> expected_account,
                                   std::string_view setting, std::string document) {
  const auto found = FindBucket(store, bucket, expected_account);
  if (!found) co_return std::unexpected(found.error());
  co_return co_await pool.Run([&] { return store.buckets().Say(bucket, setting, document); });
}

inline net::Task<Result<void>> Refused(Result<void> failure) { co_return failure; }

// The bucket, when the setting was said of it; else the error of that `type`.
inline Result<objects::BucketPtr> Said(objects::LocalStore& store, const std::string& bucket,
                                       const wire::Opt<std::string>& expected_account,
                                       std::string_view setting, std::string_view type,
                                       std::string_view message) {
  auto found = FindBucket(store, bucket, expected_account);
  if (found && !(*found)->Has(setting)) return objects::S3Fail(type, 404, std::string(message));
  return found;
}

}  // namespace bedplate::services::s3
