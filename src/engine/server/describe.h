// What a GGUF file is and what memory it would take here, without loading its weights: what
// `bedplate-engine --describe` prints for the server, which reads no such file itself.
#pragma once

#include <string>

#include "base/result.h"
#include "engine/server/engine_options.h"

namespace bedplate::engine {

// Bounds what this process may take while it reads a file that anyone may have made.
void LimitResources();

// One line of JSON:
//   {"description":{"architecture","name","parameters","context_length","embeddings","ranks","file_bytes",
//    "weights_bytes","overhead_bytes","projector":{"kind","embedding_length","bytes"},
//    "contexts":[{"cells","cache_bytes","compute_bytes"},...]}}
// "projector" is there where the options name one; its bytes are those of weights, computation and
// the rows that are kept. The first of `contexts` is what an engine with these options would make;
// the others have half as many cells each. A model that makes no text has one, the tokens of one
// input. overhead_bytes is what this process was measured to hold. The bytes of adapters and of a
// draft model are in these. kValidation for a file that is no usable model, or one beside it that
// does not fit; one that makes llama.cpp crash ends the process as backend.h says.
Result<std::string> Describe(const EngineOptions& options);

}  // namespace bedplate::engine
