#include "engine/chat/generic_tools.h"

#include <exception>
#include <limits>
#include <string>
#include <utility>

#include "chat-peg-parser.h"
#include "engine/chat/answer_syntax.h"
#include "engine/chat/common_json.h"
#include "engine/chat/json_escapes.h"
#include "json-schema-to-grammar.h"

namespace bedplate::engine {
namespace {

constexpr std::string_view kCallBegin = "<tool_call>";
constexpr std::string_view kCallEnd = "</tool_call>";

std::string Instructions(const AnswerForm& form) {
  std::string text =
      "You may call these tools. Each line describes one, with the JSON schema of its "
      "arguments:\n";
  for (const Tool& tool : form.tools) text += ToolValue(tool, tool.parameters).ToJson() + "\n";
  text += "To call a tool, write\n";
  text += kCallBegin;
  text += "{\"name\": \"NAME\", \"arguments\": {ARGUMENTS}}";
  text += kCallEnd;
  text += "\nand nothing after it";
  text += form.parallel_calls ? " but more calls." : ".";
  return text;
}

std::string CallText(const ToolCall& call) {
  return std::string(kCallBegin) + "{\"name\": " + json::Value(call.name).ToJson() +
         ", \"arguments\": " + call.arguments + "}" + std::string(kCallEnd);
}

common_peg_arena BuildParser(const AnswerForm& form, const common_json& tools) {
  return build_chat_peg_parser([&](common_chat_peg_builder& p) {
    auto call = p.standard_json_tools(std::string(kCallBegin), std::string(kCallEnd), tools,
                                      /*parallel_tool_calls=*/false, /*force_tool_calls=*/true,
                                      "name", "arguments");
    auto calls = p.trigger_rule(
        "tool-calls", form.parallel_calls ? p.one_or_more(call + p.space()) : call + p.space());
    return p.optional(p.content(p.until(std::string(kCallBegin)))) + p.optional(calls) + p.end();
  });
}

}  // namespace

std::vector<const Tool*> CallableTools(const AnswerForm& form) {
  std::vector<const Tool*> tools;
  for (const Tool& tool : form.tools) {
    if (form.tool.empty() || tool.name == form.tool) tools.push_back(&tool);
  }
  return tools;
}

void ReadUnmarkedCallsToo(AnswerSyntax& syntax, const AnswerForm& form) {
  // JSON of a schema may look like a call, too.
  if (!form.MayCall() || form.choice != ToolChoice::kAuto || form.schema) return;
  for (const Tool* tool : CallableTools(form)) syntax.callable.push_back(tool->name);
  syntax.calls_max = form.parallel_calls ? std::numeric_limits<size_t>::max() : 1;
}

std::vector<ChatMessage> WithToolsInText(std::span<const ChatMessage> messages,
                                         const AnswerForm& form) {
  std::vector<ChatMessage> out;
  if (form.MayCall()) {
    out.push_back({.role = "system", .texts = {Instructions(form)}});
  }
  for (const ChatMessage& message : messages) {
    const bool system = message.role == "system" || message.role == "developer";
    if (system && out.size() == 1 && form.MayCall()) {
      out.front().texts.insert(out.front().texts.begin(), message.texts.begin(),
                               message.texts.end());
      continue;
    }
    ChatMessage plain{.role = message.role, .texts = message.texts};
    for (const ToolCall& call : message.tool_calls) plain.texts.push_back(CallText(call));
    if (message.role == "tool") {
      plain.role = "user";
      plain.texts.insert(plain.texts.begin(), "<tool_response>");
      plain.texts.emplace_back("</tool_response>");
      // Results of one turn are one message: many templates want the roles to alternate.
      if (!out.empty() && out.back().role == "user") {
        auto& texts = out.back().texts;
        texts.insert(texts.end(), plain.texts.begin(), plain.texts.end());
        continue;
      }
    }
    out.push_back(std::move(plain));
  }
  return out;
}

Result<AnswerPlan> GenericToolPlan(const AnswerForm& form) {
  try {
    const common_json tools = ToolsJson(CallableTools(form), /*enforceable=*/true);
    const common_peg_arena arena = BuildParser(form, tools);
    AnswerPlan plan;
    plan.grammar = WithoutSurrogates(build_grammar(
        [&](const common_grammar_builder& builder) { arena.build_grammar(builder, true); }));
    if (form.choice == ToolChoice::kAuto) {
      plan.triggers.emplace_back(kCallBegin);
    }
    auto syntax = std::make_shared<AnswerSyntax>();
    syntax->params.format = COMMON_CHAT_FORMAT_PEG_NATIVE;
    syntax->params.parser = arena;
    ReadUnmarkedCallsToo(*syntax, form);
    plan.syntax = std::move(syntax);
    return plan;
  } catch (const std::exception& exception) {
    return Fail(Fault::kValidation,
                std::string("tools: no grammar can be made of their schemas: ") + exception.what());
  }
}

}  // namespace bedplate::engine
