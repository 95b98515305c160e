// Session: the events that a client sends in a conversation, one after another, and what is to be
// done after each. A pure state machine: no clock, no model, no connection.
//
// The events are those of Amazon Nova Sonic, of which this takes text and tools:
//   sessionStart (promptStart (contentStart (textInput | toolResult)+ contentEnd)* promptEnd)*
//   sessionEnd
// A content of the user's that is interactive, and the last result that the model's tools wait for,
// make the model answer; other contents are the system's words and what was said before.
//
// Errors: kValidation, naming the event and what is wrong; no event may follow.
// Threads: one session, one reactor.
// spec: docs.aws.amazon.com/nova/latest/userguide/input-events.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/conversation.h"
#include "services/bedrock_runtime/bidirectional/event_fields.h"

namespace bedplate::services::bedrock_runtime::bidirectional {

class Session {
 public:
  static constexpr size_t kContentBytesMax = 1'000'000;  // text of one content

  enum class Step : uint8_t {
    kListen,  // nothing
    kAnswer,  // let the model answer conversation(), then call AddAnswer
    kEnd,     // the client has ended the session
  };
  // `json` is the text of one event.
  Result<Step> Take(std::string_view json);

  // Of the prompt that is open.
  const std::string& prompt_name() const { return *prompt_; }
  const runtime::Conversation& conversation() const { return conversation_; }
  // What the model said; results of the tools that it asks for must come next.
  void AddAnswer(runtime::Message answer);

 private:
  struct Content {
    std::string name{};
    runtime::Role role = runtime::Role::kUser;
    bool interactive = false;
    bool tool_result = false;
    std::string tool_use_id{};
    std::string text{};
  };
  using Taker = Result<Step> (Session::*)(EventFields&);
  struct Known {
    std::string_view name;
    Taker take;
  };
  static const Known kKnown[];

  Result<Step> TakeNamed(std::string_view name, const json::Value& value);
  Result<Step> SessionStart(EventFields& event);
  Result<Step> PromptStart(EventFields& event);
  Result<Step> ContentStart(EventFields& event);
  Result<Step> TextInput(EventFields& event);
  Result<Step> ToolResult(EventFields& event);
  Result<Step> ContentEnd(EventFields& event);
  Result<Step> PromptEnd(EventFields& event);
  Result<Step> SessionEnd(EventFields& event);

  Result<void> CheckPrompt(EventFields& event) const;
  Result<void> CheckContent(EventFields& event) const;
  Result<void> CheckContentPlace(const EventFields& event, const Content& content) const;
  Result<Step> TakeText(EventFields& event, bool tool_result);
  Result<Step> EndText(Content content);
  void AddBlock(runtime::Role role, runtime::ContentBlock block);

  bool started_ = false;
  runtime::InferenceSettings settings_;
  std::optional<std::string> prompt_;   // that is open
  std::optional<Content> content_;      // likewise
  std::set<std::string> prompts_;       // every name so far
  std::set<std::string> contents_;      // likewise, of the prompt
  std::vector<std::string> tool_uses_;  // ids of those whose results are awaited
  runtime::Conversation conversation_;
};

}  // namespace bedplate::services::bedrock_runtime::bidirectional
