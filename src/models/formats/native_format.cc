#include "models/formats/native_format.h"

#include <array>

#include "models/formats/families.h"
#include "models/protocol/chat_request.h"

namespace bedplate::models {
namespace {

constexpr NativeFormat kOpenAiChatFormat{.family = "openai-chat", .read_chat = ReadOpenAiChat};
constexpr NativeFormat kTitanEmbeddingsFormat{.family = "amazon-titan-embeddings-v2",
                                              .read_embeddings = ReadTitanEmbeddingsV2};

// Families are named as in the catalog.
constexpr std::array kFormats = {
    kOpenAiChatFormat,
    kTitanEmbeddingsFormat,
    NativeFormat{.family = "amazon-nova", .read_chat = ReadNova},
    NativeFormat{.family = "amazon-titan-text", .read_chat = ReadTitanText},
    NativeFormat{.family = "anthropic-messages", .read_chat = ReadAnthropicMessages},
    NativeFormat{.family = "anthropic-text", .read_chat = ReadAnthropicText},
};

}  // namespace

void WriteMetrics(json::Writer& writer, const InvocationMetrics& metrics) {
  writer.Key("amazon-bedrock-invocationMetrics");
  writer.BeginObject();
  writer.Key("inputTokenCount");
  writer.Integer(metrics.input_tokens);
  writer.Key("outputTokenCount");
  writer.Integer(metrics.output_tokens);
  writer.Key("invocationLatency");
  writer.Integer(metrics.latency_ms);
  writer.Key("firstByteLatency");
  writer.Integer(metrics.first_byte_latency_ms);
  writer.EndObject();
}

std::string NeutralChat::UpstreamBody(const NativeCall& call) {
  if (call.use == NativeUse::kCountTokens) {
    return WriteTokenizeRequest(request_, call.upstream_name, call.tokenize_members);
  }
  if (call.use == NativeUse::kAnswer) return WriteChatRequest(request_, call.upstream_name, false);
  return WriteChatRequest(request_, call.upstream_name, true, call.early_usage);
}

std::span<const NativeFormat> AllFormats() { return kFormats; }

const NativeFormat* FindFormat(std::string_view family) {
  for (const NativeFormat& format : kFormats) {
    if (format.family == family) return &format;
  }
  return nullptr;
}

const NativeFormat& FormatOf(const ModelFacts& facts) {
  const NativeFormat* format = FindFormat(facts.family);
  if (facts.MakesEmbeddings()) {
    return format != nullptr && format->read_embeddings != nullptr ? *format
                                                                   : kTitanEmbeddingsFormat;
  }
  return format != nullptr && format->read_chat != nullptr ? *format : kOpenAiChatFormat;
}

}  // namespace bedplate::models
