#include "gateway/metrics/request_metrics.h"

#include <algorithm>

#include "gateway/metrics/exposition.h"

namespace bedplate::gateway {
namespace {

void Add(std::atomic<uint64_t>& counter, uint64_t by) {
  counter.fetch_add(by, std::memory_order_relaxed);
}

uint64_t Read(const std::atomic<uint64_t>& counter) {
  return counter.load(std::memory_order_relaxed);
}

}  // namespace

void RequestMetrics::Histogram::Observe(std::chrono::nanoseconds value) {
  const double seconds = std::chrono::duration<double>(value).count();
  const auto bucket = std::ranges::lower_bound(kBounds, seconds);
  Add(counts[static_cast<size_t>(bucket - kBounds.begin())], 1);
  Add(sum_ns, static_cast<uint64_t>(value.count()));
}

bool RequestMetrics::Histogram::any() const {
  return std::ranges::any_of(counts, [](const Counter& counter) { return Read(counter) != 0; });
}

void RequestMetrics::Histogram::Write(Exposition& out, std::string_view service,
                                      std::string_view operation) const {
  if (!any()) return;
  std::array<uint64_t, kBounds.size() + 1> read{};
  std::ranges::transform(counts, read.begin(), Read);
  out.Histogram({{"service", service}, {"operation", operation}}, kBounds, read,
                static_cast<double>(Read(sum_ns)) / 1e9);
}

RequestMetrics::RequestMetrics(std::span<const wire::Service* const> services) {
  const auto add = [this](std::string_view service, std::string_view operation) {
    auto& series = *series_.emplace_back(std::make_unique<Series>());
    series.service = service;
    series.operation = operation;
  };
  add("none", "none");
  for (const auto* service : services) {
    ranges_.push_back({service->operations.data(), service->operations.size(), series_.size()});
    for (const auto& operation : service->operations) add(service->name, operation.name);
  }
}

RequestMetrics::Series& RequestMetrics::SeriesOf(const wire::Operation* operation) {
  if (operation != nullptr) {
    for (const auto& range : ranges_) {
      if (operation >= range.first && operation < range.first + range.count) {
        return *series_[range.series + static_cast<size_t>(operation - range.first)];
      }
    }
  }
  return *series_[0];
}

void RequestMetrics::Ended(const RequestSample& sample) {
  in_flight_.fetch_sub(1, std::memory_order_relaxed);
  Series& series = SeriesOf(sample.operation);
  const auto status = std::ranges::find(kStatuses, sample.status);
  Add(series.by_status[static_cast<size_t>(status - kStatuses.begin())], 1);
  series.duration.Observe(sample.duration);
  if (sample.streamed && sample.first_byte.count() > 0) {
    series.first_byte.Observe(sample.first_byte);
  }
  Add(series.request_bytes, sample.request_bytes);
  Add(series.response_bytes, sample.response_bytes);
}

void RequestMetrics::Write(Exposition& out) const {
  out.Family("bedplate_requests_total", "counter",
             "Requests that are over, by operation and HTTP status (499: the client left).");
  for (const auto& series : series_) {
    for (size_t i = 0; i < series->by_status.size(); ++i) {
      const uint64_t count = Read(series->by_status[i]);
      if (count == 0) continue;
      const auto status = i < kStatuses.size() ? std::to_string(kStatuses[i]) : "other";
      out.Sample(
          {{"service", series->service}, {"operation", series->operation}, {"status", status}},
          count);
    }
  }
  out.Family("bedplate_request_duration_seconds", "histogram",
             "From the head of a request to the end of its answer.");
  for (const auto& series : series_) {
    series->duration.Write(out, series->service, series->operation);
  }
  out.Family("bedplate_first_byte_seconds", "histogram",
             "From the head of a request to the first byte of a streamed answer.");
  for (const auto& series : series_) {
    series->first_byte.Write(out, series->service, series->operation);
  }
  const auto write_bytes = [&](std::string_view name, std::string_view help, auto member) {
    out.Family(name, "counter", help);
    for (const auto& series : series_) {
      const uint64_t count = Read((*series).*member);
      if (count == 0) continue;
      out.Sample({{"service", series->service}, {"operation", series->operation}}, count);
    }
  };
  write_bytes("bedplate_request_bytes_total", "Bytes of request bodies.", &Series::request_bytes);
  write_bytes("bedplate_response_bytes_total", "Bytes of answers' bodies.",
              &Series::response_bytes);
  out.Family("bedplate_requests_in_flight", "gauge", "Requests being answered.");
  out.Sample({}, in_flight());
  out.Family("bedplate_throttled_total", "counter", "Requests refused by a limit of the server.");
  out.Sample({{"limit", "limits.in_flight_max"}}, Read(throttled_));
}

}  // namespace bedplate::gateway
