#include "models/formats/native_format.h"

#include <array>

#include "models/citations/sources.h"
#include "models/formats/families.h"
#include "models/protocol/chat_request.h"

namespace bedplate::models {
namespace {

constexpr NativeFormat kOpenAiChatFormat{.family = "openai-chat", .read_chat = ReadOpenAiChat};
constexpr NativeFormat kTitanEmbeddingsFormat{.family = "amazon-titan-embeddings-v2",
                                              .read_embeddings = ReadTitanEmbeddingsV2};
constexpr NativeFormat kCohereRerankFormat{.family = "cohere-rerank",
                                           .read_ranking = ReadCohereRerank};

// Families are named as in the catalog.
constexpr std::array kFormats = {
    kOpenAiChatFormat,
    kTitanEmbeddingsFormat,
    NativeFormat{.family = "ai21-jamba", .read_chat = ReadAi21Jamba},
    NativeFormat{.family = "ai21-jurassic", .read_chat = ReadAi21Jurassic},
    kCohereRerankFormat,
    NativeFormat{.family = "amazon-nova", .read_chat = ReadNova},
    NativeFormat{.family = "amazon-nova-embeddings", .read_embeddings = ReadNovaEmbeddings},
    NativeFormat{.family = "amazon-rerank", .read_ranking = ReadAmazonRerank},
    NativeFormat{.family = "amazon-titan-embeddings", .read_embeddings = ReadTitanEmbeddings},
    NativeFormat{.family = "amazon-titan-multimodal-embeddings",
                 .read_embeddings = ReadTitanMultimodalEmbeddings},
    NativeFormat{.family = "amazon-titan-text", .read_chat = ReadTitanText},
    NativeFormat{.family = "anthropic-messages", .read_chat = ReadAnthropicMessages},
    NativeFormat{.family = "anthropic-text", .read_chat = ReadAnthropicText},
    NativeFormat{.family = "cohere-command", .read_chat = ReadCohereCommand},
    NativeFormat{.family = "cohere-command-r", .read_chat = ReadCohereCommandR},
    NativeFormat{.family = "deepseek-r1", .read_chat = ReadDeepSeekR1},
    NativeFormat{.family = "meta-llama", .read_chat = ReadMetaLlama},
    NativeFormat{.family = "mistral-chat", .read_chat = ReadMistralChat},
    NativeFormat{.family = "mistral-large", .read_chat = ReadMistralLarge},
    NativeFormat{.family = "mistral-prompt", .read_chat = ReadMistralPrompt},
    NativeFormat{.family = "writer-palmyra", .read_chat = ReadWriterPalmyra},
    NativeFormat{.family = "cohere-embed-v3", .read_embeddings = ReadCohereEmbedV3},
    NativeFormat{.family = "cohere-embed-v4", .read_embeddings = ReadCohereEmbedV4},
};

}  // namespace

void WriteMetrics(json::Writer& writer, const InvocationMetrics& metrics) {
  writer.Key("amazon-bedrock-invocationMetrics");
  writer.BeginObject();
  writer.Key("inputTokenCount");
  writer.Integer(metrics.input_tokens);
  writer.Key("outputTokenCount");
  writer.Integer(metrics.output_tokens);
  if (metrics.cache_read_tokens + metrics.cache_write_tokens != 0) {
    writer.Key("cacheReadInputTokenCount");
    writer.Integer(metrics.cache_read_tokens);
    writer.Key("cacheWriteInputTokenCount");
    writer.Integer(metrics.cache_write_tokens);
  }
  writer.Key("invocationLatency");
  writer.Integer(metrics.latency_ms);
  writer.Key("firstByteLatency");
  writer.Integer(metrics.first_byte_latency_ms);
  writer.EndObject();
}

std::string NeutralChat::UpstreamBody(const NativeCall& call) {
  if (!call.takes_cache_points) DropCachePoints(request_);
  if (!call.takes_sources) cited_ = RenderSources(request_);
  if (!call.service_tier.empty()) request_.service_tier = call.service_tier;
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
  if (format != nullptr && format->use() == facts.use()) return *format;
  switch (facts.use()) {
    case Use::kEmbeddings:
      return kTitanEmbeddingsFormat;
    case Use::kRanking:
      return kCohereRerankFormat;
    case Use::kText:
      break;
  }
  return kOpenAiChatFormat;
}

}  // namespace bedplate::models
