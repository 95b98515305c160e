// Which files a reference means: asked of the hub.
//
// Threads: one reactor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
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

struct HubModel {
  std::vector<HubFile> weights{};      // the first part first
  std::optional<HubFile> projector{};  // with which it takes images
  size_t projectors = 0;               // that the hub has of it
};

// Which projector: empty for the only one, or that of 16 bits (F16) of several; kNoProjector; or as
// a reference selects a file. Only these first two for an Ollama registry, which has at most one.
inline constexpr std::string_view kNoProjector = "none";

// The files of one model; a reference that names one part of it means all of them. kValidation when
// the reference fits several models or `projector` none or several, when a part is missing or a
// file has no checksum, and HubExchange::GetText's errors.
net::Task<Result<HubModel>> FindHubFiles(HubExchange& hub, const HubReference& reference,
                                         const std::string& projector);

// Of what a Hugging Face hub lists of a repository, and of an Ollama manifest. For a reference of
// that hub.
Result<HubModel> ChooseFromTree(const HubReference& reference, const std::string& projector,
                                std::string_view tree);
Result<HubModel> ReadOllamaManifest(const HubReference& reference, const std::string& projector,
                                    std::string_view manifest);

}  // namespace bedplate::models
