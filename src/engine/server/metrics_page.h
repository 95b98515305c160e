// /metrics in Prometheus' text format.
// spec: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
#pragma once

#include <string>

#include "engine/inference/counters.h"
#include "engine/prefixes/prefix_store.h"

namespace bedplate::engine {

// `prefixes`: null where none are kept. `threads`: that compute now.
std::string MetricsPage(const Counters& counters, const PrefixStore* prefixes, int threads);

}  // namespace bedplate::engine
