// Which computation a node's mask may be remembered for.
#pragma once

#include <cstdint>

#include "ggml.h"

namespace bedplate::kernels {

// The number of the graph computation that runs on this thread. 0 if the mask is not an input of
// its graph, or if nobody counts computations (engine/threads is not linked): then what is seen in
// the mask may not be remembered. A null mask hides nothing.
uint64_t ComputationOf(const ggml_tensor* mask);

// Whether a node of that graph computes into the mask, which may not be remembered either. Goes
// through the whole graph.
bool IsWrittenInComputation(const ggml_tensor* mask);

}  // namespace bedplate::kernels
