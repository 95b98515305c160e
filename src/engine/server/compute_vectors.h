// Waiting on the reactor for what the embedding loop computes.
#pragma once

#include <vector>

#include "base/result.h"
#include "engine/inference/embedding_loop.h"
#include "net/task.h"

namespace bedplate::engine {

// The vectors of the inputs, computed with one adapter (0: none), in their order. On the reactor; a
// coroutine that is cancelled takes its inputs out of the loop. kUnavailable when too many wait,
// kModelError when the computation fails.
net::Task<Result<std::vector<Vector>>> ComputeVectors(EmbeddingLoop& loop,
                                                      std::vector<std::vector<TokenId>> inputs,
                                                      uint32_t adapter);

}  // namespace bedplate::engine
