// Puts our attention in the place of ggml's on the processor, for every llama.cpp context of the
// process, without a change to llama.cpp.
//
// What it takes: GGML_OP_FLASH_ATTN_EXT with F32 queries, keys and values in F16, BF16 or Q8_0 (any
// mix), any mask, ALiBi, soft cap, sinks, head sizes that are multiples of 16 (of 32 in Q8_0) up to
// 576, grouped queries of any size. So contexts want flash attention on and, to share prefixes, a
// unified cache. Everything else goes to ggml's own code, operation by operation, as before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bedplate::kernels {

struct Installation {
  bool active = false;
  std::string kernel;                 // "avx512", "avx2", "neon", or "ggml" when ours is not used
  std::vector<std::string> left_out;  // forms that stay ggml's, for they differ from it: "ALiBi"
  std::string note;  // for the log: why ours is not used, or not its best, or what is left out;
                     // empty when all is well
};

// Call once, after llama_backend_init and before a model is loaded; takes some milliseconds, since
// each kernel is first compared with ggml on small operations: one that differs in the plain one is
// not used, a form in which it differs is left to ggml.
// `wanted`: "auto" (the best that works), the name of one, or "ggml" for none of ours. Never fails:
// what is wrong is in the note. Not thread-safe; later calls choose again (while nothing computes).
Installation Install(std::string_view wanted = "auto");

// Attention is cut into parts for so many threads, however many compute it: where it is cut decides
// the order of its sums, and answers are not to differ by how many threads a busy machine leaves.
// 0, as at first: for those that compute. Thread-safe; of computations that begin after it.
void CutFor(int threads);

// Operations computed by our kernels since the start, by all threads. Thread-safe.
uint64_t OperationsTaken();

}  // namespace bedplate::kernels
