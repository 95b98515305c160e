#include "models/formats/embedding_members.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace bedplate::models {
namespace {

size_t Characters(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

std::string Checked(Members& members, std::string_view key, const std::string* text,
                    const TextBounds& bounds) {
  if (text == nullptr) return {};
  CheckLength(members.PointerOf(key), *text, bounds, members.malformed());
  return *text;
}

}  // namespace

void CheckLength(std::string_view pointer, std::string_view text, const TextBounds& bounds,
                 MalformedInput& malformed) {
  const size_t characters = Characters(text);
  if (characters < bounds.least) {
    malformed.Add(pointer,
                  fmt::format("expected minLength: {}, actual: {}", bounds.least, characters));
  } else if (characters > bounds.most) {
    malformed.Add(pointer,
                  fmt::format("expected maxLength: {}, actual: {}", bounds.most, characters));
  }
}

std::string BoundedText(Members& members, std::string_view key, const TextBounds& bounds) {
  return Checked(members, key, members.Text(key), bounds);
}

std::string NeedBoundedText(Members& members, std::string_view key, const TextBounds& bounds) {
  return Checked(members, key, members.NeedText(key), bounds);
}

std::vector<std::string> BoundedTexts(Members& members, std::string_view key, size_t count_max,
                                      const TextBounds& bounds) {
  std::vector<std::string> texts;
  const json::Value::Array* array = members.NeedArray(key);
  if (array == nullptr) return texts;
  const std::string pointer = members.PointerOf(key);
  if (array->empty()) {
    members.malformed().Add(pointer, "expected minimum item count: 1, found: 0");
  } else if (array->size() > count_max) {
    members.malformed().Add(pointer, fmt::format("expected maximum item count: {}, found: {}",
                                                 count_max, array->size()));
    return texts;
  }
  for (size_t i = 0; i < array->size(); ++i) {
    const std::string place = fmt::format("{}/{}", pointer, i);
    if (const std::string* text = (*array)[i].AsString()) {
      CheckLength(place, *text, bounds, members.malformed());
      texts.push_back(*text);
    } else {
      members.malformed().WrongType(place, "String", (*array)[i]);
    }
  }
  return texts;
}

int ReadDimensions(Members& members, std::string_view key) {
  const json::Value* member = members.Any(key);
  if (member == nullptr) return 0;
  int64_t dimensions = 0;
  if (!member->ToInt64(dimensions)) {
    members.malformed().WrongType(members.PointerOf(key), "Integer", *member);
  } else if (dimensions <= 0 || !std::in_range<int>(dimensions)) {
    members.NotInEnum(key, fmt::to_string(dimensions));
  } else {
    return static_cast<int>(dimensions);
  }
  return 0;
}

Result<void> CheckDimensionsAre(int asked, int dimensions, std::string_view pointer) {
  if (asked == 0 || asked == dimensions) return {};
  MalformedInput malformed;
  malformed.NotInEnum(pointer, fmt::to_string(asked));
  return std::unexpected(malformed.ToError());
}

void RefuseMedia(Members& members, std::string_view key) {
  if (members.Any(key) == nullptr) return;
  members.malformed().Add(members.PointerOf(key),
                          "the model that answers here makes embeddings of text alone");
}

}  // namespace bedplate::models
