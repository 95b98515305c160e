#include "models/formats/titan_embeddings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/json/value.h"
#include "base/json/writer.h"
#include "models/formats/malformed_input.h"

namespace bedplate::models {
namespace {

// spec: docs.aws.amazon.com/bedrock/latest/userguide/titan-embedding-models.html
constexpr size_t kInputCharactersMax = 50'000;

size_t Characters(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

void ReadTypes(const json::Value& value, TitanEmbeddingsRequest& request,
               MalformedInput& malformed) {
  const json::Value::Array* types = value.AsArray();
  if (types == nullptr) return malformed.WrongType("/embeddingTypes", "JSONArray", value);
  if (types->empty())
    return malformed.Add("/embeddingTypes", "expected minimum item count: 1, found: 0");
  request.float_wanted = request.binary_wanted = false;
  for (size_t i = 0; i < types->size(); ++i) {
    std::string place = fmt::format("/embeddingTypes/{}", i);
    const std::string* type = (*types)[i].AsString();
    if (type == nullptr) {
      malformed.WrongType(place, "String", (*types)[i]);
    } else if (*type == "float") {
      request.float_wanted = true;
    } else if (*type == "binary") {
      request.binary_wanted = true;
    } else {
      malformed.NotInEnum(place, *type);
    }
  }
}

void WriteFloats(json::Writer& writer, const std::vector<float>& values) {
  writer.BeginArray();
  for (float value : values) writer.Float(value);
  writer.EndArray();
}

}  // namespace

Result<ReadTitan> ReadTitanEmbeddingsRequest(std::string_view body) {
  auto root = json::Value::Parse(body);
  if (!root) return std::unexpected(MalformedInput::NotJson(root.error().message));
  MalformedInput malformed;
  ReadTitan read;
  const json::Value::Object* members = root->AsObject();
  if (members == nullptr) {
    malformed.WrongType("", "JSONObject", *root);
    return std::unexpected(malformed.ToError());
  }
  if (root->Find("inputText") == nullptr) malformed.MissingKey("", "inputText");
  for (const auto& [key, value] : *members) {
    if (key == "inputText") {
      const std::string* text = value.AsString();
      if (text == nullptr) {
        malformed.WrongType("/inputText", "String", value);
      } else if (text->empty()) {
        malformed.Add("/inputText", "expected minLength: 1, actual: 0");
      } else if (const size_t characters = Characters(*text); characters > kInputCharactersMax) {
        malformed.Add("/inputText", fmt::format("expected maxLength: {}, actual: {}",
                                                kInputCharactersMax, characters));
      } else {
        read.request.input_text = *text;
      }
    } else if (key == "dimensions") {
      int64_t dimensions = 0;
      if (!value.ToInt64(dimensions)) {
        malformed.WrongType("/dimensions", "Integer", value);
      } else if (dimensions <= 0 || !std::in_range<int>(dimensions)) {
        malformed.NotInEnum("/dimensions", fmt::to_string(dimensions));
      } else {
        read.dimensions_asked = static_cast<int>(dimensions);
      }
    } else if (key == "normalize") {
      if (const bool* normalize = value.AsBoolean()) {
        read.request.normalize = *normalize;
      } else {
        malformed.WrongType("/normalize", "Boolean", value);
      }
    } else if (key == "embeddingTypes") {
      ReadTypes(value, read.request, malformed);
    } else {
      malformed.ExtraneousKey("", key);
    }
  }
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return read;
}

Result<void> CheckTitanDimensions(int asked, int dimensions) {
  if (asked == 0 || asked == dimensions) return {};
  MalformedInput malformed;
  malformed.NotInEnum("/dimensions", fmt::to_string(asked));
  return std::unexpected(malformed.ToError());
}

std::string WriteTitanEmbeddingsResponse(const TitanEmbeddingsRequest& request,
                                         const std::vector<float>& values, int64_t input_tokens) {
  std::string body;
  body.reserve(values.size() * 26 + 128);
  json::Writer writer(body);
  writer.BeginObject();
  if (request.float_wanted) {
    writer.Key("embedding");
    WriteFloats(writer, values);
  }
  writer.Key("embeddingsByType");
  writer.BeginObject();
  if (request.float_wanted) {
    writer.Key("float");
    WriteFloats(writer, values);
  }
  if (request.binary_wanted) {
    writer.Key("binary");
    writer.BeginArray();
    for (float value : values) writer.Integer(value > 0 ? 1 : 0);
    writer.EndArray();
  }
  writer.EndObject();
  writer.Key("inputTextTokenCount");
  writer.Integer(input_tokens);
  writer.EndObject();
  return body;
}

void Normalize(std::vector<float>& values) {
  double sum = 0;
  for (float value : values) sum += static_cast<double>(value) * value;
  if (sum <= 0) return;
  double scale = 1 / std::sqrt(sum);
  for (float& value : values) value = static_cast<float>(value * scale);
}

}  // namespace bedplate::models
