#include "gateway/metrics/exposition.h"

#include <gtest/gtest.h>

#include <array>

namespace bedplate::gateway {
namespace {

TEST(Exposition, WritesFamiliesAndSamples) {
  Exposition out;
  out.Family("requests_total", "counter", "What came.");
  out.Sample({{"operation", "Converse"}, {"status", "200"}}, uint64_t{18'446'744'073'709'551'615u});
  out.Sample({}, 0.25);
  EXPECT_EQ(out.text(),
            "# HELP requests_total What came.\n"
            "# TYPE requests_total counter\n"
            "requests_total{operation=\"Converse\",status=\"200\"} 18446744073709551615\n"
            "requests_total 0.25\n");
}

TEST(Exposition, EscapesLabels) {
  Exposition out;
  out.Family("m", "gauge", "h");
  out.Sample({{"l", "a\\b\"c\nd"}}, uint64_t{1});
  EXPECT_TRUE(out.text().ends_with("m{l=\"a\\\\b\\\"c\\nd\"} 1\n")) << out.text();
}

TEST(Exposition, WritesHistogramsCumulatively) {
  Exposition out;
  out.Family("seconds", "histogram", "h");
  const std::array<double, 2> bounds = {0.005, 1};
  const std::array<uint64_t, 3> counts = {2, 3, 4};
  out.Histogram({{"o", "x"}}, bounds, counts, 12.5);
  EXPECT_TRUE(
      out.text().ends_with("seconds_bucket{o=\"x\",le=\"0.005\"} 2\n"
                           "seconds_bucket{o=\"x\",le=\"1\"} 5\n"
                           "seconds_bucket{o=\"x\",le=\"+Inf\"} 9\n"
                           "seconds_sum{o=\"x\"} 12.5\n"
                           "seconds_count{o=\"x\"} 9\n"))
      << out.text();
}

}  // namespace
}  // namespace bedplate::gateway
