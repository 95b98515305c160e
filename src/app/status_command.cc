#include <fmt/format.h>

#include "app/commands.h"
#include "app/find_server.h"
#include "app/print.h"
#include "base/clock.h"
#include "base/json/value.h"
#include "base/process_memory.h"

namespace bedplate::app {
namespace {

struct Status {
  std::string data_folder;
  RunningServer server;
  std::optional<std::string> trouble{};  // of /healthz
  int64_t uptime_s = 0;
};

int64_t ResidentBytes(pid_t pid) {
  const auto memory = pid > 0 ? ReadProcessMemory(pid) : std::nullopt;
  return memory ? static_cast<int64_t>(memory->resident_bytes) : 0;
}

void PrintJson(const Status& status) {
  const ServerDocument& document = *status.server.document;
  json::Value::Array engines;
  for (const EngineLine& line : document.engines) {
    json::Value engine;
    engine.Set("model_id", line.model_id);
    engine.Set("state", line.state);
    engine.Set("pid", static_cast<int64_t>(line.pid));
    engine.Set("resident_bytes", ResidentBytes(line.pid));
    engine.Set("error", line.error);
    engine.Set("pinned", line.pinned);
    engine.Set("held_bytes", line.held_bytes);
    engine.Set("loaded_bytes", line.loaded_bytes);
    engine.Set("total_bytes", line.total_bytes);
    engine.Set("adapters", ToJson(line.adapters));
    engines.push_back(std::move(engine));
  }
  json::Value value;
  value.Set("running", true);
  value.Set("answers", !status.trouble.has_value());
  value.Set("version", document.version);
  value.Set("pid", static_cast<int64_t>(document.pid));
  value.Set("endpoint", document.endpoint);
  value.Set("region", document.region);
  value.Set("data_folder", status.data_folder);
  value.Set("uptime_s", status.uptime_s);
  value.Set("resident_bytes", ResidentBytes(document.pid));
  value.Set("memory_budget_bytes", document.memory_budget_bytes);
  value.Set("engines", std::move(engines));
  json::Value::Array usage;
  for (const runtime::UsageLine& line : document.usage) {
    json::Value used;
    used.Set("model_id", line.model_id);
    if (!line.profile_arn.empty()) used.Set("inference_profile", line.profile_arn);
    used.Set("answers", line.answers);
    used.Set("input_tokens", line.input_tokens);
    used.Set("output_tokens", line.output_tokens);
    if (line.priced) {
      used.Set("cost_usd", runtime::InDollars(line.cost_picodollars));
      used.Set("price_as_of", line.price_as_of);
    }
    usage.push_back(std::move(used));
  }
  value.Set("usage", std::move(usage));
  Print(value.ToJson());
}

std::string ShowState(const EngineLine& line) {
  std::string state = line.state;
  if (line.total_bytes > 0) {
    state += fmt::format(" ({} of {})", ShowBytes(line.loaded_bytes), ShowBytes(line.total_bytes));
  }
  if (line.pinned) state += ", pinned";
  return line.error.empty() ? state : state + ": " + line.error;
}

// Costs are what Amazon Bedrock's published prices would make of it; nobody bills them.
void PrintUsage(const std::vector<runtime::UsageLine>& lines) {
  if (lines.empty()) return;
  std::vector<std::vector<std::string>> rows = {
      {"USED", "ANSWERS", "TOKENS IN", "OUT", "COST AT BEDROCK'S PRICES"}};
  for (const runtime::UsageLine& line : lines) {
    rows.push_back(
        {line.profile_arn.empty() ? line.model_id : line.model_id + " as " + line.profile_arn,
         fmt::format("{}", line.answers), fmt::format("{}", line.input_tokens),
         fmt::format("{}", line.output_tokens),
         line.priced ? fmt::format("{} USD ({})", runtime::InDollars(line.cost_picodollars),
                                   line.price_as_of)
                     : "-"});
  }
  Print("\n" + Table(rows));
}

void PrintText(const Status& status) {
  const ServerDocument& document = *status.server.document;
  Print(fmt::format("Bedplate {} runs{}", document.version,
                    status.trouble ? fmt::format(", but does not answer: {}", *status.trouble)
                                   : std::string(" and answers")));
  Print(Table({{"  endpoint", document.endpoint},
               {"  region", document.region},
               {"  process", fmt::format("{}", document.pid)},
               {"  uptime", ShowDuration(status.uptime_s)},
               {"  memory", ShowBytes(static_cast<uint64_t>(ResidentBytes(document.pid)))},
               {"  for models", ShowBytes(document.memory_budget_bytes)},
               {"  data", status.data_folder}}));
  std::vector<std::vector<std::string>> rows = {{"MODEL", "STATE", "PROCESS", "MEMORY", "HELD"}};
  for (const EngineLine& line : document.engines) {
    const bool runs = line.pid > 0;
    rows.push_back({line.model_id, ShowState(line), runs ? fmt::format("{}", line.pid) : "-",
                    runs ? ShowBytes(static_cast<uint64_t>(ResidentBytes(line.pid))) : "-",
                    line.held_bytes > 0 ? ShowBytes(line.held_bytes) : "-"});
    for (const AdapterLine& adapter : line.adapters) {
      rows.push_back({"  + " + adapter.model_id,
                      adapter.error.empty() ? "adapter" : "can't be used: " + adapter.error, "", "",
                      ""});
    }
  }
  if (rows.size() > 1) Print("\n" + Table(rows));
  PrintUsage(document.usage);
}

int PrintNotRunning(bool as_json, const std::string& why) {
  Print(as_json ? "{\"running\":false}" : why);
  return kExitNotRunning;
}

}  // namespace

int PrintStatus(const Settings& settings, bool as_json) {
  std::error_code ignored;
  const std::string nothing = "Bedplate does not run here. Start it with: bedplate serve";
  if (!std::filesystem::exists(settings.data.folder, ignored)) {
    return PrintNotRunning(as_json, nothing);
  }
  const auto folder = DataFolder::Open(settings.data.folder);
  if (!folder) {
    Complain(folder.error().message);
    return kExitFailure;
  }
  auto server = FindServer(*folder);
  if (!server) return PrintNotRunning(as_json, nothing);
  if (!server->document) {
    return PrintNotRunning(as_json, fmt::format("Bedplate is starting (process {})", server->pid));
  }
  Status status{.data_folder = folder->path().string(), .server = std::move(*server)};
  status.trouble = AskHealth(status.server.document->endpoint);
  const auto now_ms = std::chrono::floor<std::chrono::milliseconds>(SystemClock().Now());
  status.uptime_s =
      (now_ms.time_since_epoch().count() - status.server.document->started_at_ms) / 1000;
  as_json ? PrintJson(status) : PrintText(status);
  return kExitSuccess;
}

}  // namespace bedplate::app
