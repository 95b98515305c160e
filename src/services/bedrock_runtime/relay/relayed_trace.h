// The trace of a prompt router in an answer of Amazon Bedrock's, which knows nothing of the router:
// `trace.promptRouter.invokedModelId`, put before what the answer says, whose bytes stay as they
// came. An answer with a `trace` of its own is left alone, and so is what can't be read.
//
// Threads: pure functions.
// spec: bedrock-runtime#PromptRouterTrace
#pragma once

#include <string>
#include <string_view>

namespace bedplate::services::bedrock_runtime {

// To an answer of Converse.
void AddRoute(std::string& body, std::string_view model_arn);
// To a frame of ConverseStream, where it is the `metadata`; whole frames only.
void AddRouteToFrame(std::string& frame, std::string_view model_arn);

}  // namespace bedplate::services::bedrock_runtime
