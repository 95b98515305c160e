#include "services/openai_api/kept_response.h"

#include <utility>

#include "models/formats/malformed_input.h"

namespace bedplate::services::openai_api {

Result<KeptRequest> KeptRequest::Read(std::string_view body) {
  auto root = json::Value::Parse(body);
  if (!root) return std::unexpected(models::MalformedInput::NotJson(root.error().message));
  KeptRequest request;
  request.root_ = std::move(*root);
  return request;
}

// Values of other types are the format's to refuse.
std::optional<std::string> KeptRequest::previous_id() const {
  const json::Value* id = root_.Find("previous_response_id");
  const std::string* text = id == nullptr ? nullptr : id->AsString();
  return text == nullptr ? std::nullopt : std::optional(*text);
}

bool KeptRequest::store() const {
  const json::Value* store = root_.Find("store");
  const bool* flag = store == nullptr ? nullptr : store->AsBoolean();
  return flag == nullptr || *flag;
}

// A text is a message of the user's.
json::Value::Array KeptRequest::Items() const {
  const json::Value* input = root_.Find("input");
  if (input == nullptr) return {};
  if (const json::Value::Array* items = input->AsArray()) return *items;
  if (!input->is_string()) return {};
  return {json::Value(json::Value::Object{{"role", "user"}, {"content", *input}})};
}

Result<void> KeptRequest::GoOn(std::string_view items) {
  auto all = json::Value::Parse(items);
  if (!all || all->AsArray() == nullptr) {
    return Fail(Fault::kInternal, "A response that was kept can't be read");
  }
  const json::Value* input = root_.Find("input");
  // The format refuses what is no input; behind other items it would not see it.
  if (input == nullptr || (!input->is_array() && !input->is_string())) return {};
  for (json::Value& item : Items()) all->Append(std::move(item));
  root_.Set("input", std::move(*all));
  return {};
}

Result<runtime::StoredResponse> KeptRequest::Keep(std::string_view response) const {
  auto value = json::Value::Parse(response);
  const json::Value* id = value ? value->Find("id") : nullptr;
  const json::Value* output = value ? value->Find("output") : nullptr;
  if (id == nullptr || !id->is_string() || output == nullptr || !output->is_array()) {
    return Fail(Fault::kInternal, "A response can't be kept");
  }
  json::Value items(Items());
  for (const json::Value& item : *output->AsArray()) items.Append(item);
  return runtime::StoredResponse{
      .id = *id->AsString(), .response = std::string(response), .items = items.ToJson()};
}

}  // namespace bedplate::services::openai_api
