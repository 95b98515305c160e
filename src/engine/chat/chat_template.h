// ChatTemplate: the Jinja template of a model file, which makes one prompt of a conversation.
// The interpreter is llama.cpp's (common/jinja).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/chat/message.h"

namespace bedplate::engine {

// A stretch of a prompt and who wrote it: the template's own text may hold control tokens, what
// came from outside may not.
struct PromptPart {
  std::string text;
  bool from_template = true;
};

struct TemplateContext {
  std::string begin_text{};  // of the vocabulary's beginning and end tokens, {{ bos_token }} ...
  std::string end_text{};
  bool vocabulary_adds_begin = false;  // then the template's own is taken off again
  bool vocabulary_adds_end = false;
};

// A template's own words for why it refuses, out of the interpreter's message.
std::string TemplateReason(std::string_view what);

// Immutable; Render may be called from any thread.
class ChatTemplate {
 public:
  // kValidation when `source` is not a template.
  static Result<std::unique_ptr<ChatTemplate>> Parse(std::string_view source,
                                                     TemplateContext context);
  ~ChatTemplate();

  // The prompt after which the assistant speaks. When the last message is the assistant's, the
  // prompt ends in the middle of it and the answer goes on from there. kValidation with the
  // template's own words when it refuses the conversation (roles that do not alternate, say).
  // `think`: what the template is told by `enable_thinking`.
  Result<std::vector<PromptPart>> Render(std::span<const ChatMessage> messages,
                                         bool think = true) const;

 private:
  struct Parsed;
  explicit ChatTemplate(std::unique_ptr<Parsed> parsed);
  Result<std::vector<PromptPart>> RenderAll(std::span<const ChatMessage> messages,
                                            bool think) const;

  std::unique_ptr<Parsed> parsed_;
};

}  // namespace bedplate::engine
