#include "engine/chat/chat_format.h"

#include <algorithm>
#include <exception>
#include <string>
#include <utility>

#include "engine/chat/common_json.h"
#include "engine/chat/generic_tools.h"
#include "engine/chat/json_escapes.h"
#include "engine/chat/native_format.h"
#include "json-schema-to-grammar.h"
#include "log.h"

namespace bedplate::engine {
namespace {

bool SpeaksOfTools(std::span<const ChatMessage> messages) {
  return std::ranges::any_of(messages, [](const ChatMessage& message) {
    return message.role == "tool" || !message.tool_calls.empty();
  });
}

Result<AnswerPlan> SchemaPlan(const json::Value& schema) {
  try {
    AnswerPlan plan;
    plan.grammar = WithoutSurrogates(json_schema_to_grammar(ToCommon(schema), /*force_gbnf=*/true));
    return plan;
  } catch (const std::exception& exception) {
    return Fail(
        Fault::kValidation,
        std::string("response_format: no grammar can be made of the schema: ") + exception.what());
  }
}

// Where calls may come and the text has a schema: the answer is one or the other, from its first
// token.
Result<void> HoldTextToo(std::span<const ChatMessage> messages, const AnswerForm& form,
                         AnswerPlan& plan) {
  if (!form.schema || !form.MayCall() || form.choice == ToolChoice::kRequired) return {};
  if (plan.grammar.empty() || plan.triggers.empty()) {
    return Fail(Fault::kValidation,
                "response_format: the engine cannot hold an answer to it while tools may be called "
                "(tool_choice is not none), as this model's calls have no beginning that tells "
                "them from text");
  }
  auto text = SchemaPlan(*form.schema);
  if (!text) return std::unexpected(std::move(text.error()));
  plan.or_grammar = std::move(text->grammar);
  plan.triggers.clear();
  if (!messages.empty() && messages.back().role == "assistant") {
    plan.opening = JoinTexts(messages.back().texts);
  }
  return {};
}

}  // namespace

ChatFormat::ChatFormat(std::unique_ptr<ChatTemplate> plain, std::unique_ptr<NativeFormat> native)
    : plain_(std::move(plain)), native_(std::move(native)) {}
ChatFormat::~ChatFormat() = default;

Result<std::unique_ptr<ChatFormat>> ChatFormat::Create(std::string_view source,
                                                       TemplateContext context,
                                                       const ControlTexts& controls) {
  // Its log has texts of conversations in it.
  common_log_set_verbosity_thold(-1);
  auto plain = ChatTemplate::Parse(source, context);
  if (!plain) return std::unexpected(plain.error());
  auto native = NativeFormat::Create(source, std::move(context), controls);
  return std::unique_ptr<ChatFormat>(new ChatFormat(std::move(*plain), std::move(native)));
}

bool ChatFormat::knows_tools() const { return native_ && native_->knows_tools(); }
bool ChatFormat::thinks() const { return native_ && native_->thinks(); }

Result<RenderedChat> ChatFormat::Render(std::span<const ChatMessage> messages,
                                        const AnswerForm& form) const {
  if (!form.effort.empty() && !(native_ && native_->knows_effort())) {
    return Fail(Fault::kValidation,
                "reasoning_effort: the model's chat template has no effort to choose, got " +
                    json::Value(form.effort).ToJson());
  }
  const bool tools = !form.tools.empty() || SpeaksOfTools(messages);
  if (thinks() || !form.effort.empty() || (tools && knows_tools())) {
    auto rendered = native_->Render(messages, form);
    if (!rendered) return rendered;
    if (auto ok = HoldTextToo(messages, form, rendered->plan); !ok) {
      return std::unexpected(std::move(ok.error()));
    }
    return rendered;
  }
  RenderedChat rendered;
  if (form.MayCall() || form.schema) {
    auto plan = form.MayCall() ? GenericToolPlan(form) : SchemaPlan(*form.schema);
    if (!plan) return std::unexpected(plan.error());
    rendered.plan = std::move(*plan);
    if (auto ok = HoldTextToo(messages, form, rendered.plan); !ok) {
      return std::unexpected(std::move(ok.error()));
    }
    if (!form.MayCall() && !messages.empty() && messages.back().role == "assistant") {
      rendered.plan.opening = JoinTexts(messages.back().texts);  // the JSON begins there
    }
  }
  auto parts = tools ? plain_->Render(WithToolsInText(messages, form), form.think)
                     : plain_->Render(messages, form.think);
  if (!parts) return std::unexpected(parts.error());
  rendered.parts = std::move(*parts);
  return rendered;
}

}  // namespace bedplate::engine
