// What hubs answer, and what people call their models: nothing but files within a folder comes of
// it, each with its size and checksum.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "models/pull/hub_exchange.h"
#include "models/pull/hub_files.h"
#include "models/pull/reference.h"

namespace {

using namespace bedplate;
using namespace bedplate::models;

void Demand(bool holds) {
  if (!holds) std::abort();
}

bool StaysInside(std::string_view name) {
  const std::filesystem::path path(name);
  return !name.empty() && path.is_relative() && !name.contains('\0') &&
         std::ranges::none_of(path, [](const auto& part) { return part == ".."; });
}

void CheckFile(const HubFile& file) {
  Demand(StaysInside(file.name) && file.target.starts_with('/'));
  Demand(file.bytes > 0 && file.sha256.size() == 64);
}

void CheckModel(const Result<HubModel>& model, bool projector) {
  if (!model) return Demand(!model.error().message.empty());
  Demand(!model->weights.empty());
  for (const HubFile& file : model->weights) CheckFile(file);
  Demand(projector || !model->projector);
  if (model->projector) CheckFile(*model->projector);
}

void CheckReference(std::string_view text) {
  const auto read = ParseHubReference(text);
  if (!read) return Demand(read.error().fault == Fault::kValidation);
  Demand(StaysInside(read->owner) && StaysInside(read->repository));
  Demand(read->selector.empty() || StaysInside(read->selector));
  const auto again = ParseHubReference(read->Text());
  Demand(again && again->Text() == read->Text());
}

void CheckLocation(std::string_view location) {
  const HubUrl base{.origin = "https://hub.example", .target = "/a/b?c=d"};
  for (const auto& url : {ParseHubUrl(location), ResolveLocation(base, location)}) {
    if (!url) continue;
    Demand(url->origin.starts_with("http") && url->target.starts_with('/'));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr std::string_view kSelectors[] = {"", "Q4_K_M", "folder/model.gguf",
                                             "m-00001-of-00002.gguf"};
  constexpr std::string_view kProjectors[] = {"", kNoProjector};
  HubReference reference{.owner = "owner", .repository = "repository", .selector = {}};
  const std::string projector(kProjectors[data[0] / 8 % 2]);
  switch (data[0] % 8) {
    case 0:
    case 1:
    case 2:
    case 3:
      reference.selector = kSelectors[data[0] % 4];
      CheckModel(ChooseFromTree(reference, projector, text), projector.empty());
      break;
    case 4:
    case 5:
      reference.hub = HubReference::Hub::kOllama;
      reference.selector = "latest";
      CheckModel(ReadOllamaManifest(reference, projector, text), projector.empty());
      break;
    case 6:
      CheckReference(text);
      break;
    default:
      CheckLocation(text);
  }
  return 0;
}
