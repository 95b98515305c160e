// Documents and images of Converse, from wire types to the domain's.
//
// Errors: kValidation naming the place, for sources that are not served. Threads: pure functions.
#pragma once

#include <string_view>

#include "base/result.h"
#include "bedrock_runtime/shapes/DocumentBlock.h"
#include "bedrock_runtime/shapes/ImageBlock.h"
#include "runtime/conversation.h"

namespace bedplate::services::bedrock_runtime {

namespace gen = ::bedplate::gen::bedrock_runtime;

Result<runtime::DocumentBlock> ToDocument(gen::DocumentBlock&& document, std::string_view place);
Result<runtime::ImageBlock> ToImage(gen::ImageBlock&& image, std::string_view place);

}  // namespace bedplate::services::bedrock_runtime
