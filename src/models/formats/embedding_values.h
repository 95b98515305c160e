// Vectors as answers hold them: as they are, in whole numbers, and in bits.
//
// Threads: pure functions; a writer belongs to its thread.
#pragma once

#include <span>

#include "base/json/writer.h"

namespace bedplate::models {

// Each appends one JSON array.
void WriteFloats(json::Writer& writer, std::span<const float> values);

// Whole numbers from -127 to 127 for values from -r to r, rounded; beyond it they are cut. Vectors
// have length 1 and d values, and r is 8/sqrt(d), eight times the root mean square of a value, but
// at most 1. It depends on d alone, so that the dot products of a model's vectors keep their order.
void WriteInt8(json::Writer& writer, std::span<const float> values);
// The same and 128 more: from 1 to 255.
void WriteUint8(json::Writer& writer, std::span<const float> values);

// A bit for each value, 1 where it is above zero: one array element each.
void WriteBits(json::Writer& writer, std::span<const float> values);
// Eight of these to a number, the first the highest, zeros behind the last: from 0 to 255.
void WriteUbinary(json::Writer& writer, std::span<const float> values);
// The same less 128: from -128 to 127.
void WriteBinary(json::Writer& writer, std::span<const float> values);

}  // namespace bedplate::models
