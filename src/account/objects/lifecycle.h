// Lifecycle rules, carried out: what they say has expired is deleted, as its owner would.
//
// Threads: one sweep at a time; blocks on the disk and the database.
// spec: docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html and
// intro-lifecycle-rules.html
#pragma once

#include <cstddef>
#include <cstdint>

#include "account/objects/local_store.h"
#include "base/result.h"

namespace bedplate::account::objects {

// Whether the rule is for an object of that key, size and tags.
bool AppliesTo(const LifecycleRule& rule, const Version& version);

// When something that began then has been there for `days`: the midnight (UTC) behind.
int64_t ExpiryMs(int64_t began_ms, int days);

struct LifecycleCounts {
  size_t expired = 0;  // objects deleted, or given a delete marker
  size_t removed = 0;  // versions and markers that are gone for good
  size_t aborted = 0;  // uploads
};

// One round over all buckets. Goes on with the next bucket after a failure, and returns the first.
Result<LifecycleCounts> CarryOut(LocalStore& store);

}  // namespace bedplate::account::objects
