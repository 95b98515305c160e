#include "app/wire_gateway.h"

#include <string>
#include <utility>

#include "app/version.h"
#include "app/wire_net.h"
#include "base/clock.h"

namespace bedplate::app {
namespace {

gateway::Options MakeOptions(const Settings& settings, const account::RootCredentials& root,
                             std::shared_ptr<ByteBudget> bodies, const std::atomic<bool>& ready,
                             GatewayParts::Collector collector) {
  return {.region = settings.account.region,
          .account = root.account,
          .version = std::string(kVersion),
          .body_bytes_max = static_cast<uint64_t>(settings.limits.body_bytes_max),
          .streamed_body_bytes_max = StreamedBodyBytesMax(settings),
          .bucket_hosts = settings.objects.hosts,
          .bodies = std::move(bodies),
          .in_flight_max = static_cast<size_t>(settings.limits.in_flight_max),
          .access_log = settings.log.access,
          .ready = [&ready] { return ready.load(); },
          .collectors = {std::move(collector)}};
}

}  // namespace

GatewayParts::GatewayParts(const Settings& settings, const account::RootCredentials& root,
                           const account::Identities& identities,
                           std::shared_ptr<ByteBudget> bodies,
                           std::span<const wire::Service* const> services,
                           wire::Dispatcher dispatcher, Collector collector,
                           const wire::Detour& relay, RecordingParts recordings,
                           net::BlockingPool& pool, const gateway::ResourceDirectories& directories,
                           const account::objects::Buckets* buckets)
    : router_(services),
      dispatcher_(std::move(dispatcher)),
      recordings_(std::move(recordings)),
      gateway_(MakeOptions(settings, root, std::move(bodies), ready_, std::move(collector)),
               {.router = router_,
                .dispatcher = dispatcher_,
                .services = services,
                .identities = identities,
                .clock = SystemClock(),
                .detour = recordings_.Over(pool, dispatcher_, &relay),
                .directories = &directories,
                .pool = &pool,
                .buckets = buckets}) {}

}  // namespace bedplate::app
