// Whether a bucket's policy lets everyone in.
//
// Pure.
// spec: docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html, "The
// meaning of public"
#pragma once

#include "account/policy/document.h"

namespace bedplate::account::objects {

// An Allow for all principals that no condition narrows to fixed ones.
bool IsPublic(const policy::Document& document);

}  // namespace bedplate::account::objects
