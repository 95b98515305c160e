// /healthz, /readyz and /metrics: what an operator's tools ask, without credentials.
//
// Threads: any reactor.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "gateway/metrics/request_metrics.h"
#include "gateway/passage.h"

namespace bedplate::gateway {

class Exposition;

struct OperatorPageSources {
  std::string_view version;
  const RequestMetrics& metrics;
  const std::function<bool()>& ready;  // may be empty: always
  std::span<const std::function<void(Exposition&)>> collectors;
};

// The page that an unsigned GET or HEAD of one of the three paths asks for; nullopt for every
// other request. A signed request is never one: "metrics" may be the name of a bucket.
std::optional<net::Response> OperatorPage(const Passage& passage,
                                          const OperatorPageSources& sources);

}  // namespace bedplate::gateway
