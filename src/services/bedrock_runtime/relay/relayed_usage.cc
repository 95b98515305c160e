#include "services/bedrock_runtime/relay/relayed_usage.h"

#include <charconv>
#include <string>

#include "base/base64.h"
#include "base/json/value.h"
#include "wire/event_stream.h"

namespace bedplate::services::bedrock_runtime {
namespace {

// The most that Bedrock's members of usage can say.
constexpr int64_t kTokensMax = 2'147'483'647;

// The names under which one place tells the counts; an embedding has no output.
struct Names {
  std::string_view input;
  std::string_view output;
  std::string_view cache_read;
  std::string_view cache_write;
};
constexpr Names kConverse = {"inputTokens", "outputTokens", "cacheReadInputTokens",
                             "cacheWriteInputTokens"};
constexpr Names kMetrics = {"inputTokenCount", "outputTokenCount", "cacheReadInputTokenCount",
                            "cacheWriteInputTokenCount"};
constexpr Names kHeaders = {"x-amzn-bedrock-input-token-count", "x-amzn-bedrock-output-token-count",
                            "x-amzn-bedrock-cache-read-input-token-count",
                            "x-amzn-bedrock-cache-write-input-token-count"};

// `read` gives the count of a name: nothing where it is not there, -1 where it can't be.
template <class Read>
std::optional<runtime::TokenUsage> UsageBy(const Names& names, Read read) {
  const std::optional<int64_t> input = read(names.input);
  if (!input) return std::nullopt;
  const runtime::TokenUsage usage{.input_tokens = *input,
                                  .output_tokens = read(names.output).value_or(0),
                                  .cache_read_tokens = read(names.cache_read).value_or(0),
                                  .cache_write_tokens = read(names.cache_write).value_or(0)};
  for (const int64_t count : {usage.input_tokens, usage.output_tokens, usage.cache_read_tokens,
                              usage.cache_write_tokens}) {
    if (count < 0 || count > kTokensMax) return std::nullopt;
  }
  return usage;
}

std::optional<runtime::TokenUsage> UsageOfObject(const json::Value* object, const Names& names) {
  if (object == nullptr || !object->is_object()) return std::nullopt;
  return UsageBy(names, [&](std::string_view name) -> std::optional<int64_t> {
    const json::Value* member = object->Find(name);
    if (member == nullptr) return std::nullopt;
    int64_t count = 0;
    return member->ToInt64(count) ? count : -1;
  });
}

// What the base64 of {"bytes": "..."} holds; empty when there is none.
std::string BytesIn(const json::Value& payload) {
  std::string bytes;
  const json::Value* member = payload.Find("bytes");
  const std::string* text = member == nullptr ? nullptr : member->AsString();
  if (text == nullptr || !AppendFromBase64(bytes, *text)) return {};
  return bytes;
}

}  // namespace

std::optional<runtime::TokenUsage> UsageOfAnswer(std::string_view body) {
  const auto answer = json::Value::Parse(body);
  if (!answer) return std::nullopt;
  return UsageOfObject(answer->Find("usage"), kConverse);
}

std::optional<runtime::TokenUsage> UsageOfHeaders(const net::Headers& headers) {
  return UsageBy(kHeaders, [&](std::string_view name) -> std::optional<int64_t> {
    const auto text = headers.Find(name);
    if (!text) return std::nullopt;
    int64_t count = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), count);
    return error == std::errc() && end == text->data() + text->size() ? count : -1;
  });
}

std::optional<runtime::TokenUsage> UsageOfFrame(std::string_view bytes) {
  wire::event_stream::FrameDecoder decoder;
  decoder.Push(bytes);
  wire::event_stream::Frame frame;
  if (!decoder.Next(frame).value_or(false)) return std::nullopt;
  const auto payload = json::Value::Parse(frame.payload);
  if (!payload) return std::nullopt;
  const std::string_view type = frame.Text(":event-type");
  if (type == "metadata") return UsageOfObject(payload->Find("usage"), kConverse);
  if (type != "chunk") return std::nullopt;
  const auto chunk = json::Value::Parse(BytesIn(*payload));
  if (!chunk) return std::nullopt;
  return UsageOfObject(chunk->Find("amazon-bedrock-invocationMetrics"), kMetrics);
}

}  // namespace bedplate::services::bedrock_runtime
