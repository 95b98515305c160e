// Adding a model by hand: what `bedplate models add` does. Removing and listing are the
// repository's.
//
// Blocks (files, database). Errors are kValidation with a message for the person at the terminal.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "models/model.h"
#include "models/model_repository.h"

namespace bedplate::models {

struct NewModel {
  std::string id{};
  std::string gguf_file{};  // exactly one of gguf_file and url; url may be left out for
                            // Amazon Bedrock
  std::string lora_file{};  // a LoRA adapter for gguf_file; empty for none
  std::optional<double> lora_scale{};
  std::string projector_file{};  // for gguf_file, which then takes images; empty for none
  std::string draft_file{};      // a small model that guesses for it; empty for none
  std::string url{};             // of a server, e.g. http://gpu1:8000/v1
  std::string protocol{};        // that it speaks, as ProtocolOf reads it; empty: OpenAI's
  std::string upstream_model{};  // its name at url; empty: the id
  std::string api_key_env{};     // variable of the server's environment that holds the key for url
  std::string region{};          // of Amazon Bedrock, as the next
  std::string profile{};
  std::string name{};      // shown by ListFoundationModels; empty: from the id
  std::string provider{};  // empty: the part of the id before the first dot
  Use use = Use::kText;    // what it is for
  std::string family{};    // whose bodies InvokeModel takes; empty: OpenAI's, Titan's or
                           // Cohere's, by `use`
};

// Checks `model` and adds it. A GGUF file must exist and begin as GGUF files do; the rest of it
// is read by the engine, in a process of its own, when the model is first used.
Result<Model> AddUserModel(ModelRepository& repository, const Scope& scope, const NewModel& model);

}  // namespace bedplate::models
