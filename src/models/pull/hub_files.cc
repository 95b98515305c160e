#include "models/pull/hub_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

#include "base/json/value.h"

namespace bedplate::models {
namespace {

constexpr std::string_view kEnd = ".gguf";
constexpr std::string_view kLikedBest = "q4_k_m";  // small, and nearly as good as the whole
constexpr size_t kListedMax = 20;
constexpr size_t kPartDigits = 5;                      // "-00001-of-00003.gguf"
constexpr std::string_view kProjectorMark = "mmproj";  // in the names of projectors
constexpr std::string_view kModelLayer = "application/vnd.ollama.image.model";
constexpr std::string_view kProjectorLayer = "application/vnd.ollama.image.projector";
constexpr std::string_view kManifestType = "application/vnd.docker.distribution.manifest.v2+json";

std::string Lower(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return lower;
}

bool IsSha256(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::string Text(const json::Value* value) {
  const std::string* text = value == nullptr ? nullptr : value->AsString();
  return text == nullptr ? "" : *text;
}

uint64_t Bytes(const json::Value* value) {
  int64_t number = 0;
  return value != nullptr && value->ToInt64(number) && number > 0 ? static_cast<uint64_t>(number)
                                                                  : 0;
}

// The file of a model that may be split: "name-00002-of-00003.gguf".
struct PartName {
  std::string model;  // what its parts have in common
  size_t number = 1;
  size_t count = 1;
};

PartName ReadPartName(std::string_view path) {
  PartName whole{.model = std::string(path)};
  const std::string_view stem = path.substr(0, path.size() - kEnd.size());
  const auto number = [&](size_t begin) {
    size_t value = 0;
    for (const char c : stem.substr(begin, kPartDigits)) {
      if (c < '0' || c > '9') return size_t{0};
      value = value * 10 + static_cast<size_t>(c - '0');
    }
    return value;
  };
  const size_t of = stem.rfind("-of-");
  if (of == std::string_view::npos || stem.size() - of - 4 != kPartDigits || of < kPartDigits + 1 ||
      stem[of - kPartDigits - 1] != '-') {
    return whole;
  }
  const size_t begin = of - kPartDigits;
  if (number(begin) == 0 || number(of + 4) == 0) return whole;
  return {.model = fmt::format("{}{}", stem.substr(0, begin), stem.substr(of)),
          .number = number(begin),
          .count = number(of + 4)};
}

struct Listed {
  std::string path;
  PartName part;
  HubFile file;
};

enum class Kind : unsigned char { kWeights, kProjector };

std::vector<Listed> ReadTree(const HubReference& reference, Kind kind, const json::Value& root) {
  std::vector<Listed> listed;
  for (const json::Value& entry : *root.AsArray()) {
    const std::string path = Text(entry.Find("path"));
    const std::string lower = Lower(path);
    if (!lower.ends_with(kEnd)) continue;
    if (lower.contains(kProjectorMark) != (kind == Kind::kProjector)) continue;
    // A name goes into a URL and becomes a file: only what a reference may name is taken.
    if (!ParseHubReference(fmt::format("o/r:{}", path))) continue;
    const json::Value* lfs = entry.Find("lfs");
    HubFile file{.name = path,
                 .target = fmt::format("/{}/{}/resolve/main/{}", reference.owner,
                                       reference.repository, path),
                 .bytes = Bytes(lfs == nullptr ? entry.Find("size") : lfs->Find("size")),
                 .sha256 = lfs == nullptr ? "" : Text(lfs->Find("oid"))};
    listed.push_back({.path = path, .part = ReadPartName(path), .file = std::move(file)});
  }
  std::ranges::sort(listed, {}, &Listed::path);
  return listed;
}

bool Matches(const std::string& path, const std::string& selector) {
  if (selector.empty() || path == selector || path.ends_with("/" + selector)) return true;
  return !selector.ends_with(kEnd) && Lower(path).contains(Lower(selector));
}

// The models of which `listed` has a file that the selector means.
std::set<std::string> ModelsMeant(const std::vector<Listed>& listed, const std::string& selector) {
  std::set<std::string> meant;
  std::set<std::string> liked;
  for (const Listed& one : listed) {
    if (one.path == selector) return {one.part.model};  // said in full
    if (!Matches(one.path, selector)) continue;
    meant.insert(one.part.model);
    if (Lower(one.path).contains(kLikedBest)) liked.insert(one.part.model);
  }
  return selector.empty() && meant.size() > 1 ? liked : meant;
}

std::string Names(const std::vector<Listed>& listed) {
  std::string all;
  for (size_t i = 0; i < std::min(listed.size(), kListedMax); ++i) {
    all += fmt::format("{}{}", all.empty() ? "" : ", ", listed[i].path);
  }
  return all;
}

Result<void> CheckTold(const Listed& one) {
  if (IsSha256(one.file.sha256) && one.file.bytes > 0) return {};
  return Fail(Fault::kValidation, fmt::format("the hub tells no size and SHA-256 of {}", one.path));
}

// The whole of 16 bits: what loses nothing and every processor computes.
bool IsF16(const std::string& path) {
  const std::string lower = Lower(path);
  return lower.contains("f16") && !lower.contains("bf16");
}

Result<std::optional<HubFile>> ChooseProjector(const HubReference& reference,
                                               const std::string& choice,
                                               const std::vector<Listed>& listed) {
  if (choice == kNoProjector || (choice.empty() && listed.empty())) return std::nullopt;
  std::vector<Listed> meant;
  for (const Listed& one : listed) {
    const bool exact = one.path == choice;
    if (exact) meant.clear();
    if (choice.empty() ? listed.size() == 1 || IsF16(one.path) : Matches(one.path, choice)) {
      meant.push_back(one);
    }
    if (exact) break;
  }
  if (meant.size() != 1) {
    const std::string what = choice.empty()
                                 ? "has several projectors, and not one of them alone is F16"
                                 : fmt::format("has {} projectors that {} means",
                                               meant.empty() ? "no" : "several", choice);
    return Fail(
        Fault::kValidation,
        fmt::format("{}/{} {}. Say one of them with --projector, or none: {}", reference.owner,
                    reference.repository, what, listed.empty() ? "it has none" : Names(listed)));
  }
  if (auto told = CheckTold(meant.front()); !told) return std::unexpected(told.error());
  return std::move(meant.front().file);
}

// A layer of an Ollama manifest as the file of this name.
Result<HubFile> FileOfLayer(const HubReference& reference, const json::Value& layer,
                            std::string name) {
  constexpr std::string_view kSha256 = "sha256:";
  const std::string digest = Text(layer.Find("digest"));
  const uint64_t bytes = Bytes(layer.Find("size"));
  if (!digest.starts_with(kSha256) || !IsSha256(digest.substr(kSha256.size())) || bytes == 0) {
    return Fail(Fault::kValidation, "the registry's manifest tells no size and SHA-256");
  }
  return HubFile{
      .name = std::move(name),
      .target = fmt::format("/v2/{}/{}/blobs/{}", reference.owner, reference.repository, digest),
      .bytes = bytes,
      .sha256 = digest.substr(kSha256.size())};
}

}  // namespace

Result<HubModel> ChooseFromTree(const HubReference& reference, const std::string& projector,
                                std::string_view tree) {
  const auto root = json::Value::Parse(tree);
  if (!root || !root->is_array()) {
    return Fail(Fault::kValidation, "the hub's list of files can't be read");
  }
  std::vector<Listed> listed = ReadTree(reference, Kind::kWeights, *root);
  const std::string all = Names(listed);
  if (listed.empty()) {
    return Fail(Fault::kNotFound,
                fmt::format("{}/{} has no GGUF file", reference.owner, reference.repository));
  }
  const std::set<std::string> models = ModelsMeant(listed, reference.selector);
  if (models.size() != 1) {
    return Fail(Fault::kValidation,
                fmt::format("{} means {} of the models in it. Say one of them behind a colon: {}",
                            reference.Text(), models.empty() ? "none" : "several", all));
  }
  std::erase_if(listed, [&](const Listed& one) { return one.part.model != *models.begin(); });
  std::vector<HubFile> files;
  for (Listed& one : listed) {
    if (auto told = CheckTold(one); !told) return std::unexpected(told.error());
    if (one.part.number != files.size() + 1) break;
    files.push_back(std::move(one.file));
  }
  // The parts of one model are sorted by their numbers.
  if (files.size() != listed.size() || files.size() != listed.front().part.count) {
    return Fail(Fault::kValidation,
                fmt::format("{} is in {} parts, and the hub has not each of them",
                            listed.front().path, listed.front().part.count));
  }
  const std::vector<Listed> projectors = ReadTree(reference, Kind::kProjector, *root);
  auto chosen = ChooseProjector(reference, projector, projectors);
  if (!chosen) return std::unexpected(std::move(chosen.error()));
  return HubModel{.weights = std::move(files),
                  .projector = std::move(*chosen),
                  .projectors = projectors.size()};
}

Result<HubModel> ReadOllamaManifest(const HubReference& reference, const std::string& projector,
                                    std::string_view manifest) {
  if (!projector.empty() && projector != kNoProjector) {
    return Fail(Fault::kValidation,
                fmt::format("an Ollama registry has at most one projector of a model: --projector "
                            "can be {}, and not {}",
                            kNoProjector, projector));
  }
  const auto root = json::Value::Parse(manifest);
  const json::Value* layers = root ? root->Find("layers") : nullptr;
  if (layers == nullptr || !layers->is_array()) {
    return Fail(Fault::kValidation, "the registry's manifest can't be read");
  }
  HubModel model;
  for (const json::Value& layer : *layers->AsArray()) {
    const std::string type = Text(layer.Find("mediaType"));
    if (type == kModelLayer && model.weights.empty()) {
      auto file = FileOfLayer(reference, layer, fmt::format("{}.gguf", reference.selector));
      if (!file) return std::unexpected(std::move(file.error()));
      model.weights.push_back(std::move(*file));
    } else if (type == kProjectorLayer && ++model.projectors == 1 && projector.empty()) {
      auto file = FileOfLayer(reference, layer,
                              fmt::format("{}.{}.gguf", reference.selector, kProjectorMark));
      if (!file) return std::unexpected(std::move(file.error()));
      model.projector = std::move(*file);
    }
  }
  if (!model.weights.empty()) return model;
  return Fail(Fault::kNotFound, fmt::format("{} has no model in it", reference.Text()));
}

net::Task<Result<HubModel>> FindHubFiles(HubExchange& hub, const HubReference& reference,
                                         const std::string& projector) {
  const bool is_ollama = reference.hub == HubReference::Hub::kOllama;
  net::Headers headers;
  if (is_ollama) headers.Add("accept", kManifestType);
  auto text =
      co_await hub.GetText(is_ollama ? fmt::format("/v2/{}/{}/manifests/{}", reference.owner,
                                                   reference.repository, reference.selector)
                                     : fmt::format("/api/models/{}/{}/tree/main?recursive=true",
                                                   reference.owner, reference.repository),
                           std::move(headers));
  if (!text) co_return std::unexpected(std::move(text.error()));
  co_return is_ollama ? ReadOllamaManifest(reference, projector, *text)
                      : ChooseFromTree(reference, projector, *text);
}

}  // namespace bedplate::models
