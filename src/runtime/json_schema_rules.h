// Whether a JSON schema is one: its keywords hold what JSON Schema says they hold. What the schema
// describes is not looked at.
//
// Threads: pure functions. Work grows linearly with the schema; depth is bounded by the reader's.
// spec: https://json-schema.org/draft/2020-12/schema
#pragma once

#include <string>
#include <string_view>

#include "base/json/value.h"

namespace bedplate::runtime {

// What is wrong with `schema`, e.g. "$.properties: null found, object expected"; empty when nothing
// is. At most a few faults, parted by "; ".
std::string SchemaFaults(const json::Value& schema);

}  // namespace bedplate::runtime
