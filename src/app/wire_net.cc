#include "app/wire_net.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "gateway/gateway.h"

namespace bedplate::app {
namespace {

// One reactor serves tens of thousands of requests a second; more than these only cost memory,
// and the processors belong to the models.
constexpr size_t kReactorsByDefaultMax = 4;
// spec: docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html: of one PutObject or UploadPart.
constexpr uint64_t kPutBytesMax = 5ull << 30;

}  // namespace

net::ReactorOptions MakeReactorOptions(const Settings& settings) {
  auto threads = static_cast<size_t>(settings.server.threads);
  if (threads == 0) {
    threads = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, kReactorsByDefaultMax);
  }
  return {.threads = threads};
}

uint64_t StreamedBodyBytesMax(const Settings& settings) {
  return std::min(kPutBytesMax, static_cast<uint64_t>(settings.limits.object_bytes_max));
}

net::ServerOptions MakeServerOptions(const Settings& settings) {
  const Settings::Limits& from = settings.limits;
  net::ServerOptions options;
  options.error_answer = gateway::Gateway::AnswerWithoutRequest;
  net::ServerLimits& limits = options.limits;
  limits.connections_max = static_cast<size_t>(from.connections_max);
  limits.header_bytes_max = static_cast<size_t>(from.header_bytes_max);
  limits.header_count_max = static_cast<size_t>(from.header_count_max);
  limits.idle = std::chrono::seconds(from.idle_s_max);
  limits.head = std::chrono::seconds(from.head_s_max);
  limits.slow_window = std::chrono::seconds(from.slow_window_s);
  limits.slow_bytes_min = static_cast<size_t>(from.slow_bytes_min);
  limits.streams_max = static_cast<uint32_t>(from.streams_max);
  // The gateway refuses a body over limits.body_bytes_max in the service's own words; this is
  // what it could not refuse, e.g. signed chunks around such a body.
  const uint64_t body_bytes_max = 2 * static_cast<uint64_t>(from.body_bytes_max) + (1 << 20);
  limits.linger_bytes_max = body_bytes_max;
  // Objects are longer than all others, and never held; the gateway bounds both kinds.
  limits.body_bytes_max = std::max(body_bytes_max, 2 * StreamedBodyBytesMax(settings));
  if (!settings.tls.certificate.empty()) {
    options.tls =
        net::TlsOptions{.certificate_file = settings.tls.certificate, .key_file = settings.tls.key};
  }
  return options;
}

}  // namespace bedplate::app
