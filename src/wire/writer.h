// ShapeWriter: takes a generated structure apart, member by member. Codecs turn it into bytes;
// validation is a writer too, which checks instead.
//
// Threads: one writer serves one message on one thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "wire/schema.h"

namespace bedplate::wire {

class ShapeWriter {
 public:
  virtual ~ShapeWriter() = default;

  virtual void Structure(const Shape& shape, const void* object) = 0;
  virtual void List(const Shape& shape, const void* vector, size_t size) = 0;
  virtual void Map(const Shape& shape, const void* map, size_t size) = 0;

  // Come right before the value they announce. A false answer skips the member.
  virtual bool BeginMember(const Member& member) = 0;
  virtual void BeginElement() = 0;
  virtual void BeginEntry(std::string_view key) = 0;

  virtual void String(std::string_view value) = 0;
  virtual void Integer(int32_t value) = 0;
  virtual void Long(int64_t value) = 0;
  virtual void Float(float value) = 0;
  virtual void Double(double value) = 0;
  virtual void Boolean(bool value) = 0;
  virtual void WriteBlob(const Blob& value) = 0;
  virtual void WriteTimestamp(const Timestamp& value) = 0;
  virtual void WriteDocument(const Document& value) = 0;
  // `recognized` is false for a text that the model does not list.
  virtual void EnumText(std::string_view text, bool recognized) = 0;

  template <class E>
  void Enum(const OpenEnum<E>& value) {
    EnumText(value.text(), value.value() != E{});
  }
};

}  // namespace bedplate::wire
