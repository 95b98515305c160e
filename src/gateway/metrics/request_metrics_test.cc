#include "gateway/metrics/request_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "gateway/metrics/exposition.h"
#include "gateway/metrics/process_metrics.h"

namespace bedplate::gateway {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

const std::array<wire::Operation, 2> kRuntimeOperations = {
    {{.name = "Converse", .method = "POST", .uri = "/model/{modelId}/converse"},
     {.name = "CountTokens", .method = "POST", .uri = "/model/{modelId}/count-tokens"}}};
const wire::Service kRuntime{.name = "bedrock-runtime", .operations = kRuntimeOperations};
const std::array<wire::Operation, 1> kBedrockOperations = {
    {{.name = "ListFoundationModels", .method = "GET", .uri = "/foundation-models"}}};
const wire::Service kBedrock{.name = "bedrock", .operations = kBedrockOperations};
const std::array<const wire::Service*, 2> kServices = {&kRuntime, &kBedrock};

std::string TextOf(const RequestMetrics& metrics) {
  Exposition out;
  metrics.Write(out);
  return out.text();
}

TEST(RequestMetrics, CountByOperationAndStatus) {
  RequestMetrics metrics(kServices);
  const auto end = [&](const wire::Operation* operation, int status) {
    metrics.Began();
    metrics.Ended({.operation = operation, .status = status, .duration = milliseconds(3)});
  };
  end(&kRuntimeOperations[1], 200);
  end(&kRuntimeOperations[1], 200);
  end(&kRuntimeOperations[1], 429);
  end(&kBedrockOperations[0], 501);
  end(nullptr, 404);
  const std::string text = TextOf(metrics);
  EXPECT_THAT(text, HasSubstr("bedplate_requests_total{service=\"bedrock-runtime\",operation="
                              "\"CountTokens\",status=\"200\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("operation=\"CountTokens\",status=\"429\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("operation=\"ListFoundationModels\",status=\"other\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("service=\"none\",operation=\"none\",status=\"404\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("Converse")));  // nothing came for it
}

TEST(RequestMetrics, MeasureDurationsInSeconds) {
  RequestMetrics metrics(kServices);
  for (const auto duration : {milliseconds(1), milliseconds(20), milliseconds(600'000)}) {
    metrics.Began();
    metrics.Ended({.operation = &kRuntimeOperations[0],
                   .status = 200,
                   .duration = duration,
                   .first_byte = milliseconds(40),
                   .streamed = duration == milliseconds(20),
                   .request_bytes = 10,
                   .response_bytes = 1000});
  }
  const std::string text = TextOf(metrics);
  const std::string of = "{service=\"bedrock-runtime\",operation=\"Converse\"";
  EXPECT_THAT(text, HasSubstr("duration_seconds_bucket" + of + ",le=\"0.0005\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("duration_seconds_bucket" + of + ",le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("duration_seconds_bucket" + of + ",le=\"0.025\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("duration_seconds_bucket" + of + ",le=\"120\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("duration_seconds_bucket" + of + ",le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("duration_seconds_sum" + of + "} 600.021\n"));
  EXPECT_THAT(text, HasSubstr("first_byte_seconds_count" + of + "} 1\n"));
  EXPECT_THAT(text, HasSubstr("request_bytes_total" + of + "} 30\n"));
  EXPECT_THAT(text, HasSubstr("response_bytes_total" + of + "} 3000\n"));
}

TEST(RequestMetrics, TellWhatIsInFlightAndWhatWasRefused) {
  RequestMetrics metrics(kServices);
  metrics.Began();
  metrics.Began();
  metrics.Ended({.status = 200});
  metrics.Throttled();
  EXPECT_THAT(TextOf(metrics), HasSubstr("bedplate_requests_in_flight 1\n"));
  EXPECT_THAT(TextOf(metrics),
              HasSubstr("bedplate_throttled_total{limit=\"limits.in_flight_max\"} 1\n"));
}

TEST(RequestMetrics, LoseNothingBetweenThreads) {
  RequestMetrics metrics(kServices);
  constexpr int kEach = 10'000;
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < kEach; ++n) {
          metrics.Began();
          metrics.Ended({.operation = &kRuntimeOperations[0], .status = 200});
        }
      });
    }
  }
  EXPECT_THAT(TextOf(metrics), HasSubstr("operation=\"Converse\",status=\"200\"} 40000\n"));
  EXPECT_EQ(metrics.in_flight(), 0u);
}

TEST(WriteProcessMetrics, TellsOfThisProcess) {
  Exposition out;
  WriteProcessMetrics(out);
  for (const auto* name :
       {"process_resident_memory_bytes", "process_virtual_memory_bytes",
        "process_cpu_seconds_total", "process_open_fds", "process_start_time_seconds"}) {
    EXPECT_THAT(out.text(),
                testing::ContainsRegex("\n" + std::string(name) + " [0-9.]*[1-9][0-9.]*\n"))
        << out.text();
  }
}

}  // namespace
}  // namespace bedplate::gateway
