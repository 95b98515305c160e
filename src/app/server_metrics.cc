#include "app/server_metrics.h"

#include <array>
#include <cstdint>
#include <string_view>

#include "base/process_memory.h"

namespace bedplate::app {
namespace {

constexpr std::array<std::string_view, 5> kStates = {"stopped", "waiting", "starting", "ready",
                                                     "failed"};

}  // namespace

void WriteConnectionMetrics(const net::ServerCounts& counts, gateway::Exposition& out) {
  out.Family("bedplate_connections", "gauge", "Open connections of clients.");
  out.Sample({}, static_cast<uint64_t>(counts.connections));
  out.Family("bedplate_connections_accepted_total", "counter", "Connections that clients opened.");
  out.Sample({}, counts.accepted);
  out.Family("bedplate_connections_refused_total", "counter",
             "Connections closed at once because limits.connections_max were open.");
  out.Sample({}, counts.refused);
}

void WriteEngineMetrics(const std::vector<models::EngineStatus>& engines, uint64_t budget_bytes,
                        gateway::Exposition& out) {
  out.Family("bedplate_models_memory_budget_bytes", "gauge",
             "Memory that all loaded models may take together.");
  out.Sample({}, budget_bytes);
  if (engines.empty()) return;
  out.Family("bedplate_engine_state", "gauge", "1 for the state that a model's engine is in.");
  for (const models::EngineStatus& engine : engines) {
    for (const std::string_view state : kStates) {
      out.Sample({{"model_id", engine.model_id}, {"state", state}},
                 static_cast<uint64_t>(engine.state == state));
    }
  }
  out.Family("bedplate_engine_held_memory_bytes", "gauge",
             "What a model holds of the memory for models: estimated, and measured where that is "
             "more.");
  for (const models::EngineStatus& engine : engines) {
    out.Sample({{"model_id", engine.model_id}}, engine.held_bytes);
  }
  out.Family("bedplate_engine_loaded_bytes", "gauge",
             "Weights that are in memory of a model that is being loaded.");
  for (const models::EngineStatus& engine : engines) {
    if (engine.total_bytes > 0) out.Sample({{"model_id", engine.model_id}}, engine.loaded_bytes);
  }
  out.Family("bedplate_engine_load_total_bytes", "gauge",
             "All weights of a model that is being loaded.");
  for (const models::EngineStatus& engine : engines) {
    if (engine.total_bytes > 0) out.Sample({{"model_id", engine.model_id}}, engine.total_bytes);
  }
  out.Family("bedplate_engine_resident_memory_bytes", "gauge",
             "Memory of a model's engine that is in RAM, pages of its weights included.");
  for (const models::EngineStatus& engine : engines) {
    const auto memory = engine.pid > 0 ? ReadProcessMemory(engine.pid) : std::nullopt;
    if (memory) out.Sample({{"model_id", engine.model_id}}, memory->resident_bytes);
  }
}

void WriteUsageMetrics(const std::vector<runtime::UsageLine>& lines, gateway::Exposition& out) {
  if (lines.empty()) return;
  const auto write = [&](std::string_view name, std::string_view help, auto value) {
    out.Family(name, "counter", help);
    for (const runtime::UsageLine& line : lines) {
      out.Sample({{"model_id", line.model_id}, {"inference_profile", line.profile_arn}},
                 value(line));
    }
  };
  write("bedplate_model_answers_total", "Complete answers of models.",
        [](const runtime::UsageLine& line) { return line.answers; });
  write("bedplate_model_input_tokens_total", "Tokens of the prompts of complete answers.",
        [](const runtime::UsageLine& line) { return line.input_tokens; });
  write("bedplate_model_output_tokens_total", "Tokens of complete answers.",
        [](const runtime::UsageLine& line) { return line.output_tokens; });
  out.Family("bedplate_model_cost_usd_total", "counter",
             "US dollars that complete answers would have cost at the on-demand prices that Amazon "
             "Bedrock published in the month of the label; only where each has a price.");
  constexpr double kPicodollars = 1e12;
  for (const runtime::UsageLine& line : lines) {
    if (!line.priced) continue;
    out.Sample({{"model_id", line.model_id},
                {"inference_profile", line.profile_arn},
                {"price_as_of", line.price_as_of}},
               static_cast<double>(line.cost_picodollars) / kPicodollars);
  }
}

}  // namespace bedplate::app
