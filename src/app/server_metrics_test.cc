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

}  // namespace
}  // namespace bedplate::app
