// What /metrics tells beyond the gateway's own counts: connections, engines, use of models.
//
// Threads: any, at the same time.
#pragma once

#include <cstdint>
#include <vector>

#include "gateway/metrics/exposition.h"
#include "models/hosting/engine_host.h"
#include "net/server.h"
#include "runtime/usage_ledger.h"

namespace bedplate::app {

void WriteConnectionMetrics(const net::ServerCounts& counts, gateway::Exposition& out);
// `budget_bytes`: for the memory of all engines together.
void WriteEngineMetrics(const std::vector<models::EngineStatus>& engines, uint64_t budget_bytes,
                        gateway::Exposition& out);
// Tokens and, where a price is known, their cost, by model and application inference profile.
void WriteUsageMetrics(const std::vector<runtime::UsageLine>& lines, gateway::Exposition& out);

}  // namespace bedplate::app
