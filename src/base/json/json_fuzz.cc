// Any bytes: the reader takes them or refuses them, and what it took writes and reads back the
// same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/json/value.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace json = bedplate::json;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  json::Reader reader(text);
  const bool skipped = reader.Skip() && reader.Finish();
  const auto value = json::Value::Parse(text);
  if (value && !skipped) std::abort();  // the two ways of reading must agree
  if (!value) return 0;
  const auto again = json::Value::Parse(value->ToJson());
  if (!again || !(*again == *value)) std::abort();
  return 0;
}
