// Bodies of facades in tests of formats, as native_bodies.h has those of InvokeModel.
//
// Threads: the test's.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "models/formats/facades.h"
#include "models/testing/native_bodies.h"

namespace bedplate::models {

inline NativeCall FacadeCall(NativeUse use = NativeUse::kAnswer) {
  NativeCall call = TestCall(use);
  call.api = NativeApi::kFacade;
  call.now_s = 1'700'000'000;
  return call;
}

// What the model's server is asked, or the refusal.
inline std::string FacadeAsked(const NativeFormat& format, std::string_view body,
                               NativeUse use = NativeUse::kAnswer) {
  auto chat = format.read_chat(body, FacadeCall(use));
  return chat ? (*chat)->UpstreamBody(FacadeCall(use)) : chat.error().message;
}

// The answer to `body`, or the error.
inline std::string FacadeAnswered(const NativeFormat& format, std::string_view body,
                                  const ChatAnswer& answer, std::string_view reply = "{}") {
  auto chat = format.read_chat(body, FacadeCall());
  if (!chat) return chat.error().message;
  auto written = (*chat)->WriteAnswer(answer, reply);
  return written ? *written : written.error().message;
}

// The events that a stream of the server's becomes; the last is an error where there was one.
inline std::vector<std::string> FacadeStreamed(const NativeFormat& format, std::string_view body,
                                               const std::vector<std::string>& events) {
  auto chat = format.read_chat(body, FacadeCall(NativeUse::kStream));
  if (!chat) return {chat.error().message};
  auto chunks = (*chat)->StartChunks();
  chat->reset();  // chunks outlive it
  std::vector<std::string> out;
  ChatChunkReader reader;
  ChatChunk chunk;
  ChatFinish finish;
  for (const std::string& event : events) {
    EXPECT_TRUE(reader.Read(event, chunk)) << event;
    if (chunk.finish) finish = *chunk.finish;
    if (auto added = chunks->Add(chunk, event, out); !added) {
      out.push_back(added.error().message);
      return out;
    }
  }
  if (auto ended = chunks->End(finish, {}, out); !ended) out.push_back(ended.error().message);
  return out;
}

}  // namespace bedplate::models
