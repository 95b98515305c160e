// A LoRA adapter: small matrices whose products are added to weights of a model.
#pragma once

#include <string>

#include "base/result.h"

struct llama_adapter_lora;
struct llama_context;
struct llama_model;

namespace bedplate::engine {

struct AdapterSource {
  std::string path;    // a GGUF file; empty: no adapter
  float scale = 1.0F;  // of what it adds
};

// Reads the adapter for `model`, which owns it from then on; before any context of the model is
// made, as their size depends on it. kValidation with what is wrong with the file, or in what it
// does not fit the model. A file that makes llama.cpp crash ends the process as backend.h says.
Result<llama_adapter_lora*> LoadAdapter(llama_model* model, const std::string& path);

// What `context` computes from now on has `adapter` in it. kModelError when it can't.
Result<void> ApplyAdapter(llama_context* context, llama_adapter_lora* adapter, float scale);

}  // namespace bedplate::engine
