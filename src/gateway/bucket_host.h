// Requests to a bucket by its own host ("bucket.s3.localhost"), and other requests that only S3 can
// mean.
//
// Threads: pure, but for the passage.
// spec: docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "gateway/passage.h"

namespace bedplate::gateway {

// What stands before ".<one of hosts>", without a port; empty when there is none, or when the
// authority is one of the hosts itself.
std::string_view BucketOfHost(std::string_view authority, std::span<const std::string> hosts);

// Notes that the request is S3's, where its form or its host says so, and puts the bucket of its
// host into the path, where operations have it. Signatures are held against what was sent.
void NoteBucketHost(Passage& passage, std::span<const std::string> hosts);

}  // namespace bedplate::gateway
