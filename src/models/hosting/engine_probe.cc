#include "models/hosting/engine_probe.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/json/value.h"

namespace bedplate::models {
namespace {

constexpr std::chrono::milliseconds kProbeMax{2'000};
constexpr size_t kFactsBytesMax = 1 << 20;

net::ClientRequest Get(std::string target) {
  net::ClientRequest request;
  request.target = std::move(target);
  request.total = kProbeMax;
  return request;
}

void TakeNumber(const json::Value& meta, std::string_view key, int& into) {
  const json::Value* member = meta.Find(key);
  int64_t number = 0;
  if (member != nullptr && member->ToInt64(number) && number > 0 && std::in_range<int>(number)) {
    into = static_cast<int>(number);
  }
}

void TakeBytes(const json::Value& object, std::string_view key, uint64_t& into) {
  const json::Value* member = object.Find(key);
  int64_t number = 0;
  if (member != nullptr && member->ToInt64(number) && number > 0) {
    into = static_cast<uint64_t>(number);
  }
}

// Adapters are told of behind the model they belong to.
void TakeAdapters(const json::Value::Array& models, ModelServer& server) {
  for (const json::Value& model : models) {
    const json::Value* id = model.Find("id");
    const std::string* name = id == nullptr ? nullptr : id->AsString();
    if (name == nullptr || model.Find("parent") == nullptr) continue;
    const json::Value* error = model.Find("error");
    if (error == nullptr) {
      server.adapters.push_back(*name);
    } else {
      server.adapter_errors[*name] = error->is_string() ? *error->AsString() : "it can't be used";
    }
  }
  std::ranges::sort(server.adapters);
}

}  // namespace

net::Task<EngineHealth> AskHealth(net::HttpClient& client) {
  EngineHealth health;
  auto response = co_await client.Send(Get("/health"));
  if (!response) co_return health;
  auto body = co_await net::ReadAll(*response->body, kFactsBytesMax);
  if (!body) co_return health;
  health.ready = response->status == 200;
  const auto root = json::Value::Parse(*body);
  if (!root) co_return health;
  TakeBytes(*root, "loaded_bytes", health.loaded_bytes);
  TakeBytes(*root, "total_bytes", health.total_bytes);
  co_return health;
}

net::Task<bool> ReadFacts(ModelServer& server) {
  auto response = co_await server.client->Send(Get(server.path_prefix + "/models"));
  if (!response || response->status != 200) co_return false;
  auto body = co_await net::ReadAll(*response->body, kFactsBytesMax);
  if (!body) co_return false;
  auto root = json::Value::Parse(*body);
  if (!root) co_return false;
  const json::Value* data = root->Find("data");
  if (data == nullptr || data->AsArray() == nullptr || data->AsArray()->empty()) co_return false;
  TakeAdapters(*data->AsArray(), server);
  const json::Value* meta = data->AsArray()->front().Find("meta");
  if (meta == nullptr) co_return true;
  TakeNumber(*meta, "context_length", server.context_tokens);
  TakeNumber(*meta, "embedding_length", server.embedding_dimensions);
  co_return true;
}

EngineLogLine ReadEngineLogLine(std::string_view line) {
  EngineLogLine read{.level = log::Level::kInfo, .message = std::string(line)};
  auto root = json::Value::Parse(line);
  if (!root) return read;
  const json::Value* message = root->Find("message");
  if (message == nullptr || !message->is_string()) return read;
  read.message = *message->AsString();
  const json::Value* adapter = root->Find("crashed_adapter");
  if (adapter != nullptr && adapter->is_string()) read.crashed_adapter = *adapter->AsString();
  const json::Value* level = root->Find("level");
  const std::string* text = level == nullptr ? nullptr : level->AsString();
  if (text == nullptr) return read;
  if (*text == "debug") read.level = log::Level::kDebug;
  if (*text == "warning" || *text == "warn") read.level = log::Level::kWarning;
  if (*text == "error") read.level = log::Level::kError;
  return read;
}

}  // namespace bedplate::models
