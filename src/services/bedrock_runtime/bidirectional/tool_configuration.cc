#include "services/bedrock_runtime/bidirectional/tool_configuration.h"

#include <utility>

namespace bedplate::services::bedrock_runtime::bidirectional {

void TakeToolConfiguration(EventFields config, runtime::Conversation& conversation) {
  using enum models::ChatToolChoice::Kind;
  const json::Value::Array* tools = config.Array("tools");
  for (size_t i = 0; tools != nullptr && i < tools->size(); ++i) {
    EventFields spec = config.Element((*tools)[i], "tools", i).Object("toolSpec");
    models::ChatTool tool{.name = spec.Text("name"),
                          .description = spec.OptionalText("description")};
    // Text that holds JSON, unlike in Converse.
    tool.schema = spec.Object("inputSchema").Text("json");
    conversation.tools.push_back(std::move(tool));
  }
  EventFields choice = config.Object("toolChoice");
  models::ChatToolChoice& chosen = conversation.tool_choice;
  if (choice.Has("auto")) chosen.kind = kAuto;
  if (choice.Has("any")) chosen.kind = kAny;
  if (choice.Has("tool")) chosen = {.kind = kNamed, .name = choice.Object("tool").Text("name")};
}

}  // namespace bedplate::services::bedrock_runtime::bidirectional
