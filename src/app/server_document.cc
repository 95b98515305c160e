#include "app/server_document.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/json/value.h"

namespace bedplate::app {
namespace {

json::Value ToJson(const runtime::UsageLine& line) {
  json::Value value;
  value.Set("model_id", line.model_id);
  value.Set("profile_arn", line.profile_arn);
  value.Set("answers", line.answers);
  value.Set("input_tokens", line.input_tokens);
  value.Set("output_tokens", line.output_tokens);
  value.Set("priced", line.priced);
  value.Set("cost_picodollars", line.cost_picodollars);
  value.Set("price_as_of", line.price_as_of);
  return value;
}

json::Value ToJson(const ServerDocument& document) {
  json::Value::Array engines;
  for (const EngineLine& line : document.engines) {
    json::Value engine;
    engine.Set("model_id", line.model_id);
    engine.Set("state", line.state);
    engine.Set("pid", static_cast<int64_t>(line.pid));
    engine.Set("error", line.error);
    engine.Set("pinned", line.pinned);
    engine.Set("held_bytes", line.held_bytes);
    engine.Set("loaded_bytes", line.loaded_bytes);
    engine.Set("total_bytes", line.total_bytes);
    engine.Set("adapters", ToJson(line.adapters));
    engines.push_back(std::move(engine));
  }
  json::Value::Array usage;
  for (const runtime::UsageLine& line : document.usage) usage.push_back(ToJson(line));
  json::Value value;
  value.Set("version", document.version);
  value.Set("pid", static_cast<int64_t>(document.pid));
  value.Set("endpoint", document.endpoint);
  value.Set("region", document.region);
  value.Set("started_at_ms", document.started_at_ms);
  value.Set("models_revision", document.models_revision);
  value.Set("memory_budget_bytes", document.memory_budget_bytes);
  value.Set("engines", std::move(engines));
  value.Set("usage", std::move(usage));
  return value;
}

std::string Text(const json::Value& object, std::string_view key) {
  const json::Value* member = object.Find(key);
  const std::string* text = member == nullptr ? nullptr : member->AsString();
  return text == nullptr ? "" : *text;
}

int64_t Number(const json::Value& object, std::string_view key) {
  const json::Value* member = object.Find(key);
  int64_t number = 0;
  if (member != nullptr) member->ToInt64(number);
  return number;
}

uint64_t Bytes(const json::Value& object, std::string_view key) {
  return static_cast<uint64_t>(std::max<int64_t>(0, Number(object, key)));
}

bool Flag(const json::Value& object, std::string_view key) {
  const json::Value* member = object.Find(key);
  return member != nullptr && member->AsBoolean() != nullptr && *member->AsBoolean();
}

runtime::UsageLine ReadUsage(const json::Value& line) {
  const json::Value* priced = line.Find("priced");
  const bool* whether = priced == nullptr ? nullptr : priced->AsBoolean();
  return {.model_id = Text(line, "model_id"),
          .profile_arn = Text(line, "profile_arn"),
          .answers = static_cast<uint64_t>(Number(line, "answers")),
          .input_tokens = static_cast<uint64_t>(Number(line, "input_tokens")),
          .output_tokens = static_cast<uint64_t>(Number(line, "output_tokens")),
          .priced = whether != nullptr && *whether,
          .cost_picodollars = Number(line, "cost_picodollars"),
          .price_as_of = Text(line, "price_as_of")};
}

std::vector<AdapterLine> ReadAdapters(const json::Value& engine) {
  std::vector<AdapterLine> lines;
  const json::Value* adapters = engine.Find("adapters");
  if (adapters == nullptr || !adapters->is_array()) return lines;
  for (const json::Value& adapter : *adapters->AsArray()) {
    lines.push_back({.model_id = Text(adapter, "model_id"), .error = Text(adapter, "error")});
  }
  return lines;
}

}  // namespace

json::Value ToJson(const std::vector<AdapterLine>& adapters) {
  json::Value::Array values;
  for (const AdapterLine& line : adapters) {
    json::Value adapter;
    adapter.Set("model_id", line.model_id);
    adapter.Set("error", line.error);
    values.push_back(std::move(adapter));
  }
  return json::Value(std::move(values));
}

Result<void> WriteServerDocument(const std::filesystem::path& file,
                                 const ServerDocument& document) {
  const std::string text = ToJson(document).ToJson() + "\n";
  const std::string draft = file.string() + ".new";
  const auto refuse = [&] {
    return Fail(Fault::kUnavailable,
                fmt::format("cannot write {}: {}", draft, std::strerror(errno)));
  };
  const int descriptor = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return refuse();
  const ssize_t written = write(descriptor, text.data(), text.size());
  close(descriptor);
  if (written != static_cast<ssize_t>(text.size())) return refuse();
  if (rename(draft.c_str(), file.c_str()) != 0) return refuse();
  return {};
}

Result<ServerDocument> ReadServerDocument(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return Fail(Fault::kNotFound, fmt::format("there is no {}", file.string()));
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  const auto value = json::Value::Parse(text);
  if (!value || !value->is_object()) {
    return Fail(Fault::kInternal, fmt::format("{} is damaged", file.string()));
  }
  ServerDocument document{.version = Text(*value, "version"),
                          .pid = static_cast<pid_t>(Number(*value, "pid")),
                          .endpoint = Text(*value, "endpoint"),
                          .region = Text(*value, "region"),
                          .started_at_ms = Number(*value, "started_at_ms"),
                          .models_revision = Number(*value, "models_revision"),
                          .memory_budget_bytes = Bytes(*value, "memory_budget_bytes"),
                          .engines = {},
                          .usage = {}};
  const json::Value* engines = value->Find("engines");
  if (engines != nullptr && engines->is_array()) {
    for (const json::Value& engine : *engines->AsArray()) {
      document.engines.push_back({.model_id = Text(engine, "model_id"),
                                  .state = Text(engine, "state"),
                                  .pid = static_cast<pid_t>(Number(engine, "pid")),
                                  .error = Text(engine, "error"),
                                  .pinned = Flag(engine, "pinned"),
                                  .held_bytes = Bytes(engine, "held_bytes"),
                                  .loaded_bytes = Bytes(engine, "loaded_bytes"),
                                  .total_bytes = Bytes(engine, "total_bytes"),
                                  .adapters = ReadAdapters(engine)});
    }
  }
  const json::Value* usage = value->Find("usage");
  if (usage != nullptr && usage->is_array()) {
    for (const json::Value& line : *usage->AsArray()) document.usage.push_back(ReadUsage(line));
  }
  return document;
}

}  // namespace bedplate::app
