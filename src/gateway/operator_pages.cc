#include "gateway/operator_pages.h"

#include "gateway/metrics/exposition.h"
#include "gateway/metrics/process_metrics.h"

namespace bedplate::gateway {
namespace {

net::Response Plain(int status, std::string_view text) {
  net::Response response;
  response.status = status;
  response.headers.Set("content-type", "text/plain; charset=utf-8");
  response.headers.Set("cache-control", "no-store");
  response.body = text;
  return response;
}

net::Response MetricsPage(const OperatorPageSources& sources) {
  Exposition out;
  out.Family("bedplate_build_info", "gauge", "1, with the version of the server as a label.");
  out.Sample({{"version", sources.version}}, uint64_t{1});
  sources.metrics.Write(out);
  WriteProcessMetrics(out);
  for (const auto& collector : sources.collectors) collector(out);
  auto response = Plain(200, out.text());
  response.headers.Set("content-type", Exposition::kContentType);
  return response;
}

}  // namespace

std::optional<net::Response> OperatorPage(const Passage& passage,
                                          const OperatorPageSources& sources) {
  const auto path = passage.view.path;
  if (path != "/healthz" && path != "/readyz" && path != "/metrics") return std::nullopt;
  const auto method = passage.view.method;
  if (method != "GET" && method != "HEAD") return std::nullopt;
  if (wire::sigv4::HasClaim(passage.view)) return std::nullopt;
  if (path == "/healthz") return Plain(200, "ok\n");
  if (path == "/metrics") return MetricsPage(sources);
  const bool ready = !sources.ready || sources.ready();
  return ready ? Plain(200, "ready\n") : Plain(503, "not ready: starting or stopping\n");
}

}  // namespace bedplate::gateway
