// How an answer ended, from what the model's server says to Bedrock's terms.
//
// Threads: pure functions.
// spec: bedrock-runtime#StopReason, bedrock-runtime#TokenUsage
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "models/chat.h"
#include "models/model_client.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

// What is known of an answer's end beside its numbers.
struct AnswerEnd {
  models::FinishReason finish = models::FinishReason::kStop;
  bool any_tool_use = false;
  bool malformed_tool_use = false;
};

// `tokens_max` is what the request allowed.
StopReason ToStopReason(const AnswerEnd& end, const models::ChatUsage& usage,
                        std::optional<int> tokens_max, const models::ServerFacts& facts);

// A JSON object with the field that Bedrock's documentation asks for by "/stop_sequence", or with
// none. OpenAI's body has no such member at its top, so it is added to what can be asked for.
std::string StopSequenceField(const models::ChatFinish& finish);

// The engine's own prefix cache is no cache checkpoint of the caller's: its tokens count as input.
TokenUsage ToUsage(const models::ChatUsage& usage);

int64_t MillisecondsSince(MonotonicTime started, const Clock& clock);

// Whether `text` is nothing but white space, which Converse takes for no text.
bool IsBlank(std::string_view text);

}  // namespace bedplate::runtime
