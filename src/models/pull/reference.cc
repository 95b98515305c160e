#include "models/pull/reference.h"

#include <fmt/format.h>

#include <algorithm>

namespace bedplate::models {
namespace {

constexpr size_t kCharactersMax = 300;
constexpr std::string_view kOllamaName = "ollama";
constexpr std::string_view kOllamaPrefix = "ollama:";
constexpr std::string_view kOllamaOwner = "library";
constexpr std::string_view kOllamaTag = "latest";

std::unexpected<Error> Refuse(std::string_view text, std::string_view why) {
  return Fail(Fault::kValidation,
              fmt::format("'{}' is no model of a hub: {}. Say owner/repository, "
                          "owner/repository:quantization, owner/repository:file.gguf, or name:tag.",
                          text.substr(0, kCharactersMax), why));
}

// One part of a path: not empty, no way out of its folder, no character that a URL would read.
bool IsName(std::string_view part) {
  return !part.empty() && !part.starts_with('.') && std::ranges::all_of(part, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '+';
  });
}

bool IsPath(std::string_view path) {
  for (;;) {
    const size_t slash = path.find('/');
    if (!IsName(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

}  // namespace

std::string HubReference::Text() const {
  if (hub == Hub::kHuggingFace) {
    return fmt::format("{}/{}{}{}", owner, repository, selector.empty() ? "" : ":", selector);
  }
  // A model called "ollama" would be read as the prefix.
  if (owner == kOllamaOwner && repository != kOllamaName)
    return fmt::format("{}:{}", repository, selector);
  return fmt::format("{}{}/{}:{}", kOllamaPrefix, owner, repository, selector);
}

Result<HubReference> ParseHubReference(std::string_view text) {
  HubReference reference;
  std::string_view rest = text;
  const bool says_ollama = rest.starts_with(kOllamaPrefix);
  if (says_ollama) rest.remove_prefix(kOllamaPrefix.size());
  const size_t colon = rest.find(':');
  const std::string_view name = rest.substr(0, colon);
  if (colon != std::string_view::npos) reference.selector = rest.substr(colon + 1);
  const size_t slash = name.find('/');
  reference.hub = says_ollama || slash == std::string_view::npos ? HubReference::Hub::kOllama
                                                                 : HubReference::Hub::kHuggingFace;
  reference.owner = slash == std::string_view::npos ? kOllamaOwner : name.substr(0, slash);
  reference.repository = slash == std::string_view::npos ? name : name.substr(slash + 1);
  if (reference.hub == HubReference::Hub::kOllama && colon == std::string_view::npos) {
    reference.selector = kOllamaTag;
  }
  // Of the parts, not of the text: the text of what was read has a tag or prefix that was left out.
  if (reference.owner.size() + reference.repository.size() + reference.selector.size() >
      kCharactersMax) {
    return Refuse(text, "it is too long");
  }
  if (!IsName(reference.owner) || !IsName(reference.repository)) {
    return Refuse(text, "a name in it is empty or has a character that does not belong there");
  }
  const bool has_selector = colon != std::string_view::npos;
  if (has_selector && (reference.hub == HubReference::Hub::kOllama ? !IsName(reference.selector)
                                                                   : !IsPath(reference.selector))) {
    return Refuse(text, "what follows the colon has a character that does not belong there");
  }
  return reference;
}

}  // namespace bedplate::models
