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

}  // namespace bedplate::models
