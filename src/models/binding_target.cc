#include "models/binding_target.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>

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
  return Refuse(
      fmt::format("There is no protocol '{}'; a server at a URL speaks openai or "
                  "anthropic.",
                  word));
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

Result<BindingTarget> ReadTarget(const TargetWords& words, FileIsWanted when) {
  const int said = static_cast<int>(!words.gguf_file.empty()) +
                   static_cast<int>(!words.url.empty()) + static_cast<int>(!words.model.empty());
  if (said != 1) {
    return Refuse(fmt::format("Say what answers with one of gguf, url and model, not {} of them.",
                              said == 0 ? "none" : fmt::format("{}", said)));
  }
  if (words.url.empty() &&
      !(words.protocol.empty() && words.upstream_model.empty() && words.api_key_env.empty())) {
    return Refuse(
        "The protocol of a server, the model's name there and the variable of its key belong to "
        "url.");
  }
  if (!words.model.empty()) return OtherModel{.id = words.model};
  if (!words.url.empty()) {
    const auto protocol = ProtocolOf(words.protocol);
    if (!protocol) return std::unexpected(protocol.error());
    auto upstream = UpstreamAt(*protocol, words.url, words.upstream_model, words.api_key_env);
    if (!upstream) return std::unexpected(std::move(upstream.error()));
    return std::move(*upstream);
  }
  if (when == FileIsWanted::kLater) return LocalWeights{.file = words.gguf_file};
  auto weights = WeightsIn(words.gguf_file);
  if (!weights) return std::unexpected(std::move(weights.error()));
  return std::move(*weights);
}

}  // namespace bedplate::models
