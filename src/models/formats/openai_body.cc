#include "models/formats/openai_body.h"

#include "base/json/reader.h"
#include "base/json/writer.h"

namespace bedplate::models {
namespace {

using json::Reader;

// Calls write(key, raw) for every member but the model.
template <class Write>
std::string Rewrite(std::string_view json, std::string_view model, Write write) {
  std::string out;
  out.reserve(json.size() + model.size() + 192);
  json::Writer writer(out);
  Reader reader(json);
  std::string_view key_view;
  writer.BeginObject();
  reader.BeginObject();
  while (reader.NextKey(key_view)) {
    if (key_view == "model") {
      writer.Key(key_view);
      writer.String(model);
      reader.Skip();
    } else {
      const std::string key(key_view);
      write(writer, key, reader.Raw());
    }
  }
  return out;
}

}  // namespace

std::string UnderModelName(std::string_view json, std::string_view model,
                           const std::optional<InvocationMetrics>& metrics) {
  std::string out =
      Rewrite(json, model, [](json::Writer& writer, std::string_view key, std::string_view raw) {
        writer.Key(key);
        writer.Raw(raw);
      });
  if (metrics) {
    if (out.back() != '{') out += ',';
    json::Writer writer(out);
    WriteMetrics(writer, *metrics);
  }
  out += '}';
  return out;
}

std::string UnderModelNameWithoutUsage(std::string_view json, std::string_view model) {
  bool any_choice = false;
  std::string out =
      Rewrite(json, model, [&](json::Writer& writer, std::string_view key, std::string_view raw) {
        if (key == "usage") return;
        if (key == "choices") {
          Reader choices(raw);
          any_choice = choices.BeginArray() && choices.NextElement();
        }
        writer.Key(key);
        writer.Raw(raw);
      });
  if (!any_choice) return {};
  out += '}';
  return out;
}

}  // namespace bedplate::models
