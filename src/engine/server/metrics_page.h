// /metrics in Prometheus' text format.
// spec: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
#pragma once

#include <string>

#include "engine/inference/counters.h"

namespace bedplate::engine {

std::string MetricsPage(const Counters& counters);

}  // namespace bedplate::engine
