// LoRA adapters: small matrices whose products are added to weights of a model.
#pragma once

#include <string>

#include "base/result.h"

struct llama_adapter_lora;  // NOLINT(readability-identifier-naming): by llama.cpp
struct llama_model;         // NOLINT(readability-identifier-naming): likewise

namespace bedplate::engine {

struct AdapterSource {
  std::string name{};  // what requests call it
  std::string path{};  // a GGUF file
  float scale = 1.0F;  // of what it adds
};

// Reads the adapter for `model`, which owns it from then on; before any context of the model is
// made, as their size depends on it. kValidation with what is wrong with the file, or in what it
// does not fit the model, which is then as it was. A file that makes llama.cpp crash ends the
// process as backend.h says.
Result<llama_adapter_lora*> LoadAdapter(llama_model* model, const AdapterSource& source);

}  // namespace bedplate::engine
