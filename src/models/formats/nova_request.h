// The body of Amazon Nova (schema "messages-v1"), read into the neutral request.
//
// Video, audio, documents, objects in S3 and Nova's own system tools are not taken. Cache points
// ask nothing of an answer, so they are taken and change nothing.
//
// Errors: kValidation in MalformedInput's words. Threads: pure functions.
// spec: https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html
// spec: https://docs.aws.amazon.com/nova/latest/nova2-userguide/request-response-schema.html
#pragma once

#include <string_view>

#include "base/result.h"
#include "models/chat.h"
#include "models/formats/native_format.h"

namespace bedplate::models {

Result<ChatRequest> ReadNovaRequest(std::string_view body, const NativeCall& call);

}  // namespace bedplate::models
