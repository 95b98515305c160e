// Native bodies in tests of formats: in and out, without a server.
//
// Threads: the test's.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/formats/native_format.h"
#include "models/protocol/chat_response.h"

namespace bedplate::models {

inline NativeCall TestCall(NativeUse use = NativeUse::kAnswer) {
  return {.model_id = "anthropic.claude-3-haiku-20240307-v1:0",
          .model_as_asked = "us.anthropic.claude-3-haiku-20240307-v1:0",
          .upstream_name = "local",
          .use = use};
}

inline Result<NativeChatPtr> ReadChat(std::string_view family, std::string_view body,
                                      NativeUse use = NativeUse::kAnswer) {
  const NativeFormat* format = FindFormat(family);
  if (format == nullptr || format->read_chat == nullptr) {
    return Fail(Fault::kInternal, "no such format");
  }
  return format->read_chat(body, TestCall(use));
}

// What the model's server is asked, or the refusal.
inline std::string Asked(std::string_view family, std::string_view body,
                         NativeUse use = NativeUse::kAnswer) {
  auto chat = ReadChat(family, body, use);
  return chat ? (*chat)->UpstreamBody(TestCall(use)) : chat.error().message;
}

// The message of a refusal; empty when the body is taken.
inline std::string Refusal(std::string_view family, std::string_view body,
                           NativeUse use = NativeUse::kAnswer) {
  auto chat = ReadChat(family, body, use);
  if (chat) return "";
  EXPECT_EQ(chat.error().fault, Fault::kValidation);
  return chat.error().message;
}

// The answer to `body`, or the error.
inline std::string Answered(std::string_view family, std::string_view body,
                            const ChatAnswer& answer, std::string_view reply = "{}") {
  auto chat = ReadChat(family, body);
  if (!chat) return chat.error().message;
  auto written = (*chat)->WriteAnswer(answer, reply);
  return written ? *written : written.error().message;
}

// The chunks that a stream of the server's events becomes; the last is an error where there was
// one. The stream took 30 ms, 10 of them to the first byte.
inline std::vector<std::string> Streamed(std::string_view family, std::string_view body,
                                         const std::vector<std::string>& events) {
  auto chat = ReadChat(family, body, NativeUse::kStream);
  if (!chat) return {chat.error().message};
  auto chunks = (*chat)->StartChunks();
  chat->reset();  // chunks outlive it
  std::vector<std::string> out;
  ChatChunkReader reader;
  ChatChunk chunk;
  ChatFinish finish;
  ChatUsage usage;
  for (const std::string& event : events) {
    auto read = reader.Read(event, chunk);
    EXPECT_TRUE(read) << event;
    if (chunk.finish) finish = *chunk.finish;
    if (chunk.usage) usage = *chunk.usage;
    if (auto added = chunks->Add(chunk, event, out); !added) {
      out.push_back(added.error().message);
      return out;
    }
  }
  const InvocationMetrics metrics{.input_tokens = usage.prompt_tokens,
                                  .output_tokens = usage.completion_tokens,
                                  .latency_ms = 30,
                                  .first_byte_latency_ms = 10};
  if (auto ended = chunks->End(finish, metrics, out); !ended) out.push_back(ended.error().message);
  return out;
}

// `json` with "*" in place of each text under `key`, which is new in each answer.
inline std::string Masked(std::string json, std::string_view key) {
  const std::string begin = "\"" + std::string(key) + "\":\"";
  for (size_t at = 0; (at = json.find(begin, at)) != json.npos;) {
    at += begin.size();
    json.replace(at, json.find('"', at) - at, "*");
  }
  return json;
}

inline std::vector<std::string> Masked(std::vector<std::string> chunks, std::string_view key) {
  for (std::string& chunk : chunks) chunk = Masked(std::move(chunk), key);
  return chunks;
}

// What the last of `Streamed`'s chunks has for `usage` of 5 and 2 tokens.
inline constexpr std::string_view kTestMetrics =
    R"("amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":2,)"
    R"("invocationLatency":30,"firstByteLatency":10}})";

// A stream that says "Hello" and stops.
inline std::vector<std::string> HelloEvents(std::string_view finish_reason = "stop") {
  return {R"({"choices":[{"delta":{"content":"Hello"}}]})",
          R"({"choices":[{"delta":{},"finish_reason":")" + std::string(finish_reason) + R"("}]})",
          R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})"};
}

// A stream that says "Let me see." and calls a tool.
inline std::vector<std::string> CallEvents() {
  return {R"({"choices":[{"delta":{"content":"Let me see."}}]})",
          R"({"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c1","function":)"
          R"({"name":"get","arguments":"{\"a\":"}}]}}]})",
          R"({"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}}]})",
          R"({"choices":[{"delta":{},"finish_reason":"tool_calls"}]})",
          R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}})"};
}

}  // namespace bedplate::models
