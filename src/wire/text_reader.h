// Base of the readers whose simple values are text: URI and header texts, XML, query forms. They
// differ in where the text comes from.
#pragma once

#include <string>
#include <string_view>

#include "wire/decode_failure.h"
#include "wire/reader.h"

namespace bedplate::wire {

class TextReader : public ShapeReader {
 public:
  std::string& key() final { return key_; }
  void String(std::string& value) override;
  void Integer(int32_t& value) final;
  void Long(int64_t& value) final;
  void Float(float& value) final;
  void Double(double& value) final;
  void Boolean(bool& value) final;
  void ReadBlob(Blob& value) final;
  void ReadTimestamp(Timestamp& value) final;
  void ReadDocument(Document& value) final;

 protected:
  // The text of the value at hand.
  virtual std::string_view Text() = 0;
  virtual TimestampFormat timestamp_format() const = 0;
  void Refuse(std::string_view expected);

  DecodeFailure failure_;
  std::string key_;
};

}  // namespace bedplate::wire
