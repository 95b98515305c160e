// The formats of facades: APIs of other providers beside InvokeModel, taken for every model. Their
// bodies name the model and say whether the answer is streamed; NativeCall::use is what they say.
//
// Errors: kValidation in MalformedInput's words. Threads: pure functions.
// spec: as each file says
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "models/formats/families.h"
#include "models/formats/native_format.h"

namespace bedplate::models {

Result<NativeChatPtr> ReadOpenAiFacadeChat(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadOpenAiFacadeText(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadOpenAiResponse(std::string_view body, const NativeCall& call);
// `model_as_asked` is what the answer calls the model.
Result<NativeEmbeddingsPtr> ReadOpenAiEmbeddings(std::string_view body,
                                                 std::string_view model_as_asked);

inline constexpr NativeFormat kOpenAiFacadeChat{.family = "openai-chat",
                                                .read_chat = ReadOpenAiFacadeChat};
inline constexpr NativeFormat kOpenAiFacadeText{.family = "openai-text",
                                                .read_chat = ReadOpenAiFacadeText};
inline constexpr NativeFormat kOpenAiFacadeResponse{.family = "openai-responses",
                                                    .read_chat = ReadOpenAiResponse};
inline constexpr NativeFormat kAnthropicFacade{.family = "anthropic-messages",
                                               .read_chat = ReadAnthropicMessages};

}  // namespace bedplate::models
