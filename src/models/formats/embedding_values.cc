#include "models/formats/embedding_values.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace bedplate::models {
namespace {

constexpr int kInt8Max = 127;
constexpr int kSignedToUnsigned = 128;

void WriteWholeNumbers(json::Writer& writer, std::span<const float> values, int added) {
  const double range = std::min(1.0, 8 / std::sqrt(static_cast<double>(values.size())));
  writer.BeginArray();
  for (const float value : values) {
    const double whole = std::round(std::clamp(value / range, -1.0, 1.0) * kInt8Max);
    writer.Integer(static_cast<int64_t>(whole) + added);
  }
  writer.EndArray();
}

void WritePacked(json::Writer& writer, std::span<const float> values, int added) {
  writer.BeginArray();
  for (size_t begin = 0; begin < values.size(); begin += 8) {
    int byte = 0;
    for (size_t i = begin; i < begin + 8; ++i) {
      byte = byte * 2 + (i < values.size() && values[i] > 0 ? 1 : 0);
    }
    writer.Integer(byte + added);
  }
  writer.EndArray();
}

}  // namespace

void WriteFloats(json::Writer& writer, std::span<const float> values) {
  writer.BeginArray();
  for (const float value : values) writer.Float(value);
  writer.EndArray();
}

void WriteInt8(json::Writer& writer, std::span<const float> values) {
  WriteWholeNumbers(writer, values, 0);
}

void WriteUint8(json::Writer& writer, std::span<const float> values) {
  WriteWholeNumbers(writer, values, kSignedToUnsigned);
}

void WriteBits(json::Writer& writer, std::span<const float> values) {
  writer.BeginArray();
  for (const float value : values) writer.Integer(value > 0 ? 1 : 0);
  writer.EndArray();
}

void WriteUbinary(json::Writer& writer, std::span<const float> values) {
  WritePacked(writer, values, 0);
}

void WriteBinary(json::Writer& writer, std::span<const float> values) {
  WritePacked(writer, values, -kSignedToUnsigned);
}

}  // namespace bedplate::models
