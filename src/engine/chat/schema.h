// JSON schemas that requests bring: what of one an answer can be held to, within bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/json/value.h"
#include "base/result.h"

namespace bedplate::engine {

// Limits of all schemas of one request together, where nothing else is said: so that neither
// turning them into a grammar nor following that takes long.
inline constexpr size_t kSchemaDepthMax = 32;         // of one
inline constexpr size_t kSchemaNodesMax = 2'000;      // subschemas
inline constexpr size_t kSchemaFollowedMax = 10'000;  // of them, when each $ref is followed
inline constexpr size_t kSchemaEnumValuesMax = 1'000;
inline constexpr size_t kSchemaTextMax = 64 * 1024;   // bytes of names and enum values together
inline constexpr size_t kSchemaNameMax = 256;         // bytes of a property's name
inline constexpr size_t kSchemaOptionalMax = 100;     // optional properties of one object
inline constexpr int64_t kSchemaRepeatsMax = 10'000;  // of all counts together

enum class SchemaUse : uint8_t {
  kStrict,  // every keyword is held to; one that cannot be is refused
  kHint,    // keywords that cannot be held to are left out: the model reads them all the same
};

// What the schemas of a request have used of the limits.
struct SchemaTotals {
  size_t nodes = 0;
  size_t followed = 0;
  size_t enum_values = 0;
  size_t text = 0;
  int64_t repeats = 0;
};

// The schema in the form that the grammar converter takes. kValidation, naming the place by
// `path`, for what is no schema or beyond the limits.
// spec: https://json-schema.org/draft/2020-12
Result<json::Value> EnforceableSchema(const json::Value& schema, const std::string& path,
                                      SchemaUse use, SchemaTotals& totals);

}  // namespace bedplate::engine
