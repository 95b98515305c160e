// What buckets and keys may be called, and who owns them.
//
// Pure. Errors: InvalidBucketName, KeyTooLongError, InvalidArgument, each naming what is wrong.
// spec: docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html and object-keys.html
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "account/objects/bucket_settings.h"
#include "base/result.h"

namespace bedplate::account::objects {

inline constexpr size_t kKeyBytesMax = 1024;
inline constexpr size_t kMetadataBytesMax = 2048;  // names and values together
inline constexpr size_t kObjectTagsMax = 10;
inline constexpr size_t kBucketTagsMax = 50;

Result<void> CheckBucketName(std::string_view name);
// A key is any UTF-8 but NUL; it never becomes a path.
Result<void> CheckKey(std::string_view key);
// Keys and values of tags, each key once; InvalidTag, or BadRequest beyond `most`.
Result<void> CheckTags(const Tags& tags, size_t most);

// The account as S3's access control names it: 64 hexadecimal digits.
std::string CanonicalUserId(std::string_view account);

}  // namespace bedplate::account::objects
