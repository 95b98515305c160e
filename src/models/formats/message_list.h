// The conversation of a native body: a system's text, and messages that a format's own function
// reads.
//
// Threads: pure functions.
#pragma once

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

// Appends a turn of the system's; none for an empty text.
void AddSystem(std::string text, std::vector<ChatTurn>& turns);
void AddSystem(ChatTurn system, std::vector<ChatTurn>& turns);

}  // namespace bedplate::models
