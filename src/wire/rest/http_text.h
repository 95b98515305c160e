// Values as the text of a URI, a query parameter or a header.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/text_reader.h"
#include "wire/writer.h"

namespace bedplate::wire {

// Reads one member of an input from decoded texts: a simple value from the first, a list from all.
// Maps take their entries from `entries`.
class TextShapeReader final : public TextReader {
 public:
  using Entries = std::vector<std::pair<std::string, std::vector<std::string>>>;

  TextShapeReader(const Member& member, std::span<const std::string> texts)
      : member_(member), texts_(texts) {}
  TextShapeReader(const Member& member, const Entries& entries)
      : member_(member), entries_(&entries) {}

  // To be asked once, after the member was read.
  Result<void> Finish();

  void Structure(const Shape& shape, void* object) override;
  void List(const Shape& shape, void* vector) override;
  void Map(const Shape& shape, void* map) override;
  void String(std::string& value) override;

 private:
  std::string_view Text() override;
  TimestampFormat timestamp_format() const override;

  const Member& member_;
  std::span<const std::string> texts_;
  const Entries* entries_ = nullptr;
  size_t index_ = 0;
};

// Writes one member of an output as the text of a header; a list with commas between its elements,
// a map as one text for each of its entries.
class TextShapeWriter final : public ShapeWriter {
 public:
  explicit TextShapeWriter(const Member& member) : member_(member) {}

  const std::string& text() const { return text_; }
  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }

  void Structure(const Shape&, const void*) override {}
  void List(const Shape& shape, const void* vector, size_t size) override;
  void Map(const Shape& shape, const void* map, size_t size) override;
  bool BeginMember(const Member&) override { return false; }
  void BeginElement() override;
  void BeginEntry(std::string_view key) override;
  void String(std::string_view value) override;
  void Integer(int32_t value) override { Long(value); }
  void Long(int64_t value) override;
  void Float(float value) override;
  void Double(double value) override;
  void Boolean(bool value) override { Append(value ? "true" : "false"); }
  void WriteBlob(const Blob& value) override;
  void WriteTimestamp(const Timestamp& value) override;
  void WriteDocument(const Document& value) override { Append(value.json()); }
  void EnumText(std::string_view text, bool) override { String(text); }

 private:
  void Append(std::string_view text);

  const Member& member_;
  std::string text_;
  std::vector<std::pair<std::string, std::string>> entries_;
  bool in_list_ = false;
  bool in_map_ = false;
  bool first_ = true;
};

// The elements of a list in a header: split at commas, quotes taken off. Dates, which hold a comma
// themselves, are told by `timestamps`.
std::vector<std::string> SplitHeaderList(std::string_view value, bool timestamps);

// How a member's timestamps are written where its model says nothing.
TimestampFormat TextTimestampFormat(const Member& member);

}  // namespace bedplate::wire
