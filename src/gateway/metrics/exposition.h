// Writes the Prometheus text format, version 0.0.4.
//
//   out.Family("bedplate_requests_total", "counter", "Requests that were answered.");
//   out.Sample({{"operation", "Converse"}}, 12);
//
// Threads: one writer, one thread.
// spec: prometheus.io/docs/instrumenting/exposition_formats
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace bedplate::gateway {

class Exposition {
 public:
  struct Label {
    std::string_view name;
    std::string_view value;
  };
  using Labels = std::initializer_list<Label>;

  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  // Begins a metric; `type` is counter, gauge or histogram.
  void Family(std::string_view name, std::string_view type, std::string_view help);
  // A sample of the metric begun last.
  void Sample(Labels labels, uint64_t value);
  void Sample(Labels labels, double value);

  // A histogram's samples: `counts[i]` values at most `bounds[i]`, not counting those of smaller
  // buckets; one more for what is beyond the last bound.
  void Histogram(Labels labels, std::span<const double> bounds, std::span<const uint64_t> counts,
                 double sum);

  const std::string& text() const { return text_; }

 private:
  void Name(std::string_view suffix, Labels labels, std::string_view less_or_equal);
  void Number(double value);

  std::string text_;
  std::string family_;
};

}  // namespace bedplate::gateway
