// What the signer of a form lets its senders put: until when, with which fields, how large.
//
// Errors are S3's: InvalidPolicyDocument for what is no policy, AccessDenied for a form that it
// does not allow, EntityTooLarge and EntityTooSmall. Pure.
// spec: docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/s3/post_form.h"

namespace bedplate::services::s3 {

struct PostCondition {
  bool starts_with = false;  // else the value is the same
  std::string field{};       // in lower case
  std::string value{};
};

struct PostPolicy {
  int64_t expires_at_s = 0;  // since the epoch
  std::vector<PostCondition> conditions{};
  uint64_t bytes_min = 0;
  uint64_t bytes_max = UINT64_MAX;
};

// From the base64 of the form's field.
Result<PostPolicy> ReadPostPolicy(std::string_view base64);

// Whether the form, whose variables are expanded, is what the policy allows; of its file's length
// nothing is known yet.
Result<void> CheckPostPolicy(const PostPolicy& policy, const PostForm& form,
                             std::string_view bucket, int64_t now_s);

// When `bytes` of the file came, and more may.
Result<void> CheckNotTooLarge(const PostPolicy& policy, uint64_t bytes);
// When all came.
Result<void> CheckNotTooSmall(const PostPolicy& policy, uint64_t bytes);

}  // namespace bedplate::services::s3
