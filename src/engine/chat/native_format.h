// NativeFormat: a template of which llama.cpp knows how its tool calls and reasoning look. For
// this folder.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "chat-auto-parser.h"
#include "chat.h"
#include "engine/chat/chat_format.h"
#include "engine/chat/outside_text.h"

namespace bedplate::engine {

// Immutable after Create.
class NativeFormat {
 public:
  // Null when nothing is known of the template, or it cannot be run.
  static std::unique_ptr<NativeFormat> Create(std::string_view source, TemplateContext context,
                                              const ControlTexts& controls);

  bool knows_tools() const { return knows_tools_; }
  bool thinks() const { return thinks_; }
  bool knows_effort() const { return template_.original_caps().supports_reasoning_effort; }

  Result<RenderedChat> Render(std::span<const ChatMessage> messages, const AnswerForm& form) const;

 private:
  NativeFormat(std::string_view source, TemplateContext context, const ControlTexts& controls);

  common_chat_params Apply(autoparser::generation_params params) const;
  autoparser::generation_params Inputs(std::span<const ChatMessage> messages,
                                       const AnswerForm& form, OutsideText* marks) const;
  common_json Message(const ChatMessage& message, std::span<const ChatMessage> before,
                      OutsideText* marks) const;
  std::string CallId(const std::string& id) const;
  AnswerPlan Plan(const common_chat_params& params, const AnswerForm& form) const;
  bool HasBareCalls() const;
  void HoldBareCalls(autoparser::generation_params inputs, AnswerPlan& plan) const;

  TemplateContext context_;
  const ControlTexts& controls_;
  common_chat_template template_;
  autoparser::autoparser analysis_;
  autoparser::autoparser single_call_analysis_;  // the same for answers with one call at most
  bool specialized_ = false;                     // llama.cpp has code for this one family
  bool knows_tools_ = false;
  bool thinks_ = false;
  bool short_call_ids_ = false;  // the template takes only ids of 9 letters and digits
};

}  // namespace bedplate::engine
