// What browsers ask of S3 before they let a page from elsewhere use a bucket, and what they look
// for in answers: by the bucket's own rules.
//
// Threads: pure, but for the buckets, which never block.
// spec: fetch.spec.whatwg.org, "CORS protocol";
// docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html
#pragma once

#include <optional>
#include <string_view>

#include "account/objects/buckets.h"
#include "gateway/passage.h"

namespace bedplate::gateway {

// The first rule for that origin, method and, in a preflight, those headers ("a, b"); null when
// there is none.
const account::objects::CorsRule* FindCorsRule(const account::objects::Bucket& bucket,
                                               std::string_view origin, std::string_view method,
                                               std::string_view headers);

// The answer to an OPTIONS request, which nobody signs; nothing for every other request.
std::optional<net::Response> PreflightAnswer(const Passage& passage,
                                             const account::objects::Buckets& buckets);

// Adds to the answer of a routed request to S3 what a page may see of it.
void AddCorsHeaders(const Passage& passage, const account::objects::Buckets& buckets);

}  // namespace bedplate::gateway
