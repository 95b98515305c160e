// ShapeReader: one codec's way to fill generated structures from bytes.
//
// Failure: a reader keeps its first failure and turns every later call into nothing, so that
// generated code has no branches for it. The caller asks once, at the end. An object that was
// being read then holds a part of the input and is thrown away.
//
// Threads: one reader serves one message on one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/schema.h"

namespace bedplate::wire {

class ShapeReader {
 public:
  virtual ~ShapeReader() = default;

  // Calls shape.read once for each member, element or entry that the input holds.
  virtual void Structure(const Shape& shape, void* object) = 0;
  virtual void List(const Shape& shape, void* vector) = 0;
  virtual void Map(const Shape& shape, void* map) = 0;
  // The key of the map entry being read; valid until the next call.
  virtual std::string& key() = 0;

  virtual void String(std::string& value) = 0;
  virtual void Integer(int32_t& value) = 0;
  virtual void Long(int64_t& value) = 0;
  virtual void Float(float& value) = 0;
  virtual void Double(double& value) = 0;
  virtual void Boolean(bool& value) = 0;
  virtual void ReadBlob(Blob& value) = 0;
  virtual void ReadTimestamp(Timestamp& value) = 0;
  virtual void ReadDocument(Document& value) = 0;

  template <class E>
  void Enum(OpenEnum<E>& value) {
    String(enum_text_);
    const uint16_t found = NamesOf(E{}).Find(enum_text_);
    value.Assign(found, found ? std::string_view() : std::string_view(enum_text_));
  }

 private:
  std::string enum_text_;
};

}  // namespace bedplate::wire
