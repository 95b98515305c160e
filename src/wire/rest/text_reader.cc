#include <fmt/format.h>

#include <charconv>
#include <limits>

#include "base/base64.h"
#include "base/json/reader.h"
#include "wire/rest/text_codec.h"
#include "wire/timestamp.h"

namespace bedplate::wire {
namespace {

const std::string kNoText;

template <class T>
bool WholeNumber(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

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
      element = Trim(value.substr(at, end - at));
      at = end;
    }
    elements.push_back(std::move(element));
    ++at;
  }
  return elements;
}

const std::string& TextShapeReader::text() const {
  return index_ < texts_.size() ? texts_[index_] : kNoText;
}

void TextShapeReader::Refuse(std::string_view expected) {
  constexpr size_t kShownMax = 40;
  failure_.Set(fmt::format("Expected {}, found '{}'", expected, text().substr(0, kShownMax)));
  if (member_.shape->kind == Kind::kList) failure_.WithinElement(index_);
  failure_.Within(member_.name);
}

void TextShapeReader::Structure(const Shape&, void*) { Refuse("a simple value"); }

void TextShapeReader::List(const Shape& shape, void* vector) {
  for (index_ = 0; index_ < texts_.size() && !failure_.set(); ++index_) {
    shape.read(vector, 0, *this);
  }
}

void TextShapeReader::Map(const Shape& shape, void* map) {
  if (!entries_) return Refuse("a map");
  for (const auto& [name, texts] : *entries_) {
    key_ = name;
    texts_ = texts;
    index_ = 0;
    shape.read(map, 0, *this);
  }
}

void TextShapeReader::String(std::string& value) {
  if (!member_.Has(kJsonText) || member_.location != Location::kHeader) {
    value = text();
    return;
  }
  value.clear();
  if (!AppendFromBase64(value, text())) Refuse("base64 text");
}

void TextShapeReader::Integer(int32_t& value) {
  if (!WholeNumber(text(), value)) Refuse("a 32-bit integer");
}

void TextShapeReader::Long(int64_t& value) {
  if (!WholeNumber(text(), value)) Refuse("a 64-bit integer");
}

void TextShapeReader::Float(float& value) {
  double wide = 0;
  Double(wide);
  value = static_cast<float>(wide);
}

void TextShapeReader::Double(double& value) {
  if (text() == "NaN") {
    value = std::numeric_limits<double>::quiet_NaN();
  } else if (text() == "Infinity") {
    value = std::numeric_limits<double>::infinity();
  } else if (text() == "-Infinity") {
    value = -std::numeric_limits<double>::infinity();
  } else if (text().find_first_not_of("+-0123456789.eE") != std::string::npos ||
             !json::ToDouble(text(), value)) {
    Refuse("a number");
  }
}

void TextShapeReader::Boolean(bool& value) {
  value = text() == "true";
  if (!value && text() != "false") Refuse("true or false");
}

void TextShapeReader::ReadBlob(Blob& value) {
  value.bytes.clear();
  if (!AppendFromBase64(value.bytes, text())) Refuse("base64 text");
}

void TextShapeReader::ReadTimestamp(Timestamp& value) {
  if (!ParseTimestamp(text(), TextTimestampFormat(member_), value)) Refuse("a timestamp");
}

void TextShapeReader::ReadDocument(Document&) { Refuse("a simple value"); }

}  // namespace bedplate::wire
