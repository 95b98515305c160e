#include "wire/json_error.h"

#include "base/json/writer.h"

namespace bedplate::wire {

void AppendJsonError(std::string& out, const WireError& error, bool with_type) {
  json::Writer writer(out);
  writer.BeginObject();
  if (with_type) {
    writer.Key("__type");
    writer.String(error.type);
  }
  writer.Key("message");
  writer.String(error.message);
  // Members of ModelErrorException and ModelStreamErrorException.
  if (error.original_status) {
    writer.Key("originalStatusCode");
    writer.Integer(*error.original_status);
  }
  writer.EndObject();
}

}  // namespace bedplate::wire
