// The body of Amazon Titan Text Embeddings V2.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/json/writer.h"
#include "models/formats/families.h"
#include "models/formats/members.h"

namespace bedplate::models {
namespace {

// spec: docs.aws.amazon.com/bedrock/latest/userguide/titan-embedding-models.html
constexpr size_t kInputCharactersMax = 50'000;

size_t Characters(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

struct EmbeddingTypes {
  bool float_wanted = true;
  bool binary_wanted = false;
};

EmbeddingTypes ReadTypes(Members& members) {
  EmbeddingTypes types;
  if (!members.Has("embeddingTypes")) return types;
  types.float_wanted = false;
  const json::Value::Array* names = members.Array("embeddingTypes");
  if (names == nullptr) return types;
  if (names->empty()) {
    members.malformed().Add("/embeddingTypes", "expected minimum item count: 1, found: 0");
  }
  for (size_t i = 0; i < names->size(); ++i) {
    const std::string place = fmt::format("/embeddingTypes/{}", i);
    const std::string* name = (*names)[i].AsString();
    if (name == nullptr) {
      members.malformed().WrongType(place, "String", (*names)[i]);
    } else if (*name == "float") {
      types.float_wanted = true;
    } else if (*name == "binary") {
      types.binary_wanted = true;
    } else {
      members.malformed().NotInEnum(place, *name);
    }
  }
  return types;
}

std::string ReadInputText(Members& members) {
  const std::string* text = members.NeedText("inputText");
  if (text == nullptr) return {};
  if (text->empty()) {
    members.malformed().Add("/inputText", "expected minLength: 1, actual: 0");
  } else if (const size_t characters = Characters(*text); characters > kInputCharactersMax) {
    members.malformed().Add("/inputText", fmt::format("expected maxLength: {}, actual: {}",
                                                      kInputCharactersMax, characters));
  }
  return *text;
}

// 0 when the body leaves the length to the model.
int ReadDimensions(Members& members) {
  const json::Value* member = members.Any("dimensions");
  if (member == nullptr) return 0;
  int64_t dimensions = 0;
  if (!member->ToInt64(dimensions)) {
    members.malformed().WrongType("/dimensions", "Integer", *member);
  } else if (dimensions <= 0 || !std::in_range<int>(dimensions)) {
    members.NotInEnum("dimensions", fmt::to_string(dimensions));
  }
  return static_cast<int>(dimensions);
}

void WriteFloats(json::Writer& writer, const std::vector<float>& values) {
  writer.BeginArray();
  for (float value : values) writer.Float(value);
  writer.EndArray();
}

class TitanEmbeddings final : public NativeEmbeddings {
 public:
  TitanEmbeddings(std::string text, bool normalize, EmbeddingTypes types, int dimensions)
      : NativeEmbeddings({std::move(text)}, normalize), types_(types), dimensions_(dimensions) {}

  Result<void> CheckDimensions(int dimensions) const override {
    if (dimensions_ == 0 || dimensions_ == dimensions) return {};
    MalformedInput malformed;
    malformed.NotInEnum("/dimensions", fmt::to_string(dimensions_));
    return std::unexpected(malformed.ToError());
  }

  std::string WriteAnswer(const Embeddings& embeddings) const override {
    const std::vector<float>& values = embeddings.vectors[0];
    std::string body;
    body.reserve(values.size() * 26 + 128);
    json::Writer writer(body);
    writer.BeginObject();
    if (types_.float_wanted) {
      writer.Key("embedding");
      WriteFloats(writer, values);
    }
    writer.Key("embeddingsByType");
    writer.BeginObject();
    if (types_.float_wanted) {
      writer.Key("float");
      WriteFloats(writer, values);
    }
    if (types_.binary_wanted) {
      writer.Key("binary");
      writer.BeginArray();
      for (float value : values) writer.Integer(value > 0 ? 1 : 0);
      writer.EndArray();
    }
    writer.EndObject();
    writer.Key("inputTextTokenCount");
    writer.Integer(embeddings.prompt_tokens);
    writer.EndObject();
    return body;
  }

 private:
  EmbeddingTypes types_;
  int dimensions_;
};

}  // namespace

Result<NativeEmbeddingsPtr> ReadTitanEmbeddingsV2(std::string_view body) {
  auto root = ParseBody(body);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members members(*root, "", malformed);
  std::string text = ReadInputText(members);
  const int dimensions = ReadDimensions(members);
  const bool normalize = members.Boolean("normalize").value_or(true);
  const EmbeddingTypes types = ReadTypes(members);
  members.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return std::make_unique<TitanEmbeddings>(std::move(text), normalize, types, dimensions);
}

}  // namespace bedplate::models
