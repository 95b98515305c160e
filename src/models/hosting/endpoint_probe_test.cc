// What is said of an endpoint is what its server answers, with real sockets.
#include "models/hosting/endpoint_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/testing/model_stand.h"

namespace bedplate::models {
namespace {

using testing::HasSubstr;
using Serving = EndpointState::Serving;

class EndpointProbeTest : public testing::Test {
 protected:
  EndpointState Probe(const EndpointSource& source) {
    ModelDirectory directory({stand_.model}, nullptr);
    return stand_.reactors.Run(
        0, ProbeEndpoint(stand_.hosts(), directory, {.account = "1", .region = "r"},
                         {.name = "e", .source = source}));
  }
  EndpointState ProbeServer(int status, const std::string& body) {
    stand_.Upstream([=](const FakeRequest& request, FakeExchange& exchange) {
      EXPECT_EQ(request.method, "GET");
      EXPECT_EQ(request.target, "/models");
      exchange.Send(status, body);
    });
    return Probe({.url = "unix:" + stand_.upstream().path(), .model = "big"});
  }

  ModelStand stand_;
};

TEST_F(EndpointProbeTest, AServerThatHasTheModelServesIt) {
  const auto state = ProbeServer(200, R"({"data":[{"id":"small"},{"id":"big"}]})");
  EXPECT_EQ(state.serving, Serving::kInService);
  EXPECT_TRUE(state.compatible);
  EXPECT_EQ(state.message + state.serving_message, "");
}

TEST_F(EndpointProbeTest, AServerWithoutTheModelIsNamedIncompatible) {
  const auto state = ProbeServer(200, R"({"data":[{"id":"small"},{"id":"tiny"}]})");
  EXPECT_EQ(state.serving, Serving::kFailed);
  EXPECT_FALSE(state.compatible);
  EXPECT_EQ(state.message, "The server has no model big. It has: small, tiny.");
}

TEST_F(EndpointProbeTest, AnythingElseThanAListIsNamedIncompatible) {
  EXPECT_FALSE(ProbeServer(200, "<html>").compatible);
}

TEST_F(EndpointProbeTest, AServerThatTellsNoModelsMayServeIt) {
  const auto state = ProbeServer(404, "");
  EXPECT_EQ(state.serving, Serving::kInService);
  EXPECT_THAT(state.serving_message, HasSubstr("does not tell its models"));
}

TEST_F(EndpointProbeTest, ARefusalAndSilenceAreFailures) {
  auto state = ProbeServer(401, "");
  EXPECT_EQ(state.serving, Serving::kFailed);
  EXPECT_TRUE(state.compatible) << "it may well have the model";
  EXPECT_THAT(state.serving_message, HasSubstr("status 401"));
  state = Probe({.url = "http://127.0.0.1:1", .model = "big"});
  EXPECT_EQ(state.serving, Serving::kFailed);
  EXPECT_EQ(state.serving_message, "The server http://127.0.0.1:1 can't be reached.");
}

TEST_F(EndpointProbeTest, AModelOfThisServerIsWhatItsEngineIs) {
  stand_.Engine("ok");
  auto state = Probe({.url = "", .model = "a.b"});
  EXPECT_EQ(state.serving, Serving::kInService);
  EXPECT_THAT(state.serving_message, HasSubstr("next request loads"));
  ASSERT_TRUE(stand_.reactors.Run(0, stand_.client().Facts(stand_.model)));
  state = Probe({.url = "", .model = "a.b"});
  EXPECT_EQ(state.serving, Serving::kInService);
  EXPECT_EQ(state.serving_message, "");
}

TEST_F(EndpointProbeTest, AModelThatIsGoneIsNamed) {
  stand_.Engine("ok");
  const auto state = Probe({.url = "", .model = "not.there"});
  EXPECT_EQ(state.serving, Serving::kFailed);
  EXPECT_FALSE(state.compatible);
  EXPECT_THAT(state.message, HasSubstr("'not.there'"));
}

}  // namespace
}  // namespace bedplate::models
