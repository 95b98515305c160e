// The conversation of a native body: a system's text, and messages that a format's own function
// reads.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "models/chat.h"
#include "models/formats/members.h"

namespace bedplate::models {

// Appends the turns of one message, which stands at `pointer`.
using ReadMessage = void (*)(const json::Value& message, const std::string& pointer,
                             std::vector<ChatTurn>& turns, MalformedInput& malformed);

// Reads the member `messages`: at least one.
void ReadMessageList(Members& body, std::vector<ChatTurn>& turns, ReadMessage read);

// How a format's block names the call of a tool that it is, or is the result of; null where it is
// none.
struct CallIds {
  const std::string* (*of_call)(const json::Value& block);
  const std::string* (*of_result)(const json::Value& block);
};

// Where calls and their results don't match. Places count from 0.
struct UnmatchedCall {
  enum class Kind : uint8_t { kUnanswered, kUnexpected };
  Kind kind = Kind::kUnanswered;
  size_t call_message = 0;    // of kUnanswered: the message that calls
  size_t result_message = 0;  // that must have the results, or has one that nothing asked for
  size_t block = 0;           // of kUnexpected: the result's place in that message
  std::string ids{};          // of the calls, separated by commas
};

// The first of a list of messages that were read and found good. What the assistant calls is to be
// answered in the next message, unless there is none, and nothing else may be. Messages of one side
// in a row are one turn, as the models' servers join them.
std::optional<UnmatchedCall> FindUnmatchedCall(const json::Value::Array& messages,
                                               const CallIds& ids);

// Appends a turn of the system's; none for an empty text.
void AddSystem(std::string text, std::vector<ChatTurn>& turns);
void AddSystem(ChatTurn system, std::vector<ChatTurn>& turns);

}  // namespace bedplate::models
