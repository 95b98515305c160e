#include "engine/chat/common_json.h"

namespace bedplate::engine {

common_json ToCommon(const json::Value& value) { return common_json::parse(value.ToJson()); }

json::Value ToolValue(const Tool& tool, const json::Value& parameters) {
  json::Value function;
  function.Set("name", tool.name);
  if (!tool.description.empty()) function.Set("description", tool.description);
  function.Set("parameters", parameters);
  json::Value value;
  value.Set("type", "function");
  value.Set("function", std::move(function));
  return value;
}

common_json ToolsJson(std::span<const Tool* const> tools, bool enforceable) {
  common_json list = common_json::array();
  for (const Tool* tool : tools) {
    list.push_back(ToCommon(ToolValue(*tool, enforceable ? tool->enforceable : tool->parameters)));
  }
  return list;
}

}  // namespace bedplate::engine
