// What the server counts of its requests, by operation and status.
//
// Threads: counting is a few relaxed atomic additions, from any reactor. Write may run at the same
// time; what it writes is then true of some moment in between, each number for itself.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "wire/operation.h"

namespace bedplate::gateway {

class Exposition;

// One request that is over.
struct RequestSample {
  const wire::Operation* operation = nullptr;  // null: none was found
  int status = 0;                              // 499: the client left before an answer
  std::chrono::nanoseconds duration{};
  std::chrono::nanoseconds first_byte{};  // 0: nothing was sent
  bool streamed = false;
  uint64_t request_bytes = 0;
  uint64_t response_bytes = 0;
};

class RequestMetrics {
 public:
  // The operations to count apart. `services` outlive this.
  explicit RequestMetrics(std::span<const wire::Service* const> services);

  void Began() { in_flight_.fetch_add(1, std::memory_order_relaxed); }
  void Ended(const RequestSample& sample);
  void Throttled() { throttled_.fetch_add(1, std::memory_order_relaxed); }
  uint64_t in_flight() const { return in_flight_.load(std::memory_order_relaxed); }

  void Write(Exposition& out) const;

  // Upper ends of the buckets, in seconds: half a millisecond for the catalog, two minutes for a
  // long answer of a model.
  static constexpr std::array<double, 17> kBounds = {
      0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120};
  static constexpr std::array<int, 15> kStatuses = {200, 201, 202, 204, 400, 403, 404, 408,
                                                    409, 413, 424, 429, 499, 500, 503};

 private:
  using Counter = std::atomic<uint64_t>;

  struct Histogram {
    std::array<Counter, kBounds.size() + 1> counts{};
    Counter sum_ns = 0;
    void Observe(std::chrono::nanoseconds value);
    void Write(Exposition& out, std::string_view service, std::string_view operation) const;
    bool any() const;
  };
  struct Series {
    std::string_view service;
    std::string_view operation;
    std::array<Counter, kStatuses.size() + 1> by_status{};  // the last: any other
    Histogram duration;
    Histogram first_byte;  // of streams alone
    Counter request_bytes = 0;
    Counter response_bytes = 0;
  };
  struct ServiceRange {
    const wire::Operation* first;
    size_t count;
    size_t series;  // index of the first operation's
  };

  Series& SeriesOf(const wire::Operation* operation);

  std::vector<ServiceRange> ranges_;
  std::vector<std::unique_ptr<Series>> series_;  // [0]: requests for no operation
  Counter in_flight_ = 0;
  Counter throttled_ = 0;
};

}  // namespace bedplate::gateway
