// Generated structures as CBOR. Structures are maps of indefinite length, since how many of their
// members are set is not known beforehand; all other lengths are definite.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/writer.h"

namespace bedplate::wire {

class CborShapeWriter final : public ShapeWriter {
 public:
  explicit CborShapeWriter(std::string& out) : out_(out) {}

  void Structure(const Shape& shape, const void* object) override;
  void List(const Shape& shape, const void* vector, size_t size) override;
  void Map(const Shape& shape, const void* map, size_t size) override;
  bool BeginMember(const Member& member) override;
  void BeginElement() override {}
  void BeginEntry(std::string_view key) override { String(key); }
  void String(std::string_view value) override;
  void Integer(int32_t value) override { Long(value); }
  void Long(int64_t value) override;
  void Float(float value) override;
  void Double(double value) override;
  void Boolean(bool value) override;
  void WriteBlob(const Blob& value) override;
  void WriteTimestamp(const Timestamp& value) override;
  void WriteDocument(const Document&) override;
  void EnumText(std::string_view text, bool) override { String(text); }

  // For what no generated structure holds (errors): a map of indefinite length by hand.
  void BeginMap();
  void EndMap();

 private:
  void Head(uint8_t major, uint64_t number);
  void BigEndian(uint64_t bits, int bytes);

  std::string& out_;
};

}  // namespace bedplate::wire
