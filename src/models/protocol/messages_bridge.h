// A server that speaks Anthropic's Messages API, seen as one that speaks OpenAI's protocol: the
// requests that are written for it are OpenAI's, and so is what is read of its answers. So
// everything above model_client knows one protocol (docs/adr/anthropic-upstream.md).
//
// Errors: kValidation for a request that it can't be asked, kModelError for an answer that is not
// what its protocol says. Threads: pure functions; a stream belongs to one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "models/citations/source_order.h"
#include "models/protocol/chat_response.h"
#include "models/protocol/chat_response_writer.h"
#include "models/protocol/messages_request.h"
#include "models/protocol/messages_response.h"

namespace bedplate::models {

// spec: https://docs.anthropic.com/en/api/versioning
inline constexpr std::string_view kAnthropicVersion = "2023-06-01";
inline constexpr std::string_view kMessagesTarget = "/v1/messages";
inline constexpr std::string_view kMessagesCountTarget = "/v1/messages/count_tokens";

struct BridgedRequest {
  std::string body{};
  std::string betas{};  // for the header anthropic-beta; empty for none
  // What the answer's citations go back by; null where there is nothing to change.
  SourceOrderPtr sources{};
};

// From the body of a chat request, and of a tokenize request.
Result<BridgedRequest> MessagesFromChat(std::string_view body);
Result<BridgedRequest> MessagesCountFromTokenize(std::string_view body);

// To the body of a chat answer, and of a tokenize answer. `now_s` is Unix seconds, `sources` the
// request's.
Result<std::string> ChatFromMessages(std::string_view body, std::string_view model_name,
                                     int64_t now_s, const SourceOrder* sources = nullptr);
Result<std::string> TokenizeFromMessagesCount(std::string_view body);

// The events of one stream as chunks of OpenAI's.
class MessagesStream {
 public:
  MessagesStream(std::string_view model_name, int64_t now_s, SourceOrderPtr sources = nullptr)
      : sources_(std::move(sources)) {
    head_.model_name = model_name;
    head_.created_s = now_s;
  }

  // The chunk that an event becomes, valid until the next call; nothing for one that says nothing.
  Result<std::optional<std::string_view>> Take(std::string_view data);
  bool ended() const { return reader_.ended(); }

 private:
  SourceOrderPtr sources_;  // the request's
  MessagesEventReader reader_;
  ChatAnswerHead head_;
  ChatChunk chunk_;
  std::string text_;
};

}  // namespace bedplate::models
