// The ordered chain that every request passes: id, admission, route, authentication,
// authorization, body, dispatch; then the access log and the metrics, whatever happened. Each step
// is a file of this folder; this one only says the order.
//
// Threads: made before serving; Handle runs on every reactor at once. What the constructor is
// given outlives the gateway.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "account/identity/identities.h"
#include "base/byte_budget.h"
#include "base/clock.h"
#include "gateway/authorization/directories.h"
#include "net/blocking_pool.h"
#include "net/http.h"
#include "wire/detour.h"
#include "wire/dispatcher.h"
#include "wire/router.h"

namespace bedplate::account::objects {
class Buckets;
}

namespace bedplate::gateway {

class Exposition;

struct Options {
  std::string region;
  std::string account;  // 12 digits
  std::string version;  // shown in /metrics
  uint64_t body_bytes_max = 25'000'000;
  uint64_t streamed_body_bytes_max = 5'368'709'120;  // of a payload that is never held whole
  // Before which buckets stand as hosts of their own: "bucket.s3.localhost".
  std::vector<std::string> bucket_hosts{};
  // Of all requests at hand; more: ThrottlingException. Others may take of it too.
  std::shared_ptr<ByteBudget> bodies = std::make_shared<ByteBudget>(512 << 20);
  size_t in_flight_max = 4096;  // requests; one more gets a ThrottlingException, 429
  // Of an operation that takes events while it answers, which Amazon Bedrock ends after 8 minutes
  // too; and the longest a client may be silent in it.
  std::chrono::milliseconds session_max{480'000};
  std::chrono::milliseconds event_pause_max{300'000};
  bool access_log = true;
  // Whether /readyz says yes: after the start and until draining. Empty: always. Any thread.
  std::function<bool()> ready;
  // Write further metrics (metrics/exposition.h) at each /metrics. Any thread.
  std::vector<std::function<void(Exposition&)>> collectors;
};

struct Parts {
  const wire::Router& router;
  const wire::Dispatcher& dispatcher;
  std::span<const wire::Service* const> services;  // those of the router
  const account::Identities& identities;
  const Clock& clock;
  const wire::Detour* detour = nullptr;  // answers what it takes in the dispatcher's place
  // Who knows the resources that callers ask for, and the threads that they may wait on.
  const ResourceDirectories* directories = nullptr;
  net::BlockingPool* pool = nullptr;
  // Whose rules say which pages of elsewhere may use them; null where another server has them.
  const account::objects::Buckets* buckets = nullptr;
};

class Gateway final : public net::Handler {
 public:
  Gateway(Options options, const Parts& parts);
  ~Gateway() override;

  net::Task<void> Handle(net::Request& request, net::Responder& responder) override;

  // What net::ServerOptions::error_answer wants: the answer to what never became a request, in the
  // form AWS gives its own.
  static net::Response AnswerWithoutRequest(int status, std::string_view message);

 private:
  struct Chain;
  std::unique_ptr<Chain> chain_;
};

}  // namespace bedplate::gateway
