#include "engine/chat/chat_template.h"

#include <exception>
#include <utility>

#include "jinja/caps.h"
#include "jinja/lexer.h"
#include "jinja/parser.h"
#include "jinja/runtime.h"
#include "json.h"

namespace bedplate::engine {
namespace {

void TakePrefix(std::vector<PromptPart>& parts, const std::string& prefix) {
  if (prefix.empty() || parts.empty() || !parts.front().from_template) return;
  if (parts.front().text.starts_with(prefix)) parts.front().text.erase(0, prefix.size());
}

void TakeSuffix(std::vector<PromptPart>& parts, const std::string& suffix) {
  if (suffix.empty() || parts.empty() || !parts.back().from_template) return;
  std::string& text = parts.back().text;
  if (text.ends_with(suffix)) text.resize(text.size() - suffix.size());
}

}  // namespace

std::string JoinTexts(const std::vector<std::string>& texts) {
  std::string joined;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) joined += '\n';
    joined += texts[i];
  }
  return joined;
}

std::string TemplateReason(std::string_view what) {
  const size_t marker = what.rfind("Error: ");
  if (marker != std::string_view::npos) what.remove_prefix(marker + 7);
  return std::string(what.substr(0, what.find('\n')));
}

struct ChatTemplate::Parsed {
  jinja::program program;
  jinja::caps capabilities;
  std::string source;
  TemplateContext context;
};

Result<std::unique_ptr<ChatTemplate>> ChatTemplate::Parse(std::string_view source,
                                                          TemplateContext context) {
  try {
    jinja::lexer lexer;
    auto tokens = lexer.tokenize(std::string(source));
    auto parsed = std::make_unique<Parsed>();
    parsed->program = jinja::parse_from_tokens(tokens);
    parsed->source = tokens.source;
    parsed->capabilities = jinja::caps_get(parsed->program);
    parsed->context = std::move(context);
    return std::unique_ptr<ChatTemplate>(new ChatTemplate(std::move(parsed)));
  } catch (const std::exception& exception) {
    return Fail(Fault::kValidation,
                "the model's chat template cannot be read: " + TemplateReason(exception.what()));
  }
}

ChatTemplate::ChatTemplate(std::unique_ptr<Parsed> parsed) : parsed_(std::move(parsed)) {}
ChatTemplate::~ChatTemplate() = default;

Result<std::vector<PromptPart>> ChatTemplate::Render(std::span<const ChatMessage> messages,
                                                     bool think) const {
  if (messages.empty() || messages.back().role != "assistant") return RenderAll(messages, think);
  auto parts = RenderAll(messages.first(messages.size() - 1), think);
  if (parts) parts->push_back({.text = JoinTexts(messages.back().texts), .from_template = false});
  return parts;
}

Result<std::vector<PromptPart>> ChatTemplate::RenderAll(std::span<const ChatMessage> messages,
                                                        bool think) const {
  const jinja::caps& capabilities = parsed_->capabilities;
  const bool only_parts =
      capabilities.supports_typed_content && !capabilities.supports_string_content;
  try {
    common_json list = common_json::array();
    std::string system;  // for a template that knows no system role: put before the next message
    for (const ChatMessage& message : messages) {
      std::string text = JoinTexts(message.texts);
      const bool is_system = message.role == "system" || message.role == "developer";
      if (is_system && !capabilities.supports_system_role) {
        system += system.empty() ? text : "\n" + text;
        continue;
      }
      if (!system.empty()) {
        text.insert(0, std::exchange(system, {}) + "\n");
      }
      common_json entry;
      entry["role"] = is_system ? std::string("system") : message.role;
      if (only_parts) {
        common_json part;
        part["type"] = "text";
        part["text"] = text;
        common_json content = common_json::array();
        content.push_back(part);
        entry["content"] = content;
      } else {
        entry["content"] = text;
      }
      list.push_back(entry);
    }
    common_json from_outside;
    from_outside["messages"] = list;
    common_json own;
    own["bos_token"] = parsed_->context.begin_text;
    own["eos_token"] = parsed_->context.end_text;
    own["add_generation_prompt"] = true;
    own["enable_thinking"] = think;

    jinja::context context(parsed_->source);
    jinja::global_from_json(context, from_outside, /*mark_input=*/true);
    jinja::global_from_json(context, own, /*mark_input=*/false);
    jinja::runtime runtime(context);
    const auto rendered = jinja::runtime::gather_string_parts(runtime.execute(parsed_->program));
    std::vector<PromptPart> parts;
    for (const jinja::string_part& part : rendered->val_str.parts) {
      parts.push_back({.text = part.val, .from_template = !part.is_input});
    }
    if (parsed_->context.vocabulary_adds_begin) TakePrefix(parts, parsed_->context.begin_text);
    if (parsed_->context.vocabulary_adds_end) TakeSuffix(parts, parsed_->context.end_text);
    return parts;
  } catch (const std::exception& exception) {
    return Fail(Fault::kValidation, "the model's chat template refuses the messages: " +
                                        TemplateReason(exception.what()));
  }
}

}  // namespace bedplate::engine
