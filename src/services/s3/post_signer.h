// Who signed a form's policy, by version 4 of Amazon's signatures or by version 2.
//
// Errors are S3's: InvalidArgument for a field that is missing or malformed, InvalidAccessKeyId,
// ExpiredToken, SignatureDoesNotMatch, AccessDenied. Never blocks; any thread.
// spec: docs.aws.amazon.com/AmazonS3/latest/API/sigv4-authentication-HTTPPOST.html
#pragma once

#include <memory>
#include <string_view>

#include "account/identity/identities.h"
#include "base/result.h"
#include "services/s3/post_form.h"

namespace bedplate::services::s3 {

// The form has the field "policy".
Result<std::shared_ptr<const account::AccessKey>> SignerOf(const PostForm& form,
                                                           const account::Identities& identities,
                                                           std::string_view region,
                                                           account::Identities::Time now);

}  // namespace bedplate::services::s3
