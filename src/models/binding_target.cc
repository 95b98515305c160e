#include "models/binding_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/limits.h"
#include "net/client.h"

namespace bedplate::models {
namespace {

std::unexpected<Error> Refuse(std::string message) {
  return Fail(Fault::kValidation, std::move(message));
}

}  // namespace

Result<LocalWeights> WeightsIn(const std::string& file) {
  std::error_code error;
  auto path = std::filesystem::absolute(file, error);
  if (error || !std::filesystem::is_regular_file(path, error)) {
    return Refuse(fmt::format("There is no file {}.", file));
  }
  // spec: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md: the first four bytes.
  std::array<char, 4> magic{};
  std::ifstream stream(path, std::ios::binary);
  if (!stream.read(magic.data(), magic.size()) ||
      std::string_view(magic.data(), magic.size()) != "GGUF") {
    return Refuse(fmt::format("{} is not a GGUF file.", file));
  }
  return LocalWeights{.file = path.lexically_normal().string()};
}

Result<UpstreamProtocol> ProtocolOf(std::string_view word) {
  if (word.empty() || word == "openai") return UpstreamProtocol::kOpenAi;
  if (word == "anthropic") return UpstreamProtocol::kAnthropic;
  return Refuse(fmt::format(
      "There is no protocol '{}'; a server speaks openai, anthropic or bedrock.", word));
}

std::string_view ProtocolWord(UpstreamProtocol protocol) {
  return protocol == UpstreamProtocol::kAnthropic ? "anthropic" : "openai";
}

Result<RemoteUpstream> UpstreamAt(UpstreamProtocol protocol, const std::string& url,
                                  std::string model_name, std::string api_key_env) {
  std::string base = url;
  while (base.ends_with('/')) base.pop_back();
  if (auto endpoint = net::Endpoint::Parse(base); !endpoint) {
    return Refuse(fmt::format("The URL {} can't be used: {}", url, endpoint.error().message));
  }
  return RemoteUpstream{.protocol = protocol,
                        .url = std::move(base),
                        .model_name = std::move(model_name),
                        .api_key_env = std::move(api_key_env)};
}

Result<BedrockUpstream> BedrockAt(const std::string& url, const std::string& region,
                                  std::string model_name, std::string profile) {
  const bool spelled = !region.empty() && std::ranges::all_of(region, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
  if (!spelled) {
    return Refuse(
        fmt::format("Say which region of Amazon Bedrock is asked; '{}' is none.", region));
  }
  // spec: https://docs.aws.amazon.com/general/latest/gr/bedrock.html
  auto upstream = UpstreamAt(
      UpstreamProtocol::kOpenAi,
      url.empty() ? fmt::format("https://bedrock-runtime.{}.amazonaws.com", region) : url, "", "");
  if (!upstream) return std::unexpected(std::move(upstream.error()));
  return BedrockUpstream{.url = std::move(upstream->url),
                         .region = region,
                         .model_name = std::move(model_name),
                         .profile = std::move(profile)};
}

namespace {

Result<void> CheckBesideWeights(const TargetWords& words) {
  if (words.lora_scale && words.lora_file.empty()) {
    return Refuse("The scale belongs to a LoRA adapter, and none is named.");
  }
  if (!words.lora_file.empty() && words.gguf_file.empty()) {
    return Refuse("A LoRA adapter belongs to the weights of a GGUF file.");
  }
  if (!words.projector_file.empty() && words.gguf_file.empty()) {
    return Refuse("A projector belongs to the weights of a GGUF file.");
  }
  if (!words.draft_file.empty() && words.gguf_file.empty()) {
    return Refuse("A draft model belongs to the weights of a GGUF file.");
  }
  const double scale = words.lora_scale.value_or(1);
  if (!(std::abs(scale) <= limits::kAdapterScaleMax)) {
    return Refuse(fmt::format("The scale of a LoRA adapter is from -{0} to {0}, not {1}.",
                              limits::kAdapterScaleMax, scale));
  }
  return {};
}

Result<BindingTarget> ReadWeights(const TargetWords& words, FileIsWanted when) {
  LocalWeights weights{.file = words.gguf_file,
                       .adapter = words.lora_file,
                       .adapter_scale = words.lora_scale.value_or(1),
                       .projector = words.projector_file,
                       .draft = words.draft_file};
  if (when == FileIsWanted::kLater) return weights;
  for (std::string* file : {&weights.file, &weights.adapter, &weights.projector, &weights.draft}) {
    if (file->empty()) continue;
    auto found = WeightsIn(*file);
    if (!found) return std::unexpected(std::move(found.error()));
    *file = std::move(found->file);
  }
  return weights;
}

// Words that belong to what was not said.
Result<void> CheckCompany(const TargetWords& words) {
  if (auto ok = CheckBesideWeights(words); !ok) return ok;
  const bool bedrock = words.protocol == kBedrockWord;
  if (!bedrock && !(words.region.empty() && words.profile.empty())) {
    return Refuse("The region and the profile belong to the protocol bedrock.");
  }
  if (bedrock && !words.api_key_env.empty()) {
    return Refuse(
        "Amazon Bedrock takes no key of a variable, but the credentials of a profile or "
        "of the environment.");
  }
  const bool at_server = bedrock || !words.url.empty();
  if (!at_server &&
      !(words.protocol.empty() && words.upstream_model.empty() && words.api_key_env.empty())) {
    return Refuse(
        "The protocol of a server, the model's name there and the variable of its key belong to "
        "url.");
  }
  return {};
}

Result<BindingTarget> ReadServer(const TargetWords& words) {
  if (words.protocol == kBedrockWord) {
    auto bedrock = BedrockAt(words.url, words.region, words.upstream_model, words.profile);
    if (!bedrock) return std::unexpected(std::move(bedrock.error()));
    return std::move(*bedrock);
  }
  const auto protocol = ProtocolOf(words.protocol);
  if (!protocol) return std::unexpected(protocol.error());
  auto upstream = UpstreamAt(*protocol, words.url, words.upstream_model, words.api_key_env);
  if (!upstream) return std::unexpected(std::move(upstream.error()));
  return std::move(*upstream);
}

}  // namespace

Result<BindingTarget> ReadTarget(const TargetWords& words, FileIsWanted when) {
  const bool at_server = !words.url.empty() || words.protocol == kBedrockWord;
  const int said = static_cast<int>(!words.gguf_file.empty()) + static_cast<int>(at_server) +
                   static_cast<int>(!words.model.empty());
  if (said != 1) {
    return Refuse(fmt::format("Say what answers with one of gguf, url and model, not {} of them.",
                              said == 0 ? "none" : fmt::format("{}", said)));
  }
  if (auto ok = CheckCompany(words); !ok) return std::unexpected(std::move(ok.error()));
  if (!words.model.empty()) return OtherModel{.id = words.model};
  if (at_server) return ReadServer(words);
  return ReadWeights(words, when);
}

}  // namespace bedplate::models
