// Structures as the protocol cases write parameters and results: JSON objects by member name, with
// blobs as text, timestamps as seconds since 1970 and NaN and Infinity as strings.
#pragma once

#include <string>
#include <vector>

#include "base/json/value.h"
#include "wire/reader.h"
#include "wire/writer.h"

namespace bedplate::protocol_tests {

// Fills an object from plain values. Throws std::invalid_argument on what does
// not fit.
void FromPlain(const json::Value& plain, const wire::Shape& shape, void* object);

json::Value ToPlain(const wire::Shape& shape, const void* object);

}  // namespace bedplate::protocol_tests
