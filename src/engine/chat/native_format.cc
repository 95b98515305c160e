#include "engine/chat/native_format.h"

#include <xxhash.h>

#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "engine/chat/answer_syntax.h"
#include "engine/chat/common_json.h"
#include "engine/chat/generic_tools.h"
#include "engine/chat/json_escapes.h"

namespace bedplate::engine {
namespace {

std::string_view WithoutSpaceAtEnd(std::string_view text) {
  const size_t last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? std::string_view() : text.substr(0, last + 1);
}

// The conversations that tell what a template can do.
autoparser::generation_params Probe() {
  autoparser::generation_params params;
  common_json message;
  message["role"] = "user";
  message["content"] = "hi";
  params.messages = common_json::array();
  params.messages.push_back(message);
  params.tools = common_json();
  params.add_generation_prompt = true;
  params.mark_input = false;
  return params;
}

// Where each call has tags of its own the generated parser takes any number of them; between tags
// of a section it takes one unless told otherwise.
autoparser::autoparser SingleCall(const autoparser::autoparser& analysis) {
  autoparser::autoparser single = analysis;
  autoparser::tool_format_analysis& format = single.tools.format;
  if (format.mode == autoparser::tool_format::JSON_NATIVE && format.section_start.empty()) {
    format.section_start = std::exchange(format.per_call_start, {});
    format.section_end = std::exchange(format.per_call_end, {});
  }
  return single;
}

// What the source needs before llama.cpp can run it: it mends a few known templates.
std::string Mended(std::string_view source) {
  const auto templates = common_chat_templates_init(nullptr, std::string(source));
  return common_chat_templates_source(templates.get());
}

}  // namespace

NativeFormat::NativeFormat(std::string_view source, TemplateContext context,
                           const ControlTexts& controls)
    : context_(std::move(context)),
      controls_(controls),
      template_(Mended(source), context_.begin_text, context_.end_text),
      short_call_ids_(source.contains("with length 9")) {}

std::unique_ptr<NativeFormat> NativeFormat::Create(std::string_view source, TemplateContext context,
                                                   const ControlTexts& controls) {
  try {
    std::unique_ptr<NativeFormat> format(new NativeFormat(source, std::move(context), controls));
    autoparser::generation_params probe = Probe();
    const auto known =
        common_chat_try_specialized_template(format->template_, format->template_.source(), probe);
    format->specialized_ = known.has_value();
    if (known) {
      format->thinks_ = known->supports_thinking;
      format->knows_tools_ = format->template_.original_caps().supports_tools;
    } else {
      format->analysis_.analyze_template(format->template_);
      format->single_call_analysis_ = SingleCall(format->analysis_);
      format->thinks_ = format->analysis_.reasoning.mode != autoparser::reasoning_mode::NONE;
      format->knows_tools_ = format->template_.original_caps().supports_tools &&
                             format->template_.original_caps().supports_tool_calls &&
                             format->analysis_.tools.format.mode != autoparser::tool_format::NONE;
    }
    if (!format->thinks_ && !format->knows_tools_) return nullptr;
    return format;
  } catch (const std::exception&) {
    return nullptr;  // the plain way says what is wrong with it, if anything is
  }
}

common_chat_params NativeFormat::Apply(autoparser::generation_params params) const {
  if (!specialized_) {
    return autoparser::peg_generator::generate_parser(
        template_, params, params.parallel_tool_calls ? analysis_ : single_call_analysis_);
  }
  auto known = common_chat_try_specialized_template(template_, template_.source(), params);
  return std::move(known).value();
}

std::string NativeFormat::CallId(const std::string& id) const {
  if (!short_call_ids_) return id;
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string letters;
  uint64_t hash = XXH3_64bits(id.data(), id.size());
  for (int i = 0; i < 9; ++i, hash /= kLetters.size()) letters += kLetters[hash % kLetters.size()];
  return letters;
}

common_json NativeFormat::Message(const ChatMessage& message, std::span<const ChatMessage> before,
                                  OutsideText* marks) const {
  const auto outside = [&](std::string_view text) {
    return marks == nullptr ? std::string(text) : marks->Mark(text);
  };
  common_json entry;
  entry["role"] = message.role == "developer" ? std::string("system") : message.role;
  entry["content"] = outside(JoinTexts(message.texts));
  if (!message.reasoning.empty()) entry["reasoning_content"] = outside(message.reasoning);
  if (!message.tool_call_id.empty()) {
    entry["tool_call_id"] = outside(CallId(message.tool_call_id));
    for (const ChatMessage& earlier : before) {
      for (const ToolCall& call : earlier.tool_calls) {
        if (call.id == message.tool_call_id) entry["name"] = outside(call.name);
      }
    }
  }
  if (message.tool_calls.empty()) return entry;
  common_json calls = common_json::array();
  for (const ToolCall& call : message.tool_calls) {
    common_json function;
    function["name"] = outside(call.name);
    if (template_.original_caps().supports_object_arguments) {
      auto arguments = json::Value::Parse(call.arguments).value_or(json::Value::Object{});
      function["arguments"] = ToCommon(marks == nullptr ? arguments : marks->MarkAll(arguments));
    } else {
      function["arguments"] = outside(call.arguments);
    }
    common_json one;
    one["type"] = "function";
    one["function"] = function;
    one["id"] = outside(CallId(call.id));
    calls.push_back(one);
  }
  entry["tool_calls"] = calls;
  return entry;
}

// With `marks` what comes from outside is marked; the answer is then not read by these inputs, as
// the tools' names have marks in them too.
autoparser::generation_params NativeFormat::Inputs(std::span<const ChatMessage> messages,
                                                   const AnswerForm& form,
                                                   OutsideText* marks) const {
  autoparser::generation_params params;
  params.mark_input = false;
  params.tool_choice = COMMON_CHAT_TOOL_CHOICE_NONE;
  if (form.MayCall()) params.tool_choice = COMMON_CHAT_TOOL_CHOICE_AUTO;
  params.parallel_tool_calls =
      form.parallel_calls && template_.original_caps().supports_parallel_tool_calls;
  params.enable_thinking = form.think;
  if (!form.effort.empty()) params.extra_context["reasoning_effort"] = form.effort;
  params.add_bos = context_.vocabulary_adds_begin;
  params.add_eos = context_.vocabulary_adds_end;
  params.add_generation_prompt = true;
  if (form.schema && !form.MayCall()) params.json_schema = ToCommon(*form.schema);

  std::span<const ChatMessage> rendered = messages;
  if (!messages.empty() && messages.back().role == "assistant" &&
      messages.back().tool_calls.empty()) {
    rendered = messages.first(messages.size() - 1);
    params.add_generation_prompt = false;
    params.continue_final_message = COMMON_CHAT_CONTINUATION_CONTENT;
    params.continue_msg.role = "assistant";
    const std::string text = JoinTexts(messages.back().texts);
    params.continue_msg.content = marks == nullptr ? text : marks->Mark(text);
    params.continue_msg.reasoning_content = messages.back().reasoning;
  }
  const bool system_role = template_.original_caps().supports_system_role;
  params.messages = common_json::array();
  std::string system;  // for a template that knows no system role: put before the next message
  for (size_t i = 0; i < rendered.size(); ++i) {
    ChatMessage message = rendered[i];
    if (!system_role && (message.role == "system" || message.role == "developer")) {
      system += (system.empty() ? "" : "\n") + JoinTexts(message.texts);
      continue;
    }
    if (!system.empty()) message.texts.insert(message.texts.begin(), std::exchange(system, {}));
    params.messages.push_back(Message(message, rendered.first(i), marks));
  }
  if (!form.tools.empty()) {
    params.tools = common_json::array();
    for (Tool tool : form.tools) {
      if (marks != nullptr) {
        tool.name = marks->Mark(tool.name);
        tool.description = marks->Mark(tool.description);
        tool.parameters = marks->MarkAll(tool.parameters);
      }
      params.tools.push_back(ToCommon(ToolValue(tool, tool.parameters)));
    }
  }
  return params;
}

AnswerPlan NativeFormat::Plan(const common_chat_params& params, const AnswerForm& form) const {
  AnswerPlan plan;
  auto syntax = std::make_shared<AnswerSyntax>();
  syntax->params = common_chat_parser_params(params);
  syntax->params.reasoning_format = COMMON_REASONING_FORMAT_AUTO;
  syntax->params.parser.load(params.parser);
  ReadUnmarkedCallsToo(*syntax, form);
  plan.syntax = std::move(syntax);
  plan.shown = params.preserved_tokens;
  plan.stops = params.additional_stops;
  if (params.supports_thinking && !params.thinking_end_tags.empty()) {
    plan.shown.push_back(params.thinking_start_tag);
    plan.shown.insert(plan.shown.end(), params.thinking_end_tags.begin(),
                      params.thinking_end_tags.end());
    plan.reasoning_start = params.thinking_start_tag;
    plan.reasoning_ends = params.thinking_end_tags;
  }
  plan.grammar = WithoutSurrogates(params.grammar);
  if (!params.grammar_lazy) {
    // It describes the whole answer, reasoning and what the prompt ends with included.
    plan.opening = params.generation_prompt;
    plan.reasoning_ends.clear();
    return plan;
  }
  plan.begins_in_reasoning =
      !plan.reasoning_start.empty() &&
      WithoutSpaceAtEnd(params.generation_prompt).ends_with(plan.reasoning_start);
  // A call that has to come is what a trigger would begin, without waiting for that.
  if (form.choice == ToolChoice::kRequired) return plan;
  for (const common_grammar_trigger& trigger : params.grammar_triggers) {
    plan.triggers.push_back(trigger.value);
    // Patterns of a few families look ahead, which takes an expression engine without bounds: their
    // calls are read without being held to a grammar.
    if (trigger.type != COMMON_GRAMMAR_TRIGGER_TYPE_WORD) plan.grammar.clear();
  }
  return plan;
}

// Whether a call is an object of JSON and no more, as Llama 3's are: {"name": ..., "parameters":
// ...}.
bool NativeFormat::HasBareCalls() const {
  const autoparser::tool_format_analysis& format = analysis_.tools.format;
  return !specialized_ && !thinks_ && format.mode == autoparser::tool_format::JSON_NATIVE &&
         format.section_start.empty() && format.per_call_start.empty() &&
         !format.tools_array_wrapped && !format.fun_name_is_key && format.name_field == "name" &&
         (format.args_field == "arguments" || format.args_field == "parameters");
}

// An answer that begins as a call of a tool that may be called is held to the calls' grammar, and
// read as calls without marks are, which begin alike. Any other is text, and may have braces, or be
// JSON with a name in it.
void NativeFormat::HoldBareCalls(autoparser::generation_params inputs, AnswerPlan& plan) const {
  inputs.tool_choice = COMMON_CHAT_TOOL_CHOICE_REQUIRED;
  const common_chat_params calls = Apply(inputs);
  plan.grammar = WithoutSurrogates(calls.grammar);
  plan.opening = calls.generation_prompt;
  plan.head = {{"{"}, {"\"name\""}, {":"}, {}};
  for (const std::string& name : plan.syntax->callable) {
    plan.head.back().push_back("\"" + name + "\"");
  }
  inputs.tool_choice = COMMON_CHAT_TOOL_CHOICE_NONE;
  const common_chat_params text = Apply(inputs);
  auto syntax = std::make_shared<AnswerSyntax>(*plan.syntax);
  syntax->params = common_chat_parser_params(text);
  syntax->params.parser.load(text.parser);
  plan.syntax = std::move(syntax);
}

Result<RenderedChat> NativeFormat::Render(std::span<const ChatMessage> messages,
                                          const AnswerForm& form) const {
  try {
    OutsideText marks(controls_);
    RenderedChat rendered;
    // First all as the model reads it, then what the answer is held to: no grammar is made of
    // schemas that were not checked.
    autoparser::generation_params marked = Inputs(messages, form, &marks);
    marked.tool_choice = COMMON_CHAT_TOOL_CHOICE_NONE;
    marked.json_schema = common_json();
    rendered.parts = marks.TakeMarks(Apply(marked).prompt);
    autoparser::generation_params inputs = Inputs(messages, form, nullptr);
    if (form.MayCall()) {
      const auto callable = CallableTools(form);
      inputs.tools = ToolsJson(callable, /*enforceable=*/true);
      common_chat_params params = Apply(inputs);
      if (params.grammar.empty() && form.choice == ToolChoice::kRequired) {
        inputs.tool_choice = COMMON_CHAT_TOOL_CHOICE_REQUIRED;
        params = Apply(inputs);
      }
      rendered.plan = Plan(params, form);
      const bool goes_on = !messages.empty() && messages.back().role == "assistant";
      if (params.grammar.empty() && HasBareCalls() && !goes_on) {
        HoldBareCalls(std::move(inputs), rendered.plan);
      }
    } else {
      rendered.plan = Plan(Apply(inputs), form);
    }
    return rendered;
  } catch (const std::exception& exception) {
    return Fail(Fault::kValidation, "the model's chat template refuses the messages or tools: " +
                                        TemplateReason(exception.what()));
  }
}

}  // namespace bedplate::engine
