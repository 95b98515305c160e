// ChatFormat: how a model's conversations are written and its answers read: its own template
// with llama.cpp's knowledge of such templates' tool calls and reasoning, or, for a template that
// knows no tools, a way of ours to tell the model of them.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/chat/answer_form.h"
#include "engine/chat/answer_plan.h"
#include "engine/chat/chat_template.h"
#include "engine/chat/message.h"
#include "engine/chat/prompt.h"

namespace bedplate::engine {

class NativeFormat;

struct RenderedChat {
  std::vector<PromptPart> parts;
  AnswerPlan plan;
};

// Immutable; Render may be called from any thread.
class ChatFormat {
 public:
  // kValidation when `source` is no template. `controls` outlives it.
  static Result<std::unique_ptr<ChatFormat>> Create(std::string_view source,
                                                    TemplateContext context,
                                                    const ControlTexts& controls);
  ~ChatFormat();

  // The prompt after which the assistant speaks, and how its answer is read. When the last message
  // is the assistant's, the answer goes on in the middle of it. kValidation when the template
  // refuses the conversation or knows no effort, or no grammar can be made of the form.
  Result<RenderedChat> Render(std::span<const ChatMessage> messages, const AnswerForm& form) const;

  bool knows_tools() const;  // the template itself
  bool thinks() const;

 private:
  ChatFormat(std::unique_ptr<ChatTemplate> plain, std::unique_ptr<NativeFormat> native);

  std::unique_ptr<ChatTemplate> plain_;
  std::unique_ptr<NativeFormat> native_;  // null when llama.cpp knows nothing of the template
};

}  // namespace bedplate::engine
