// What a server that speaks S3 says: errors, lists, uploads.
//
// Errors: kUnavailable for an answer that cannot be read. Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "account/objects/object_store.h"
#include "base/result.h"
#include "net/http.h"

namespace bedplate::services::s3 {

// Of a refusal: `status` and the body that came with it, which may be empty (HEAD) or anything.
Error ErrorOfAnswer(int status, std::string_view body, std::string_view url);

// Of a HEAD or GET. `size_bytes` is what content-range or else content-length says.
Result<account::objects::ObjectFacts> FactsOfHead(const net::Headers& headers);

// Of ListObjectsV2 with encoding-type=url.
Result<account::objects::ObjectPage> PageOf(std::string_view xml);

// Of CreateMultipartUpload.
Result<std::string> UploadIdOf(std::string_view xml);

// Of CompleteMultipartUpload, which may be a failure under a status of 200.
Result<void> CheckCompleted(std::string_view xml, std::string_view url);

std::string WithoutQuotes(std::string_view etag);

}  // namespace bedplate::services::s3
