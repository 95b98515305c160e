// From what a person writes to what answers for a model.
//
// Errors are kValidation with a message for that person. Blocks on the disk where it says so.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "models/model.h"

namespace bedplate::models {

// Weights in a file that exists and begins as GGUF files do; the rest of it is read by the engine,
// in a process of its own, when the model is first used. Blocks.
Result<LocalWeights> WeightsIn(const std::string& file);

// "openai", which is meant where nothing is said, or "anthropic"; kValidation for another word.
Result<UpstreamProtocol> ProtocolOf(std::string_view word);
std::string_view ProtocolWord(UpstreamProtocol protocol);

// A server at `url`: an OpenAI-compatible base such as http://gpu1:8000/v1, or what stands before
// /v1/messages of Anthropic's.
Result<RemoteUpstream> UpstreamAt(UpstreamProtocol protocol, const std::string& url,
                                  std::string model_name, std::string api_key_env);

// Amazon Bedrock in `region`, at `url` or, where that is empty, at its public address.
Result<BedrockUpstream> BedrockAt(const std::string& url, const std::string& region,
                                  std::string model_name, std::string profile);

// The word that stands where a protocol's would.
inline constexpr std::string_view kBedrockWord = "bedrock";

struct TargetWords {
  std::string gguf_file{};  // exactly one of gguf_file, url and model; with kBedrockWord for
  std::string url{};        // `protocol`, url may be left out
  std::string lora_file{};  // belongs to gguf_file, as the next
  std::optional<double> lora_scale{};
  std::string projector_file{};  // likewise
  std::string draft_file{};      // likewise
  std::string protocol{};        // belongs to url, as the next two
  std::string upstream_model{};
  std::string api_key_env{};
  std::string region{};  // of Amazon Bedrock, as the next
  std::string profile{};
  std::string model{};  // an id of this server
};

// kToday: the file must be there now (blocks). kLater: it is looked for when the model is used.
enum class FileIsWanted : uint8_t { kToday, kLater };
Result<BindingTarget> ReadTarget(const TargetWords& words, FileIsWanted when);

}  // namespace bedplate::models
