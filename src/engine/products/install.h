// Puts our products of weights in the place of ggml's, for every model that is loaded
// afterwards, without a change to llama.cpp.
//
// What it takes: matrices of Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, F16 and BF16 with a multiple of 16 rows
// and of 32 columns, and with AVX-512 those of Q4_K, Q5_K and Q6_K with a multiple of 16 rows and
// of 256 columns; but no BF16 where the processor multiplies it by itself (AVX512_BF16). Everything
// else stays ggml's, matrix by matrix.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bedplate::products {

struct Installation {
  bool active = false;
  std::string kernel;  // "avx512", "avx2", or "ggml" when ours is not used
  std::string note;    // for the log: why ours is not used, or not its best; empty when all is well
};

// Call once, after llama_backend_init, before kernels::Install and before a model is loaded; each
// kernel is first compared with ggml on small products, and one that differs is not used.
// `wanted`: "auto" (the best that works), the name of one, or "ggml" for none of ours. Never fails:
// what is wrong is in the note. Not thread-safe.
Installation Install(std::string_view wanted = "auto");

// Products computed by our kernels since the start. Thread-safe.
uint64_t ProductsTaken();

}  // namespace bedplate::products
