#include "models/formats/openai_body.h"

#include <string>

#include "base/json/reader.h"
#include "base/json/writer.h"
#include "models/protocol/chat_response.h"

namespace bedplate::models {
namespace {

using json::Reader;

// Calls copy(key) for every member of the object that `reader` is at; it takes the value.
template <class Copy>
void CopyObject(Reader& reader, json::Writer& writer, Copy copy) {
  std::string_view key;
  writer.BeginObject();
  reader.BeginObject();
  while (reader.NextKey(key)) copy(std::string(key));
  writer.EndObject();
}

// The choices of an answer or chunk without the members that are Bedplate's own: they tell its
// other formats what Anthropic's servers cite, and are none of OpenAI's protocol.
std::string WithoutOwnMembers(std::string_view choices) {
  std::string out;
  json::Writer writer(out);
  Reader reader(choices);
  const auto copy = [&](const std::string& key) {
    writer.Key(key);
    writer.Raw(reader.Raw());
  };
  writer.BeginArray();
  reader.BeginArray();
  while (reader.NextElement()) {
    if (reader.Peek() != json::Kind::kObject) {
      writer.Raw(reader.Raw());
      continue;
    }
    CopyObject(reader, writer, [&](const std::string& key) {
      const bool said = key == "message" || key == "delta";
      if (!said || reader.Peek() != json::Kind::kObject) return copy(key);
      writer.Key(key);
      CopyObject(reader, writer, [&](const std::string& member) {
        if (member != kBeginsText && member != kTextCitations) return copy(member);
        reader.Skip();
      });
    });
  }
  writer.EndArray();
  return out;
}

// Whether a member of such a name may be there.
bool MayHaveOwnMembers(std::string_view choices) {
  return choices.find(kBeginsText) != choices.npos || choices.find(kTextCitations) != choices.npos;
}

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
      const std::string_view raw = reader.Raw();
      if (key == "choices" && MayHaveOwnMembers(raw)) {
        write(writer, key, WithoutOwnMembers(raw));
      } else {
        write(writer, key, raw);
      }
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
