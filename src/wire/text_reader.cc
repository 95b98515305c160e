#include "wire/text_reader.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "wire/timestamp.h"
#include "wire/value_text.h"

namespace bedplate::wire {

void TextReader::Refuse(std::string_view expected) {
  constexpr size_t kShownMax = 40;
  failure_.Set(fmt::format("Expected {}, found '{}'", expected, Text().substr(0, kShownMax)));
}

void TextReader::String(std::string& value) { value = Text(); }

void TextReader::Integer(int32_t& value) {
  if (!ParseNumber(Text(), value)) Refuse("a 32-bit integer");
}

void TextReader::Long(int64_t& value) {
  if (!ParseNumber(Text(), value)) Refuse("a 64-bit integer");
}

void TextReader::Float(float& value) {
  if (!ParseNumber(Text(), value)) Refuse("a number");
}

void TextReader::Double(double& value) {
  if (!ParseNumber(Text(), value)) Refuse("a number");
}

void TextReader::Boolean(bool& value) {
  value = Text() == "true";
  if (!value && Text() != "false") Refuse("true or false");
}

void TextReader::ReadBlob(Blob& value) {
  value.bytes.clear();
  if (!AppendFromBase64(value.bytes, Text())) Refuse("base64 text");
}

void TextReader::ReadTimestamp(Timestamp& value) {
  if (!ParseTimestamp(Text(), timestamp_format(), value)) Refuse("a timestamp");
}

// No service has free-form JSON outside of the JSON protocols.
void TextReader::ReadDocument(Document&) { Refuse("a simple value"); }

}  // namespace bedplate::wire
