// What a client says that a body is which it sends to S3 whole: its MD5, and a checksum.
//
// Threads: pure.
// spec: docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
#pragma once

#include "gateway/passage.h"

namespace bedplate::gateway {

// Of the body that was read: BadDigest or InvalidDigest where a header says something else. Nothing
// to do for services other than S3.
Step CheckBodyDigests(const Passage& passage);

}  // namespace bedplate::gateway
