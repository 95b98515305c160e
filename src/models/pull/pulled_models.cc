#include "models/pull/pulled_models.h"

#include <fmt/format.h>

#include <cctype>
#include <fstream>
#include <iterator>
#include <system_error>

#include "base/json/value.h"
#include "models/pull/file_checksum.h"

namespace bedplate::models {
namespace {

namespace fs = std::filesystem;

std::string_view HubName(const HubReference& reference) {
  return reference.hub == HubReference::Hub::kOllama ? "ollama" : "huggingface";
}

// Lower case; what ids have no letter for becomes '-'.
std::string IdPart(std::string_view text) {
  std::string part;
  for (const unsigned char c : text) {
    const char lower = static_cast<char>(std::tolower(c));
    const bool spelled = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
    if (spelled || (!part.empty() && part.back() != '-')) part += spelled ? lower : '-';
  }
  while (part.ends_with('-')) part.pop_back();
  return part;
}

}  // namespace

fs::path PulledModels::FolderOf(const HubReference& reference) const {
  return folder_ / HubName(reference) / reference.owner / reference.repository;
}

fs::path PulledModels::NoteOf(const HubReference& reference) const {
  std::string name = fmt::format("{}_{}", HubName(reference), reference.Text());
  for (char& c : name) {
    if (c == '/') c = '@';  // no reference has this character
  }
  return folder_ / "references" / (name + ".json");
}

Result<std::string> PulledModels::Note(const HubReference& reference,
                                       const std::vector<HubFile>& files) const {
  json::Value::Array listed;
  for (const HubFile& file : files) {
    json::Value one;
    one.Set("name", file.name);
    one.Set("bytes", file.bytes);
    one.Set("sha256", file.sha256);
    listed.push_back(std::move(one));
  }
  json::Value note;
  note.Set("reference", reference.Text());
  note.Set("files", std::move(listed));
  const fs::path path = NoteOf(reference);
  const fs::path draft = path.string() + ".new";
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  {
    std::ofstream stream(draft, std::ios::binary | std::ios::trunc);
    stream << note.ToJson() << '\n' << std::flush;
    if (!stream) return Fail(Fault::kUnavailable, fmt::format("cannot write {}", draft.string()));
  }
  fs::rename(draft, path, error);
  if (error) return Fail(Fault::kUnavailable, fmt::format("cannot write {}", path.string()));
  return PathOf(reference, files.front());
}

std::string PulledModels::PathOf(const HubReference& reference, const HubFile& file) const {
  return (FolderOf(reference) / file.name).string();
}

std::string PulledModels::Find(const HubReference& reference) const {
  std::ifstream stream(NoteOf(reference), std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  const auto note = json::Value::Parse(text);
  const json::Value* files = note ? note->Find("files") : nullptr;
  if (files == nullptr || !files->is_array()) return {};
  std::string first;
  for (const json::Value& file : *files->AsArray()) {
    const json::Value* name = file.Find("name");
    const json::Value* bytes = file.Find("bytes");
    const json::Value* sha256 = file.Find("sha256");
    int64_t size = 0;
    if (name == nullptr || !name->is_string() || sha256 == nullptr || !sha256->is_string() ||
        bytes == nullptr || !bytes->ToInt64(size) || size < 0) {
      return {};
    }
    const fs::path path = FolderOf(reference) / *name->AsString();
    // Another reference may have brought a newer one, of all files or of some.
    if (!IsNoted(path, static_cast<uint64_t>(size), *sha256->AsString())) return {};
    if (first.empty()) first = path.string();
  }
  return first;
}

Result<std::string> PulledModels::FileFor(const std::string& text) const {
  std::error_code error;
  const fs::path path = fs::absolute(text, error);
  if (!error && fs::exists(path, error)) return path.lexically_normal().string();
  const auto reference = ParseHubReference(text);
  if (!reference) return Fail(Fault::kValidation, fmt::format("There is no file {}.", text));
  std::string file = Find(*reference);
  if (!file.empty()) return file;
  return Fail(Fault::kValidation,
              fmt::format("There is no file {}, and no model of that name was pulled. To bring it "
                          "from a hub: bedplate models pull {}",
                          text, text));
}

std::string ModelIdFor(const HubReference& reference) {
  const std::string_view owner =
      reference.hub == HubReference::Hub::kOllama && reference.owner == "library"
          ? std::string_view("ollama")
          : std::string_view(reference.owner);
  std::string name = IdPart(reference.repository);
  if (!reference.selector.empty()) name += "-" + IdPart(reference.selector);
  return fmt::format("{}.{}", IdPart(owner), name);
}

}  // namespace bedplate::models
