#include "base/json/value.h"
#include "wire/types.h"

namespace bedplate::wire {

Document Document::FromValue(const json::Value& value) { return FromValidJson(value.ToJson()); }

// The text was valid when it was taken; a number beyond a double's range is the one thing that a
// Value cannot hold, and makes it null.
json::Value Document::ToValue() const { return json::Value::Parse(json_).value_or(json::Value()); }

}  // namespace bedplate::wire
