#include "engine/server/completion_plan.h"

#include <gtest/gtest.h>

namespace bedplate::engine {
namespace {

TEST(EmbeddingPlan, LongContextsAreBounded) {
  struct {
    uint32_t context_length, context_cells, input, batch;
  } const cases[] = {
      {.context_length = 256, .context_cells = 0, .input = 256, .batch = 512},
      {.context_length = 8192, .context_cells = 0, .input = 8192, .batch = 8192},
      {.context_length = 40960, .context_cells = 0, .input = 8192, .batch = 8192},
      {.context_length = 40960, .context_cells = 16384, .input = 16384, .batch = 16384},
      {.context_length = 8192, .context_cells = 1024, .input = 1024, .batch = 1024},
      {.context_length = 512, .context_cells = 100, .input = 100, .batch = 512}};
  for (const auto& one : cases) {
    ModelInfo info;
    info.context_length = one.context_length;
    EngineOptions options;
    options.context_cells = one.context_cells;
    EXPECT_EQ(EmbeddingInputTokens(info, options), one.input) << one.context_length;
    EXPECT_EQ(EmbeddingBatchTokens(info, options), one.batch) << one.context_length;
  }
}

}  // namespace
}  // namespace bedplate::engine
