// The members of OpenAI's chat bodies, read strictly, for the families whose own bodies are like
// it: Mistral's, AI21 Jamba's, Writer Palmyra's.
//
// A message's content is a text, parts (texts, and images as data URLs of base64), or, as Writer
// documents it, an object with a text.
//
// Errors: reported to MalformedInput. Threads: pure functions.
// spec: https://platform.openai.com/docs/api-reference/chat/create
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "models/chat.h"
#include "models/formats/members.h"

namespace bedplate::models {

// A ReadMessage. Roles: system, user, assistant, tool.
void ReadOpenAiMessage(const json::Value& message, const std::string& pointer,
                       std::vector<ChatTurn>& turns, MalformedInput& malformed);

// The schema of a tool that names none: it takes no arguments.
inline constexpr std::string_view kNoParameters = R"({"type":"object","properties":{}})";

// `tools`.
void ReadOpenAiTools(Members& body, ChatRequest& request);

// `tool_choice`, after the tools: auto, none, any or required, or a function by name.
void ReadOpenAiToolChoice(Members& body, ChatRequest& request);

// `response_format`: text, json_object, json_schema.
void ReadOpenAiResponseFormat(Members& body, ChatRequest& request);

}  // namespace bedplate::models
