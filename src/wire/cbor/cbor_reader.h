// Generated structures from CBOR (RFC 8949), as rpc-v2-cbor uses it.
//
// Reading is strict: lengths are held against what is left of the body before anything is kept for
// them, nesting is bounded, texts are UTF-8, a member that stands twice is refused. Unknown members
// are skipped; null and undefined are absence.
// spec: smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/decode_failure.h"
#include "wire/reader.h"

namespace bedplate::wire {

class CborShapeReader final : public ShapeReader {
 public:
  // `bytes` must outlive the reader.
  explicit CborShapeReader(std::string_view bytes) : rest_(bytes) {}

  // To be asked once, after the structure was read.
  Result<void> Finish();

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
  // The first byte of an item, and the number that follows it.
  struct Head {
    uint8_t major = 0;
    uint8_t info = 0;
    uint64_t number = 0;
    bool indefinite() const { return info == 31; }
  };

  bool Fail(std::string what);
  void Mismatch(std::string_view expected, const Head& head);
  bool ReadHead(Head& head);
  bool PeekByte(uint8_t byte) const {
    return !rest_.empty() && static_cast<uint8_t>(rest_[0]) == byte;
  }
  bool TakeBreak();
  bool TakeNull();
  // Begins a list (major 4) or map (5). `items` is then how many come, or kIndefinite.
  bool Begin(uint8_t major, std::string_view what, uint64_t& items);
  bool Next(uint64_t& items);  // false after the last item
  bool Chunks(const Head& head, std::string& out);
  bool Text(std::string& out, uint8_t major, std::string_view what);
  bool Floating(const Head& head, double& value);
  void Part(const Shape& shape, const Member& part, void* container);
  void Skip();

  std::string_view rest_;
  DecodeFailure failure_;
  std::string key_;
  size_t depth_ = 0;
  size_t values_ = 0;
};

}  // namespace bedplate::wire
