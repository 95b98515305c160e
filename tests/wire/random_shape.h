// Fills any generated structure with random values.
#pragma once

#include <random>
#include <string>

#include "wire/reader.h"

namespace bedplate::wire {

struct RandomOptions {
  bool control_characters = true;  // XML has no words for them
  bool documents = true;           // JSON alone has them
  int32_t nanoseconds_step = 1;    // CBOR keeps milliseconds
};

void FillRandom(std::mt19937_64& random, const RandomOptions& options, const Shape& shape,
                void* object);

}  // namespace bedplate::wire
