#include "runtime/facade_body.h"

#include <fmt/format.h>

#include <utility>

#include "base/json/reader.h"
#include "models/formats/malformed_input.h"

namespace bedplate::runtime {
namespace {

using json::Kind;
using json::Reader;

constexpr size_t kModelBytesMax = 2'048;  // as long as InvokeModel's

void ReadModel(Reader& reader, FacadeBody& body, models::MalformedInput& malformed) {
  if (reader.Peek() == Kind::kString) {
    reader.String(body.model);
    if (body.model.size() > kModelBytesMax) {
      malformed.Add("/model", fmt::format("expected maxLength: {}, actual: {}", kModelBytesMax,
                                          body.model.size()));
    }
  } else {
    malformed.WrongType("/model", "String", json::Value::Read(reader));
  }
}

void ReadStream(Reader& reader, FacadeBody& body, models::MalformedInput& malformed) {
  if (reader.Peek() == Kind::kBoolean) {
    reader.Boolean(body.stream);
  } else if (reader.Peek() == Kind::kNull) {
    reader.Null();
  } else {
    malformed.WrongType("/stream", "Boolean", json::Value::Read(reader));
  }
}

}  // namespace

Result<FacadeBody> ReadFacadeBody(std::string_view text) {
  Reader reader(text);
  models::MalformedInput malformed;
  FacadeBody body;
  bool has_model = false;
  if (reader.Peek() == Kind::kObject && reader.BeginObject()) {
    std::string_view key;
    while (reader.NextKey(key)) {
      if (key == "model") {
        has_model = true;
        ReadModel(reader, body, malformed);
      } else if (key == "stream") {
        ReadStream(reader, body, malformed);
      } else {
        reader.Skip();
      }
    }
    if (!has_model) malformed.MissingKey("", "model");
  } else {
    const json::Value other = json::Value::Read(reader);
    malformed.WrongType("", "JSONObject", other);
  }
  if (!reader.Finish()) return std::unexpected(models::MalformedInput::NotJson(reader.error()));
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return body;
}

}  // namespace bedplate::runtime
