#include "wire/body_texts.h"

#include <fmt/format.h>

#include <cstdint>

#include "base/json/reader.h"
#include "wire/member_scope.h"
#include "wire/operation.h"
#include "wire/schema.h"

namespace bedplate::wire {
namespace {

bool HasPayload(const Shape& input) {
  for (uint32_t i = 0; i < input.member_count; ++i) {
    if (input.members[i].Has(kPayload)) return true;
  }
  return false;
}

// As deep as the reader lets an object lie.
class Walk {
 public:
  Walk(std::string_view body, BodyTexts& texts) : reader_(body), texts_(texts) {}

  bool Read(const Shape& input) {
    Structure(input, MemberScope::kBody, "");
    return reader_.Finish();
  }
  const std::string& error() const { return reader_.error(); }

 private:
  void Structure(const Shape& shape, MemberScope scope, const std::string& head) {
    if (reader_.Peek() != json::Kind::kObject) {
      reader_.Skip();
      return;
    }
    MemberFinder finder(shape, scope);
    reader_.BeginObject();
    std::string_view name;
    while (reader_.NextKey(name)) {
      const int index = finder.Find(name);
      if (index < 0 || reader_.Peek() == json::Kind::kNull) {
        reader_.Skip();
      } else {
        Value(shape.members[index], head);
      }
    }
  }

  void Value(const Member& member, const std::string& head) {
    std::string path = head + std::string(member.name);
    if (member.shape->kind == Kind::kStructure) {
      Structure(*member.shape, MemberScope::kAll, path + ".");
    } else if (member.shape->kind != Kind::kString && member.shape->kind != Kind::kEnum) {
      reader_.Skip();
    } else if (reader_.Peek() == json::Kind::kString) {
      reader_.String(texts_[std::move(path)]);
    } else {
      reader_.Fail(fmt::format("Expected a string for {}", path));
    }
  }

  json::Reader reader_;
  BodyTexts& texts_;
};

}  // namespace

Result<BodyTexts> ReadBodyTexts(const Match& match, std::string_view body) {
  BodyTexts texts;
  const Shape* const input = match.operation->input;
  if (input == nullptr || match.protocol != Protocol::kRestJson || body.empty() ||
      HasPayload(*input)) {
    return texts;
  }
  Walk walk(body, texts);
  if (walk.Read(*input)) return texts;
  return std::unexpected(Error{.fault = Fault::kValidation,
                               .message = "The body is not valid JSON: " + walk.error(),
                               .type = "SerializationException",
                               .status = 400});
}

std::string ReadTopText(std::string_view body, std::string_view name) {
  json::Reader reader(body);
  if (reader.Peek() != json::Kind::kObject) return {};
  reader.BeginObject();
  std::string text;
  std::string_view key;
  while (reader.NextKey(key)) {
    if (key == name && reader.Peek() == json::Kind::kString) {
      reader.String(text);
    } else {
      reader.Skip();
    }
  }
  return reader.Finish() ? text : std::string();
}

}  // namespace bedplate::wire
