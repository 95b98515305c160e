// The body of Amazon Titan Multimodal Embeddings G1. Images are refused: the protocol to a model's
// server takes text alone.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-mm.html
#include <memory>
#include <string_view>
#include <utility>

#include "base/json/writer.h"
#include "models/formats/embedding_members.h"
#include "models/formats/embedding_values.h"
#include "models/formats/families.h"
#include "models/formats/members.h"

namespace bedplate::models {
namespace {

// Titan's own bound is 256 tokens; here the bound model's context counts.
constexpr TextBounds kInputCharacters{.least = 1, .most = 50'000};

int ReadLength(Members& members) {
  const json::Value* config = members.Object("embeddingConfig");
  if (config == nullptr) return 0;
  Members inner(*config, "/embeddingConfig", members.malformed());
  const int length = ReadDimensions(inner, "outputEmbeddingLength");
  inner.Finish();
  return length;
}

class TitanMultimodalEmbedding final : public NativeEmbeddings {
 public:
  TitanMultimodalEmbedding(EmbeddingsRequest request, int length)
      : NativeEmbeddings(std::move(request)), length_(length) {}

  Result<void> CheckDimensions(int dimensions) const override {
    return CheckDimensionsAre(length_, dimensions, "/embeddingConfig/outputEmbeddingLength");
  }

  std::string WriteAnswer(const Embeddings& embeddings) const override {
    std::string body;
    json::Writer writer(body);
    writer.BeginObject();
    writer.Key("embedding");
    WriteFloats(writer, embeddings.vectors[0]);
    writer.Key("inputTextTokenCount");
    writer.Integer(embeddings.prompt_tokens);
    writer.Key("message");  // errors of the making: there were none
    writer.Null();
    writer.EndObject();
    return body;
  }

 private:
  int length_;
};

}  // namespace

Result<NativeEmbeddingsPtr> ReadTitanMultimodalEmbeddings(std::string_view body) {
  auto root = ParseBody(body);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members members(*root, "", malformed);
  RefuseMedia(members, "inputImage");
  EmbeddingsRequest request{.texts = {BoundedText(members, "inputText", kInputCharacters)}};
  if (root->is_object() && !members.Has("inputText") && !members.Has("inputImage")) {
    members.Missing("inputText");
  }
  const int length = ReadLength(members);
  members.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return std::make_unique<TitanMultimodalEmbedding>(std::move(request), length);
}

}  // namespace bedplate::models
