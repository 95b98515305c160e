#include "engine/server/form_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "engine/chat/schema.h"
#include "engine/server/conversation_request.h"

namespace bedplate::engine {
namespace {

bool IsToolName(std::string_view name) {
  return !name.empty() && name.size() <= kToolNameMax && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

std::string NamesOf(const std::vector<Tool>& tools) {
  std::string names;
  for (const Tool& tool : tools) names += (names.empty() ? "" : ", ") + tool.name;
  return names;
}

bool HasTool(const AnswerForm& form, std::string_view name) {
  return std::ranges::find(form.tools, name, &Tool::name) != form.tools.end();
}

Result<Tool> ReadTool(const json::Value& value, const std::string& path, SchemaTotals& totals) {
  Fields outer(value, path);
  const auto type = outer.Text("type");
  if (outer.ok() && !type) outer.Missing("type");
  if (type && *type != "function") {
    outer.Wrong("type", "expected \"function\"", json::Value(*type));
  }
  const json::Value* function = outer.Find("function");
  if (outer.ok() && function == nullptr) outer.Missing("function");
  if (!outer.ok()) return Fail(Fault::kValidation, outer.error());
  const auto cache_ttl = ReadCacheControl(outer);
  if (!cache_ttl) return std::unexpected(cache_ttl.error());
  Fields fields(*function, outer.PathOf("function"));
  auto name = fields.Text("name");
  if (fields.ok() && !name) fields.Missing("name");
  if (name && !IsToolName(*name)) {
    fields.Wrong("name",
                 fmt::format("expected 1 to {} letters, digits, \"_\" and \"-\"", kToolNameMax),
                 json::Value(*name));
  }
  auto description = fields.Text("description");
  const bool strict = fields.Boolean("strict").value_or(false);
  const json::Value* parameters = fields.Find("parameters");
  if (fields.ok() && parameters == nullptr) fields.Missing("parameters");
  if (fields.ok()) {
    const json::Value* kind = parameters->Find("type");
    if (!parameters->is_object() || (kind != nullptr && *kind != json::Value("object"))) {
      fields.Wrong("parameters", "expected the JSON schema of an object", *parameters);
    }
  }
  if (!fields.ok()) return Fail(Fault::kValidation, fields.error());
  auto enforceable = EnforceableSchema(*parameters, fields.PathOf("parameters"),
                                       strict ? SchemaUse::kStrict : SchemaUse::kHint, totals);
  if (!enforceable) return std::unexpected(enforceable.error());
  if (enforceable->Find("type") == nullptr) enforceable->Set("type", "object");
  return Tool{.name = std::move(*name),
              .description = std::move(description).value_or(""),
              .parameters = *parameters,
              .enforceable = std::move(*enforceable),
              .cache_ttl = *cache_ttl};
}

Result<void> ReadTools(const Fields& fields, AnswerForm& form, SchemaTotals& totals) {
  const json::Value* value = fields.Find("tools");
  if (value == nullptr) return {};
  const json::Value::Array* list = value->AsArray();
  if (list == nullptr || list->empty() || list->size() > kToolsMax) {
    return Fail(Fault::kValidation, fmt::format("tools: expected a list of 1 to {} tools, got {}",
                                                kToolsMax, Shown(*value)));
  }
  for (size_t i = 0; i < list->size(); ++i) {
    auto tool = ReadTool((*list)[i], fmt::format("tools[{}]", i), totals);
    if (!tool) return std::unexpected(tool.error());
    if (HasTool(form, tool->name)) {
      return Fail(
          Fault::kValidation,
          fmt::format("tools[{}].function.name: expected names that differ, got \"{}\" again", i,
                      tool->name));
    }
    form.tools.push_back(std::move(*tool));
  }
  return {};
}

Result<void> ReadToolChoice(Fields& fields, AnswerForm& form) {
  const json::Value* value = fields.Find("tool_choice");
  if (value == nullptr) return {};
  const std::string* word = value->AsString();
  if (word != nullptr && *word == "none") {
    form.choice = ToolChoice::kNone;
    return {};
  }
  if (word != nullptr && *word == "auto") return {};
  if (word == nullptr && value->is_object()) {
    Fields outer(*value, "tool_choice");
    const auto type = outer.Text("type");
    if (!type || *type != "function") {
      outer.Wrong("type", "expected \"function\"", type ? json::Value(*type) : json::Value());
    }
    const json::Value* function = outer.Find("function");
    if (outer.ok() && function == nullptr) outer.Missing("function");
    if (!outer.ok()) return Fail(Fault::kValidation, outer.error());
    Fields named(*function, "tool_choice.function");
    const auto name = named.Text("name");
    if (named.ok() && !name) named.Missing("name");
    if (name && !HasTool(form, *name)) {
      named.Wrong("name",
                  fmt::format("expected the name of one of the tools ({})", NamesOf(form.tools)),
                  json::Value(*name));
    }
    if (!named.ok()) return Fail(Fault::kValidation, named.error());
    form.tool = *name;
  } else if (word == nullptr || *word != "required") {
    fields.Wrong("tool_choice",
                 "expected auto, none, required or {\"type\":\"function\",\"function\":{\"name\"}}",
                 *value);
  } else if (form.tools.empty()) {
    fields.Wrong("tool_choice", "there are no tools to choose from", *value);
  }
  form.choice = ToolChoice::kRequired;
  if (!fields.ok()) return Fail(Fault::kValidation, fields.error());
  return {};
}

Result<void> ReadResponseFormat(Fields& fields, AnswerForm& form, SchemaTotals& totals) {
  const json::Value* value = fields.Find("response_format");
  if (value == nullptr) return {};
  Fields format(*value, "response_format");
  const auto type = format.Text("type");
  if (format.ok() && !type) format.Missing("type");
  if (!format.ok()) return Fail(Fault::kValidation, format.error());
  if (*type == "text") return {};
  if (*type == "json_object") {
    form.schema.emplace(json::Value::Object{{"type", "object"}});
  } else if (*type == "json_schema") {
    const json::Value* outer = format.Find("json_schema");
    if (outer == nullptr) format.Missing("json_schema");
    if (!format.ok()) return Fail(Fault::kValidation, format.error());
    Fields named(*outer, "response_format.json_schema");
    const bool strict = named.Boolean("strict").value_or(true);
    const json::Value* schema = named.Find("schema");
    if (named.ok() && schema == nullptr) named.Missing("schema");
    if (!named.ok()) return Fail(Fault::kValidation, named.error());
    auto enforceable = EnforceableSchema(*schema, named.PathOf("schema"),
                                         strict ? SchemaUse::kStrict : SchemaUse::kHint, totals);
    if (!enforceable) return std::unexpected(enforceable.error());
    form.schema = std::move(*enforceable);
  } else {
    format.Wrong("type", "expected text, json_object or json_schema", json::Value(*type));
    return Fail(Fault::kValidation, format.error());
  }
  return {};
}

}  // namespace

Result<AnswerForm> ReadAnswerForm(Fields& fields) {
  AnswerForm form;
  SchemaTotals totals;
  if (auto read = ReadTools(fields, form, totals); !read) return std::unexpected(read.error());
  if (auto read = ReadToolChoice(fields, form); !read) return std::unexpected(read.error());
  form.parallel_calls = fields.Boolean("parallel_tool_calls").value_or(true);
  if (auto read = ReadResponseFormat(fields, form, totals); !read) {
    return std::unexpected(read.error());
  }
  if (const json::Value* options = fields.Find("chat_template_kwargs")) {
    Fields option_fields(*options, "chat_template_kwargs");
    form.think = option_fields.Boolean("enable_thinking").value_or(true);
    constexpr std::string_view kKnown[] = {"enable_thinking"};
    option_fields.RefuseOthersThan(kKnown);
    if (!option_fields.ok()) return Fail(Fault::kValidation, option_fields.error());
  }
  form.effort = fields.Text("reasoning_effort").value_or("");
  constexpr std::string_view kEfforts[] = {"", "low", "medium", "high"};
  if (std::ranges::find(kEfforts, form.effort) == std::end(kEfforts)) {
    fields.Wrong("reasoning_effort", "expected low, medium or high", json::Value(form.effort));
  }
  if (!fields.ok()) return Fail(Fault::kValidation, fields.error());
  return form;
}

}  // namespace bedplate::engine
