// What S3 calls the root of an answer whose shape has another name in botocore's model, which drops
// the traits that say so.
//
// Threads: pure.
// spec: docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html
#pragma once

#include <string_view>

namespace bedplate::wire {

// For an output shape's name; empty for those that go by their own.
std::string_view S3RootOf(std::string_view shape);

}  // namespace bedplate::wire
