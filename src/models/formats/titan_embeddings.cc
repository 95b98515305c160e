// The bodies of Amazon Titan Text Embeddings V2 and of its forerunner, Titan Embeddings G1 - Text,
// which has the text alone.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
#include <fmt/format.h>

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json/writer.h"
#include "models/formats/embedding_members.h"
#include "models/formats/embedding_values.h"
#include "models/formats/families.h"
#include "models/formats/members.h"

namespace bedplate::models {
namespace {

// spec: docs.aws.amazon.com/bedrock/latest/userguide/titan-embedding-models.html
constexpr TextBounds kInputCharacters{.least = 1, .most = 50'000};

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

// The answer of G1.
class PlainEmbedding final : public NativeEmbeddings {
 public:
  using NativeEmbeddings::NativeEmbeddings;

  Result<void> CheckDimensions(int /*dimensions*/) const override { return {}; }

  std::string WriteAnswer(const Embeddings& embeddings) const override {
    std::string body;
    json::Writer writer(body);
    writer.BeginObject();
    writer.Key("embedding");
    WriteFloats(writer, embeddings.vectors[0]);
    writer.Key("inputTextTokenCount");
    writer.Integer(embeddings.prompt_tokens);
    writer.EndObject();
    return body;
  }
};

class TitanEmbeddings final : public NativeEmbeddings {
 public:
  TitanEmbeddings(EmbeddingsRequest request, EmbeddingTypes types, int dimensions)
      : NativeEmbeddings(std::move(request)), types_(types), dimensions_(dimensions) {}

  Result<void> CheckDimensions(int dimensions) const override {
    return CheckDimensionsAre(dimensions_, dimensions, "/dimensions");
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
      WriteBits(writer, values);
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

Result<NativeEmbeddingsPtr> ReadTitanEmbeddings(std::string_view body) {
  auto root = ParseBody(body);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members members(*root, "", malformed);
  EmbeddingsRequest request{.texts = {NeedBoundedText(members, "inputText", kInputCharacters)}};
  members.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return std::make_unique<PlainEmbedding>(std::move(request));
}

Result<NativeEmbeddingsPtr> ReadTitanEmbeddingsV2(std::string_view body) {
  auto root = ParseBody(body);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members members(*root, "", malformed);
  EmbeddingsRequest request{.texts = {NeedBoundedText(members, "inputText", kInputCharacters)}};
  const int dimensions = ReadDimensions(members, "dimensions");
  request.normalize = members.Boolean("normalize").value_or(true);
  const EmbeddingTypes types = ReadTypes(members);
  members.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return std::make_unique<TitanEmbeddings>(std::move(request), types, dimensions);
}

}  // namespace bedplate::models
