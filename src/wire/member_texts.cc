#include "wire/member_texts.h"

#include <fmt/format.h>

#include <utility>

#include "base/base64.h"
#include "wire/timestamp.h"
#include "wire/uri.h"
#include "wire/value_text.h"
#include "wire/writer.h"

namespace bedplate::wire {
namespace {

std::vector<std::string_view> SplitPath(std::string_view path) {
  std::vector<std::string_view> names;
  while (true) {
    const size_t dot = path.find('.');
    names.push_back(path.substr(0, dot));
    if (dot == std::string_view::npos) return names;
    path.remove_prefix(dot + 1);
  }
}

// Follows a path into an object and keeps the texts where it ends.
class TextFinder final : public ShapeWriter {
 public:
  explicit TextFinder(std::string_view path) : names_(SplitPath(path)) {}

  std::vector<MemberText> Take() { return std::move(found_); }

  void Structure(const Shape& shape, const void* object) override {
    if (depth_ < names_.size()) {
      ++depth_;
      shape.write(object, *this);
      --depth_;
      return;
    }
    // A pair of a key and a value.
    found_.emplace_back();
    in_pair_ = true;
    key_member_ = shape.members[0].name;
    shape.write(object, *this);
    in_pair_ = false;
  }
  void List(const Shape& shape, const void* vector, size_t) override { shape.write(vector, *this); }
  void Map(const Shape& shape, const void* map, size_t) override {
    if (depth_ < names_.size()) return;
    in_map_ = true;
    shape.write(map, *this);
    in_map_ = false;
  }

  bool BeginMember(const Member& member) override {
    if (in_pair_) {
      at_key_ = member.name == key_member_;
      return true;
    }
    return member.name == names_[depth_ - 1];
  }
  void BeginElement() override {}
  void BeginEntry(std::string_view key) override {
    if (in_map_) found_.push_back({.key = std::string(key)});
  }

  void String(std::string_view value) override { Keep(std::string(value)); }
  void Integer(int32_t value) override { Long(value); }
  void Long(int64_t value) override { Keep(fmt::format("{}", value)); }
  void Float(float value) override { Keep(NumberText(value)); }
  void Double(double value) override { Keep(NumberText(value)); }
  void Boolean(bool value) override { Keep(value ? "true" : "false"); }
  void WriteBlob(const Blob& value) override {
    std::string text;
    AppendBase64(text, value.bytes);
    Keep(std::move(text));
  }
  void WriteTimestamp(const Timestamp& value) override {
    std::string text;
    AppendTimestamp(text, TimestampFormat::kIso8601, value);
    Keep(std::move(text));
  }
  void WriteDocument(const Document&) override {}
  void EnumText(std::string_view text, bool) override { Keep(std::string(text)); }

 private:
  void Keep(std::string text) {
    if (!in_pair_ && !in_map_) {
      if (depth_ == names_.size()) found_.push_back({.text = std::move(text)});
      return;
    }
    (in_pair_ && at_key_ ? found_.back().key : found_.back().text) = std::move(text);
  }

  const std::vector<std::string_view> names_;
  size_t depth_ = 0;  // of names_ that were found
  std::vector<MemberText> found_;
  std::string_view key_member_;
  bool in_map_ = false;
  bool in_pair_ = false;
  bool at_key_ = false;
};

// The text of the label `name` of the operation's path; nothing where it has none.
std::vector<MemberText> FindLabel(const Match& match, std::string_view name) {
  std::string_view rest = match.operation->uri;
  for (size_t i = 0; i < match.labels.count; ++i) {
    const size_t begin = rest.find('{');
    const size_t end = rest.find('}', begin);
    if (begin == std::string_view::npos || end == std::string_view::npos) return {};
    std::string_view label = rest.substr(begin + 1, end - begin - 1);
    if (label.ends_with('+')) label.remove_suffix(1);
    rest.remove_prefix(end + 1);
    if (label != name) continue;
    std::string text;
    if (!AppendPercentDecoded(text, match.labels.values[i], false)) return {};
    return {{.text = std::move(text)}};
  }
  return {};
}

const Member* FindMember(const Shape& shape, std::string_view name) {
  for (uint32_t i = 0; i < shape.member_count; ++i) {
    if (shape.members[i].name == name) return &shape.members[i];
  }
  return nullptr;
}

}  // namespace

std::vector<MemberText> ObjectTexts::Find(std::string_view path) const {
  TextFinder finder(path);
  finder.Structure(shape_, object_);
  return finder.Take();
}

std::vector<MemberText> RequestTexts::Find(std::string_view path) const {
  if (const auto found = body_.find(path); found != body_.end()) return {{.text = found->second}};
  const Shape* const input = match_.operation->input;
  const Member* const member = input == nullptr ? nullptr : FindMember(*input, path);
  if (member == nullptr) return FindLabel(match_, path);
  if (member->location == Location::kUri) return FindLabel(match_, member->wire_name);
  std::optional<std::string_view> raw;
  if (member->location == Location::kHeader) raw = request_.headers.Find(member->wire_name);
  if (raw) return {{.text = std::string(*raw)}};
  if (member->location == Location::kQuery) {
    raw = FindParameter(SplitTarget(request_.target).query, member->wire_name);
  }
  std::string text;
  if (!raw || !AppendPercentDecoded(text, *raw, true)) return {};
  return {{.text = std::move(text)}};
}

}  // namespace bedplate::wire
