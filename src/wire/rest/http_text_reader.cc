#include "base/base64.h"
#include "net/text.h"
#include "wire/rest/http_text.h"

namespace bedplate::wire {
namespace {

// Takes a quoted text, which starts at `at`, off a header. Returns where it ends.
size_t TakeQuoted(std::string_view value, size_t at, std::string& out) {
  for (++at; at < value.size() && value[at] != '"'; ++at) {
    if (value[at] == '\\' && at + 1 < value.size()) ++at;
    out += value[at];
  }
  return at < value.size() ? at + 1 : at;
}

}  // namespace

TimestampFormat TextTimestampFormat(const Member& member) {
  if (member.timestamp_format != TimestampFormat::kDefault) return member.timestamp_format;
  const bool header = member.location == Location::kHeader || member.location == Location::kHeaders;
  return header ? TimestampFormat::kRfc822 : TimestampFormat::kIso8601;
}

std::vector<std::string> SplitHeaderList(std::string_view value, bool timestamps) {
  std::vector<std::string> elements;
  if (net::TrimBlanks(value).empty()) return elements;
  size_t at = 0;
  while (at <= value.size()) {
    while (at < value.size() && (value[at] == ' ' || value[at] == '\t')) ++at;
    std::string element;
    if (at < value.size() && value[at] == '"') {
      at = TakeQuoted(value, at, element);
      at = std::min(value.find(',', at), value.size());
    } else {
      size_t end = value.find(',', at);
      // "Tue, 09 Jan 2018 20:51:21 GMT": the first comma belongs to the date.
      if (timestamps && end != std::string_view::npos) end = value.find(',', end + 1);
      end = std::min(end, value.size());
      element = net::TrimBlanks(value.substr(at, end - at));
      at = end;
    }
    elements.push_back(std::move(element));
    ++at;
  }
  return elements;
}

std::string_view TextShapeReader::Text() {
  return index_ < texts_.size() ? std::string_view(texts_[index_]) : std::string_view();
}

TimestampFormat TextShapeReader::timestamp_format() const { return TextTimestampFormat(member_); }

Result<void> TextShapeReader::Finish() {
  if (failure_.set()) failure_.Within(member_.name);
  return failure_.ToResult();
}

void TextShapeReader::Structure(const Shape&, void*) { Refuse("a simple value"); }

void TextShapeReader::List(const Shape& shape, void* vector) {
  for (index_ = 0; index_ < texts_.size(); ++index_) {
    shape.read(vector, 0, *this);
    if (failure_.set()) return failure_.WithinElement(index_);
  }
}

void TextShapeReader::Map(const Shape& shape, void* map) {
  if (!entries_) return Refuse("a map");
  for (const auto& [name, texts] : *entries_) {
    key_ = name;
    texts_ = texts;
    index_ = 0;
    shape.read(map, 0, *this);
    if (failure_.set()) return failure_.Within(name);
  }
}

void TextShapeReader::String(std::string& value) {
  if (!member_.Has(kJsonText) || member_.location != Location::kHeader) {
    value = Text();
    return;
  }
  value.clear();
  if (!AppendFromBase64(value, Text())) Refuse("base64 text");
}

}  // namespace bedplate::wire
