// The read functions of all formats, one file each; for the table in native_format.cc.
//
// Errors: kValidation in MalformedInput's words. Threads: pure functions.
// spec: as each file says
#pragma once

#include <string_view>

#include "base/result.h"
#include "models/formats/native_format.h"

namespace bedplate::models {

Result<NativeChatPtr> ReadAi21Jamba(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadAi21Jurassic(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadAnthropicMessages(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadAnthropicText(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadCohereCommand(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadCohereCommandR(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadDeepSeekR1(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadMetaLlama(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadMistralChat(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadMistralLarge(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadMistralPrompt(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadNova(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadOpenAiChat(std::string_view body, const NativeCall& call);
Result<NativeRanking> ReadAmazonRerank(std::string_view body);
Result<NativeEmbeddingsPtr> ReadCohereEmbedV3(std::string_view body);
Result<NativeEmbeddingsPtr> ReadCohereEmbedV4(std::string_view body);
Result<NativeRanking> ReadCohereRerank(std::string_view body);
Result<NativeEmbeddingsPtr> ReadNovaEmbeddings(std::string_view body);
Result<NativeEmbeddingsPtr> ReadTitanEmbeddings(std::string_view body);
Result<NativeEmbeddingsPtr> ReadTitanEmbeddingsV2(std::string_view body);
Result<NativeEmbeddingsPtr> ReadTitanMultimodalEmbeddings(std::string_view body);
Result<NativeChatPtr> ReadTitanText(std::string_view body, const NativeCall& call);
Result<NativeChatPtr> ReadWriterPalmyra(std::string_view body, const NativeCall& call);

}  // namespace bedplate::models
