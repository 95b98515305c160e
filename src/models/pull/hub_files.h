// Which files a reference means: asked of the hub.
//
// Threads: one reactor.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/pull/hub_exchange.h"
#include "models/pull/reference.h"

namespace bedplate::models {

struct HubFile {
  std::string name;    // relative path in the repository; never leads out of a folder
  std::string target;  // at the hub
  uint64_t bytes = 0;
  std::string sha256;  // in lower-case hexadecimal
};

// The files of one model, the first part first; a reference that names one part means all of them.
// kValidation when the reference fits several models, when a part is missing or a file has no
// checksum, and HubExchange::GetText's errors.
net::Task<Result<std::vector<HubFile>>> FindHubFiles(HubExchange& hub,
                                                     const HubReference& reference);

// Of what a Hugging Face hub lists of a repository, and of an Ollama manifest. For a reference of
// that hub.
Result<std::vector<HubFile>> ChooseFromTree(const HubReference& reference, std::string_view tree);
Result<std::vector<HubFile>> ReadOllamaManifest(const HubReference& reference,
                                                std::string_view manifest);

}  // namespace bedplate::models
