#include "documents/office_file.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

namespace bedplate::documents {
namespace {

constexpr size_t kFilesMax = 10'000;
constexpr size_t kUnpackedBytesMax = 96 << 20;
constexpr size_t kPieceBytes = 64 << 10;

using Archive = std::unique_ptr<archive, int (*)(archive*)>;

Result<void> Append(archive* from, std::string& to, size_t& left) {
  std::string piece(kPieceBytes, '\0');
  while (true) {
    const la_ssize_t count = archive_read_data(from, piece.data(), piece.size());
    if (count == 0) return {};
    if (count < 0) return Fail(Fault::kValidation, "the archive is damaged");
    if (static_cast<size_t>(count) > left) {
      return Fail(Fault::kValidation,
                  fmt::format("its files unpack to more than {} bytes", kUnpackedBytesMax));
    }
    left -= static_cast<size_t>(count);
    to.append(piece, 0, static_cast<size_t>(count));
  }
}

// "word/document.xml" is described in "word/_rels/document.xml.rels", the archive in "_rels/.rels".
std::string RelationshipFileOf(std::string_view source) {
  const size_t slash = source.rfind('/');
  const std::string_view folder =
      slash == std::string_view::npos ? std::string_view() : source.substr(0, slash + 1);
  return fmt::format("{}_rels/{}.rels", folder, source.substr(folder.size()));
}

// A target is relative to the folder of its source, or begins with a slash.
std::string Resolve(std::string_view source, std::string_view target) {
  if (target.starts_with('/')) return std::string(target.substr(1));
  const size_t slash = source.rfind('/');
  std::string folder(slash == std::string_view::npos ? std::string_view()
                                                     : source.substr(0, slash + 1));
  while (target.starts_with("../")) {
    target.remove_prefix(3);
    if (!folder.empty()) folder.pop_back();
    folder.erase(folder.rfind('/') == std::string::npos ? 0 : folder.rfind('/') + 1);
  }
  return folder + std::string(target);
}

}  // namespace

Result<OfficeFile> OfficeFile::Open(std::string_view bytes, bool (*wanted)(std::string_view name)) {
  const Archive reader(archive_read_new(), archive_read_free);
  archive_read_support_format_zip(reader.get());
  if (archive_read_open_memory(reader.get(), bytes.data(), bytes.size()) != ARCHIVE_OK) {
    return Fail(Fault::kValidation, "it is no ZIP archive");
  }
  OfficeFile file;
  size_t left = kUnpackedBytesMax;
  archive_entry* entry = nullptr;
  for (size_t seen = 0;; ++seen) {
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) break;
    if (status < ARCHIVE_WARN) {
      return Fail(Fault::kValidation,
                  seen == 0 ? "it is no ZIP archive" : "the archive is damaged");
    }
    if (seen == kFilesMax) {
      return Fail(Fault::kValidation, fmt::format("its archive has more than {} files", kFilesMax));
    }
    const char* name = archive_entry_pathname_utf8(entry);
    if (name == nullptr || !wanted(name)) continue;
    if (archive_entry_is_encrypted(entry) != 0) {
      return Fail(Fault::kValidation, "it is encrypted");
    }
    std::string content;
    if (auto ok = Append(reader.get(), content, left); !ok) return std::unexpected(ok.error());
    file.files_.try_emplace(name, std::move(content));
  }
  return file;
}

Result<pugi::xml_document> OfficeFile::Xml(const std::string& name) const {
  pugi::xml_document document;
  const std::string& text = files_.at(name);
  const auto parsed =
      document.load_buffer(text.data(), text.size(), pugi::parse_default | pugi::parse_ws_pcdata);
  if (!parsed) {
    return Fail(Fault::kValidation, fmt::format("its file {} is no XML: {} at byte {}", name,
                                                parsed.description(), parsed.offset));
  }
  return document;
}

const std::vector<OfficeFile::Relationship>& OfficeFile::RelationshipsOf(
    const std::string& source) const {
  const auto [known, is_new] = relationships_.try_emplace(source);
  const std::string name = RelationshipFileOf(source);
  if (!is_new || !Has(name)) return known->second;
  const auto document = Xml(name);
  if (!document) return known->second;
  for (const pugi::xml_node& node : document->document_element().children()) {
    if (LocalName(node.name()) != "Relationship") continue;
    std::string target = Resolve(source, Attribute(node, "Target"));
    if (!Has(target)) continue;
    known->second.push_back({.id = std::string(Attribute(node, "Id")),
                             .type = std::string(Attribute(node, "Type")),
                             .target = std::move(target)});
  }
  return known->second;
}

std::string OfficeFile::Related(const std::string& source, std::string_view id) const {
  const auto& all = RelationshipsOf(source);
  const auto found = std::ranges::find(all, id, &Relationship::id);
  return found == all.end() ? std::string() : found->target;
}

std::string OfficeFile::RelatedByType(const std::string& source, std::string_view type_end) const {
  const auto& all = RelationshipsOf(source);
  const auto found = std::ranges::find_if(
      all, [&](const Relationship& each) { return each.type.ends_with(type_end); });
  return found == all.end() ? std::string() : found->target;
}

std::string_view LocalName(const char* name) {
  const std::string_view whole(name);
  const size_t colon = whole.find(':');
  return colon == std::string_view::npos ? whole : whole.substr(colon + 1);
}

std::string_view Attribute(const pugi::xml_node& node, std::string_view local_name) {
  for (const pugi::xml_attribute& attribute : node.attributes()) {
    if (LocalName(attribute.name()) == local_name) return attribute.value();
  }
  return {};
}

pugi::xml_node Child(const pugi::xml_node& node, std::string_view local_name) {
  for (const pugi::xml_node& child : node.children()) {
    if (LocalName(child.name()) == local_name) return child;
  }
  return {};
}

}  // namespace bedplate::documents
