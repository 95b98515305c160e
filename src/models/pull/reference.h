// What a person calls a model of a hub: "owner/repository", "owner/repository:Q4_K_M" or
// "owner/repository:folder/file.gguf" of a Hugging Face hub; "name" or "name:tag" of an Ollama
// registry, whose names with an owner are written "ollama:owner/name:tag".
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bedplate::models {

struct HubReference {
  enum class Hub : uint8_t { kHuggingFace, kOllama };
  Hub hub = Hub::kHuggingFace;
  std::string owner;       // of an Ollama name without one: "library"
  std::string repository;  // or name
  std::string selector;    // quantization or file, or empty; the tag of an Ollama name

  // As it is spelled when nothing is left out; parses to the same.
  std::string Text() const;
};

// kValidation for what is neither. No part can leave the folder that it becomes.
Result<HubReference> ParseHubReference(std::string_view text);

}  // namespace bedplate::models
