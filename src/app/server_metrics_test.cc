#include "app/server_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace bedplate::app {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(ServerMetrics, TellsOfConnections) {
  gateway::Exposition out;
  WriteConnectionMetrics({.connections = 3, .exchanges = 2, .accepted = 10, .refused = 1}, out);
  EXPECT_THAT(out.text(), HasSubstr("\nbedplate_connections 3\n"));
  EXPECT_THAT(out.text(), HasSubstr("\nbedplate_connections_accepted_total 10\n"));
  EXPECT_THAT(out.text(), HasSubstr("\nbedplate_connections_refused_total 1\n"));
}

TEST(ServerMetrics, TellsOfEachEngine) {
  gateway::Exposition out;
  WriteEngineMetrics(
      {{.model_id = "a.b", .state = "ready", .pid = getpid(), .held_bytes = 7},
       {.model_id = "c.d", .state = "failed", .pid = 0, .error = "no"},
       {.model_id = "e.f", .state = "starting", .loaded_bytes = 3, .total_bytes = 4}},
      9, out);
  EXPECT_THAT(out.text(), HasSubstr("\nbedplate_models_memory_budget_bytes 9\n"));
  EXPECT_THAT(out.text(), HasSubstr("bedplate_engine_held_memory_bytes{model_id=\"a.b\"} 7\n"));
  EXPECT_THAT(out.text(), HasSubstr("bedplate_engine_loaded_bytes{model_id=\"e.f\"} 3\n"));
  EXPECT_THAT(out.text(), HasSubstr("bedplate_engine_load_total_bytes{model_id=\"e.f\"} 4\n"));
  EXPECT_THAT(out.text(), Not(HasSubstr("bedplate_engine_loaded_bytes{model_id=\"a.b\"}")));
  EXPECT_THAT(out.text(), HasSubstr("bedplate_engine_state{model_id=\"a.b\",state=\"ready\"} 1\n"));
  EXPECT_THAT(out.text(),
              HasSubstr("bedplate_engine_state{model_id=\"a.b\",state=\"failed\"} 0\n"));
  EXPECT_THAT(out.text(),
              HasSubstr("bedplate_engine_state{model_id=\"c.d\",state=\"failed\"} 1\n"));
  EXPECT_THAT(out.text(), HasSubstr("bedplate_engine_resident_memory_bytes{model_id=\"a.b\"} "));
  EXPECT_THAT(out.text(),
              Not(HasSubstr("bedplate_engine_resident_memory_bytes{model_id=\"c.d\"}")));
}

TEST(ServerMetrics, TellsOfUseAndOfCostWhereAllOfItHasAPrice) {
  gateway::Exposition out;
  WriteUsageMetrics({{.model_id = "a.b",
                      .profile_arn = "arn:p",
                      .answers = 2,
                      .input_tokens = 30,
                      .output_tokens = 4,
                      .priced = true,
                      .cost_picodollars = 2'500'000'000'000,
                      .price_as_of = "2025-06"},
                     {.model_id = "c.d", .answers = 1, .cost_picodollars = 7}},
                    out);
  const std::string labels = "{model_id=\"a.b\",inference_profile=\"arn:p\"";
  EXPECT_THAT(out.text(), HasSubstr("bedplate_model_answers_total" + labels + "} 2\n"));
  EXPECT_THAT(out.text(), HasSubstr("bedplate_model_input_tokens_total" + labels + "} 30\n"));
  EXPECT_THAT(out.text(), HasSubstr("bedplate_model_output_tokens_total" + labels + "} 4\n"));
  EXPECT_THAT(out.text(), HasSubstr("bedplate_model_cost_usd_total" + labels +
                                    ",price_as_of=\"2025-06\"} 2.5\n"));
  EXPECT_THAT(out.text(), HasSubstr("bedplate_model_answers_total{model_id=\"c.d\""));
  EXPECT_THAT(out.text(), Not(HasSubstr("bedplate_model_cost_usd_total{model_id=\"c.d\"")));
}

}  // namespace
}  // namespace bedplate::app
