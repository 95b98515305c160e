// Generated structures as JSON: rest-json, json-1.0 and json-1.1.
//
// Reading: unknown members are skipped, null is absence, "NaN" and "Infinity" are numbers where the
// model says float. Everything else that does not fit fails, and the message names the member.
#pragma once

#include <string>
#include <string_view>

#include "base/json/reader.h"
#include "base/json/writer.h"
#include "base/result.h"
#include "wire/decode_failure.h"
#include "wire/member_scope.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace bedplate::wire {

class JsonShapeReader final : public ShapeReader {
 public:
  // `json` must outlive the reader.
  explicit JsonShapeReader(std::string_view json, MemberScope scope = MemberScope::kAll)
      : reader_(json), scope_(scope) {}

  // To be asked once, after the value was read: was it the whole text, and did all of it fit?
  Result<void> Finish();
  // Whether the next value is null, which is then taken.
  bool TakeNull();
  // Before a single member is read on its own: its timestamp format matters.
  void SetMember(const Member& member) { member_ = &member; }

  void Structure(const Shape& shape, void* object) override;
  void List(const Shape& shape, void* vector) override;
  void Map(const Shape& shape, void* map) override;
  std::string& key() override { return key_; }
  void String(std::string& value) override;
  void Integer(int32_t& value) override;
  void Long(int64_t& value) override;
  void Float(float& value) override;
  void Double(double& value) override;
  void Boolean(bool& value) override;
  void ReadBlob(Blob& value) override;
  void ReadTimestamp(Timestamp& value) override;
  void ReadDocument(Document& value) override;

 private:
  bool Expect(json::Kind kind, std::string_view what);
  void Part(const Shape& shape, const Member& part, void* container);
  void Refuse(std::string what);
  bool IntegerNumber(int64_t& value, std::string_view what);
  bool SpecialNumber(double& value);

  json::Reader reader_;
  MemberScope scope_;
  DecodeFailure failure_;
  std::string key_;
  const Member* member_ = nullptr;  // whose value comes next
};

class JsonShapeWriter final : public ShapeWriter {
 public:
  explicit JsonShapeWriter(std::string& out, MemberScope scope = MemberScope::kAll)
      : writer_(out), scope_(scope) {}

  void SetMember(const Member& member) { member_ = &member; }

  void Structure(const Shape& shape, const void* object) override;
  void List(const Shape& shape, const void* vector, size_t size) override;
  void Map(const Shape& shape, const void* map, size_t size) override;
  bool BeginMember(const Member& member) override;
  void BeginElement() override {}
  void BeginEntry(std::string_view key) override { writer_.Key(key); }
  void String(std::string_view value) override { writer_.String(value); }
  void Integer(int32_t value) override { writer_.Integer(value); }
  void Long(int64_t value) override { writer_.Integer(value); }
  void Float(float value) override;
  void Double(double value) override;
  void Boolean(bool value) override { writer_.Boolean(value); }
  void WriteBlob(const Blob& value) override;
  void WriteTimestamp(const Timestamp& value) override;
  void WriteDocument(const Document& value) override { writer_.Raw(value.json()); }
  void EnumText(std::string_view text, bool) override { writer_.String(text); }

 private:
  json::Writer writer_;
  MemberScope scope_;
  int depth_ = 0;  // of structures being written
  const Member* member_ = nullptr;
};

}  // namespace bedplate::wire
