#include "services/bedrock_runtime/bidirectional/session.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "services/bedrock_runtime/bidirectional/tool_configuration.h"
#include "services/bedrock_runtime/refusal.h"

namespace bedplate::services::bedrock_runtime::bidirectional {
namespace {

constexpr size_t kNameShownMax = 64;

std::string Shown(std::string_view name) { return std::string(name.substr(0, kNameShownMax)); }

// Nothing for a text that is none of the roles.
std::optional<runtime::Role> ToRole(std::string_view text) {
  if (text == "SYSTEM") return runtime::Role::kSystem;
  if (text == "USER") return runtime::Role::kUser;
  if (text == "ASSISTANT") return runtime::Role::kAssistant;
  return std::nullopt;
}

}  // namespace

constinit const Session::Known Session::kKnown[] = {
    {"sessionStart", &Session::SessionStart}, {"promptStart", &Session::PromptStart},
    {"contentStart", &Session::ContentStart}, {"textInput", &Session::TextInput},
    {"toolResult", &Session::ToolResult},     {"contentEnd", &Session::ContentEnd},
    {"promptEnd", &Session::PromptEnd},       {"sessionEnd", &Session::SessionEnd}};

Result<Session::Step> Session::Take(std::string_view json) {
  const auto parsed = json::Value::Parse(json);
  if (!parsed) {
    return Refuse(fmt::format("The event is not valid JSON: {}", parsed.error().message));
  }
  const json::Value* event = parsed->Find("event");
  if (event == nullptr || !event->is_object() || event->AsObject()->size() != 1) {
    return Refuse(
        "Expected an object with the member event, which has one member: the name of the event, "
        "e.g. {\"event\":{\"sessionStart\":{}}}.");
  }
  const auto& [name, value] = event->AsObject()->front();
  return TakeNamed(name, value);
}

Result<Session::Step> Session::TakeNamed(std::string_view name, const json::Value& value) {
  if (name == "audioInput") {
    return Refuse("This model doesn't support audioInput events. It reads and writes text.");
  }
  const auto known = std::ranges::find(kKnown, name, &Known::name);
  if (known == std::end(kKnown)) {
    std::vector<std::string_view> names;
    for (const Known& each : kKnown) names.push_back(each.name);
    return Refuse(fmt::format("There is no event '{}'. Send one of: {}.", Shown(name),
                              fmt::join(names, ", ")));
  }
  if (!started_ && name != "sessionStart") {
    return Refuse(fmt::format("{} came before sessionStart, which begins a session.", name));
  }
  EventFields fields(name, value);
  return (this->*known->take)(fields);
}

Result<Session::Step> Session::SessionStart(EventFields& event) {
  if (started_) return Refuse("A second sessionStart came: a session begins once.");
  EventFields config = event.Object("inferenceConfiguration");
  settings_.tokens_max = config.Count("maxTokens");
  settings_.top_p = config.Number("topP", 0, 1);
  settings_.temperature = config.Number("temperature", 0, 1);
  if (auto ok = event.Check(); !ok) return std::unexpected(std::move(ok.error()));
  started_ = true;
  return Step::kListen;
}

Result<Session::Step> Session::PromptStart(EventFields& event) {
  if (prompt_) {
    return Refuse(fmt::format("promptStart came before the promptEnd of '{}'.", Shown(*prompt_)));
  }
  if (event.Has("audioOutputConfiguration")) {
    return UnsupportedField("audioOutputConfiguration", event.path());
  }
  std::string name = event.Text("promptName");
  event.Object("textOutputConfiguration").Expect("mediaType", "text/plain");
  event.Object("toolUseOutputConfiguration").Expect("mediaType", "application/json");
  runtime::Conversation conversation{.settings = settings_};
  TakeToolConfiguration(event.Object("toolConfiguration"), conversation);
  if (auto ok = event.Check(); !ok) return std::unexpected(std::move(ok.error()));
  if (!prompts_.insert(name).second) {
    return Refuse(fmt::format("promptStart.promptName '{}' was used before.", Shown(name)));
  }
  prompt_ = std::move(name);
  contents_.clear();
  tool_uses_.clear();
  conversation_ = std::move(conversation);
  return Step::kListen;
}

Result<void> Session::CheckPrompt(EventFields& event) const {
  const std::string name = event.Text("promptName");
  if (auto ok = event.Check(); !ok) return ok;
  if (prompt_ == name) return {};
  return Refuse(fmt::format(
      "{}.promptName '{}' is not open: {}.", event.path(), Shown(name),
      prompt_ ? fmt::format("'{}' is", Shown(*prompt_)) : "send its promptStart first"));
}

Result<void> Session::CheckContent(EventFields& event) const {
  if (auto ok = CheckPrompt(event); !ok) return ok;
  const std::string name = event.Text("contentName");
  if (auto ok = event.Check(); !ok) return ok;
  if (content_ && content_->name == name) return {};
  return Refuse(fmt::format(
      "{}.contentName '{}' is not open: {}.", event.path(), Shown(name),
      content_ ? fmt::format("'{}' is", Shown(content_->name)) : "send its contentStart first"));
}

Result<Session::Step> Session::ContentStart(EventFields& event) {
  if (auto ok = CheckPrompt(event); !ok) return std::unexpected(std::move(ok.error()));
  if (content_) {
    return Refuse(
        fmt::format("contentStart came before the contentEnd of '{}'.", Shown(content_->name)));
  }
  Content content{.name = event.Text("contentName"), .interactive = event.Flag("interactive")};
  const std::string type = event.Text("type");
  const std::string role = event.Text("role");
  if (type == "AUDIO") return UnsupportedBlock(type, event.path());
  content.tool_result = type == "TOOL";
  if (content.tool_result) {
    EventFields config = event.Object("toolResultInputConfiguration");
    content.tool_use_id = config.Text("toolUseId");
    config.Expect("type", "TEXT");
    config.Object("textInputConfiguration").Expect("mediaType", "text/plain");
    event.Expect("role", "TOOL");
  } else {
    event.Expect("type", "TEXT");
    event.Object("textInputConfiguration").Expect("mediaType", "text/plain");
  }
  if (auto ok = event.Check(); !ok) return std::unexpected(std::move(ok.error()));
  if (!content.tool_result) {
    const auto known = ToRole(role);
    if (!known) {
      return Refuse(
          fmt::format("Expected SYSTEM, USER or ASSISTANT, not '{}', at "
                      "'contentStart.role' of a content of type TEXT.",
                      Shown(role)));
    }
    content.role = *known;
  }
  if (auto ok = CheckContentPlace(event, content); !ok) {
    return std::unexpected(std::move(ok.error()));
  }
  if (!contents_.insert(content.name).second) {
    return Refuse(fmt::format("contentStart.contentName '{}' was used before in this prompt.",
                              Shown(content.name)));
  }
  content_ = std::move(content);
  return Step::kListen;
}

// Whether the content may come now.
Result<void> Session::CheckContentPlace(const EventFields& event, const Content& content) const {
  if (content.tool_result) {
    if (std::ranges::find(tool_uses_, content.tool_use_id) != tool_uses_.end()) return {};
    return Refuse(fmt::format(
        "{}.toolResultInputConfiguration.toolUseId '{}' is none of the tool "
        "uses that wait for a result: {}.",
        event.path(), Shown(content.tool_use_id),
        tool_uses_.empty() ? "there are none" : fmt::format("{}", fmt::join(tool_uses_, ", "))));
  }
  if (!tool_uses_.empty()) {
    return Refuse(fmt::format("{} of text came where the results of these tool uses must: {}.",
                              event.path(), fmt::join(tool_uses_, ", ")));
  }
  if (content.role == runtime::Role::kSystem && !conversation_.messages.empty()) {
    return Refuse(
        fmt::format("{} with the role SYSTEM came after a message of the conversation. "
                    "Send the system's words first.",
                    event.path()));
  }
  return {};
}

Result<Session::Step> Session::TextInput(EventFields& event) { return TakeText(event, false); }

Result<Session::Step> Session::ToolResult(EventFields& event) { return TakeText(event, true); }

Result<Session::Step> Session::TakeText(EventFields& event, bool tool_result) {
  if (auto ok = CheckContent(event); !ok) return std::unexpected(std::move(ok.error()));
  if (content_->tool_result != tool_result) {
    return Refuse(fmt::format("{} came in content '{}', which is of type {}.", event.path(),
                              Shown(content_->name), tool_result ? "TEXT" : "TOOL"));
  }
  const std::string text = event.Text("content");
  if (auto ok = event.Check(); !ok) return std::unexpected(std::move(ok.error()));
  if (content_->text.size() + text.size() > kContentBytesMax) {
    return Refuse(fmt::format("Content '{}' has {} bytes or more. It can have at most {}.",
                              Shown(content_->name), content_->text.size() + text.size(),
                              kContentBytesMax));
  }
  content_->text += text;
  return Step::kListen;
}

Result<Session::Step> Session::ContentEnd(EventFields& event) {
  if (auto ok = CheckContent(event); !ok) return std::unexpected(std::move(ok.error()));
  if (content_->text.empty()) {
    return Refuse(fmt::format("contentEnd came before {} of content '{}'.",
                              content_->tool_result ? "a toolResult" : "a textInput",
                              Shown(content_->name)));
  }
  Content content = std::move(*content_);
  content_.reset();
  if (!content.tool_result) return EndText(std::move(content));
  std::erase(tool_uses_, content.tool_use_id);
  runtime::ToolResultBlock result{.tool_use_id = std::move(content.tool_use_id)};
  result.content.push_back(runtime::TextBlock{.text = std::move(content.text)});
  AddBlock(runtime::Role::kUser, std::move(result));
  return tool_uses_.empty() ? Step::kAnswer : Step::kListen;
}

Result<Session::Step> Session::EndText(Content content) {
  if (content.role == runtime::Role::kSystem) {
    conversation_.system.emplace_back(std::move(content.text));
    return Step::kListen;
  }
  AddBlock(content.role, runtime::TextBlock{.text = std::move(content.text)});
  const bool asks = content.interactive && content.role == runtime::Role::kUser;
  return asks ? Step::kAnswer : Step::kListen;
}

// Roles take turns in a conversation: contents of one role in a row are one message.
void Session::AddBlock(runtime::Role role, runtime::ContentBlock block) {
  auto& messages = conversation_.messages;
  if (messages.empty() || messages.back().role != role) messages.push_back({.role = role});
  messages.back().content.push_back(std::move(block));
}

void Session::AddAnswer(runtime::Message answer) {
  for (runtime::ContentBlock& block : answer.content) {
    if (const auto* use = std::get_if<runtime::ToolUseBlock>(&block)) tool_uses_.push_back(use->id);
    AddBlock(runtime::Role::kAssistant, std::move(block));
  }
}

Result<Session::Step> Session::PromptEnd(EventFields& event) {
  if (auto ok = CheckPrompt(event); !ok) return std::unexpected(std::move(ok.error()));
  if (content_) {
    return Refuse(
        fmt::format("promptEnd came before the contentEnd of '{}'.", Shown(content_->name)));
  }
  prompt_.reset();
  return Step::kListen;
}

Result<Session::Step> Session::SessionEnd(EventFields& event) {
  if (auto ok = event.Check(); !ok) return std::unexpected(std::move(ok.error()));
  if (prompt_) {
    return Refuse(fmt::format("sessionEnd came before the promptEnd of '{}'.", Shown(*prompt_)));
  }
  return Step::kEnd;
}

}  // namespace bedplate::services::bedrock_runtime::bidirectional
