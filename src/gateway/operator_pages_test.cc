#include "gateway/operator_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/metrics/exposition.h"
#include "gateway/testing/test_support.h"

namespace bedplate::gateway {
namespace {

using testing::HasSubstr;

class OperatorPageTest : public testing::Test {
 protected:
  std::optional<net::Response> Get(std::string target, std::string method = "GET") {
    TestRequest test{.method = std::move(method), .target = std::move(target), .headers = {}};
    return Ask(test);
  }
  std::optional<net::Response> Ask(const TestRequest& test) {
    net::Request request = test.ToRequest();
    return OperatorPage(Passage(request), {"1.2.3", metrics_, ready_, collectors_});
  }

  RequestMetrics metrics_{{}};
  std::function<bool()> ready_;
  std::vector<std::function<void(Exposition&)>> collectors_;
};

TEST_F(OperatorPageTest, IsHealthyAsLongAsItAnswers) {
  ready_ = [] { return false; };
  EXPECT_EQ(Get("/healthz")->status, 200);
  EXPECT_EQ(Get("/healthz", "HEAD")->status, 200);
}

TEST_F(OperatorPageTest, IsReadyWhenTheServerSaysSo) {
  EXPECT_EQ(Get("/readyz")->status, 200);
  bool ready = false;
  ready_ = [&] { return ready; };
  EXPECT_EQ(Get("/readyz")->status, 503);
  ready = true;
  EXPECT_EQ(Get("/readyz?verbose")->status, 200);
}

TEST_F(OperatorPageTest, ShowsMetricsWithThoseOfCollectors) {
  collectors_.push_back([](Exposition& out) {
    out.Family("models_loaded", "gauge", "h");
    out.Sample({}, uint64_t{2});
  });
  const auto page = Get("/metrics");
  EXPECT_EQ(page->headers.Find("content-type"), Exposition::kContentType);
  EXPECT_THAT(page->body, HasSubstr("bedplate_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(page->body, HasSubstr("bedplate_requests_in_flight 0\n"));
  EXPECT_THAT(page->body, HasSubstr("process_resident_memory_bytes "));
  EXPECT_THAT(page->body, HasSubstr("models_loaded 2\n"));
}

TEST_F(OperatorPageTest, LeavesOtherRequestsAlone) {
  EXPECT_FALSE(Get("/healthz", "POST"));
  EXPECT_FALSE(Get("/healthz/"));
  EXPECT_FALSE(Get("/foundation-models"));
  EXPECT_FALSE(Get("/metrics?X-Amz-Signature=0"));
  EXPECT_FALSE(Ask(TestRequest{.method = "GET", .target = "/metrics", .headers = {}}.Sign()));
}

}  // namespace
}  // namespace bedplate::gateway
