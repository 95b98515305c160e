// What the program was told on its command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/llamacpp/adapter.h"

namespace bedplate::engine {

struct EngineOptions {
  std::string model_file;
  std::vector<AdapterSource> adapters;  // LoRA adapters, each a model beside it
  std::string projector_file;           // what makes rows of images; empty for none
  std::string draft_file;               // a small model that guesses for it; empty for none
  std::string speculation = "text";     // guesses from the text (text), or none of these (off)
  std::string socket_path;              // empty: only describe the model, for the one who asked
  uint32_t context_cells = 0;           // 0: chosen for the model and this machine
  uint32_t sequences = 0;               // requests that run at once; 0: chosen
  // From a request to its first token, and for how long answers may stand still for others'
  // prompts; targets, in milliseconds. 0: chosen.
  uint32_t first_token_target_ms = 0;
  uint32_t token_gap_target_ms = 0;
  int threads = 0;                      // 0: one for each core this process may use
  std::string attention = "auto";       // whose attention: auto, avx512, avx2, or ggml's own
  std::string products = "auto";        // whose products of quantised weights: likewise
  std::string cache_type = "f16";       // of the KV cache's numbers: f16, bf16, q8_0
  std::string prefix_folder;            // where prefixes are kept; empty: nowhere
  uint64_t prefix_megabytes = 2048;     // of the folder at most
  uint32_t idle_prefix_seconds = 3600;  // that a prefix nobody uses stays in the KV cache
  bool embedding = false;  // make embeddings although the file does not say it is for that
  bool rerank = false;     // rank documents, likewise
};

// Reads the arguments. kValidation with what is wrong; `help` gets the text of --help and then
// nothing else counts.
Result<EngineOptions> ParseEngineOptions(int argc, const char* const* argv, std::string& help);

}  // namespace bedplate::engine
