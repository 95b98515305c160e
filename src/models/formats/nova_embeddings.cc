// The body of Amazon Nova Multimodal Embeddings, for text. Images, sound, films and texts in S3 are
// refused: the protocol to a model's server takes text alone.
// spec: https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html
#include <algorithm>
#include <array>
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

constexpr TextBounds kValueCharacters{.least = 1, .most = 8192};

// What the vector is for. A model that has one vector for all purposes gives that.
constexpr std::array<std::string_view, 9> kPurposes = {
    "GENERIC_INDEX",   "GENERIC_RETRIEVAL", "TEXT_RETRIEVAL",
    "IMAGE_RETRIEVAL", "VIDEO_RETRIEVAL",   "DOCUMENT_RETRIEVAL",
    "AUDIO_RETRIEVAL", "CLASSIFICATION",    "CLUSTERING"};

Truncation ReadTruncation(Members& text) {
  const std::string* mode = text.NeedText("truncationMode");
  if (mode == nullptr || *mode == "NONE") return Truncation::kNone;
  if (*mode == "START") return Truncation::kStart;
  if (*mode != "END") text.NotInEnum("truncationMode", *mode);
  return Truncation::kEnd;
}

void ReadText(const json::Value& value, EmbeddingsRequest& request, MalformedInput& malformed) {
  Members text(value, "/singleEmbeddingParams/text", malformed);
  request.truncation = ReadTruncation(text);
  RefuseMedia(text, "source");
  if (!text.Has("source")) request.texts = {NeedBoundedText(text, "value", kValueCharacters)};
  text.Finish();
}

void ReadParams(const json::Value& value, EmbeddingsRequest& request, int& dimensions,
                MalformedInput& malformed) {
  Members params(value, "/singleEmbeddingParams", malformed);
  const std::string* purpose = params.NeedText("embeddingPurpose");
  if (purpose != nullptr && std::ranges::find(kPurposes, *purpose) == kPurposes.end()) {
    params.NotInEnum("embeddingPurpose", *purpose);
  }
  dimensions = ReadDimensions(params, "embeddingDimension");
  bool media = false;
  for (const std::string_view key : {"image", "audio", "video"}) {
    RefuseMedia(params, key);
    media = media || params.Has(key);
  }
  const json::Value* text = media ? params.Object("text") : params.NeedObject("text");
  if (text != nullptr) ReadText(*text, request, malformed);
  params.Finish();
}

class NovaEmbedding final : public NativeEmbeddings {
 public:
  NovaEmbedding(EmbeddingsRequest request, int dimensions)
      : NativeEmbeddings(std::move(request)), dimensions_(dimensions) {}

  Result<void> CheckDimensions(int dimensions) const override {
    return CheckDimensionsAre(dimensions_, dimensions, "/singleEmbeddingParams/embeddingDimension");
  }

  std::string WriteAnswer(const Embeddings& embeddings) const override {
    std::string body;
    json::Writer writer(body);
    writer.BeginObject();
    writer.Key("embeddings");
    writer.BeginArray();
    writer.BeginObject();
    writer.Key("embeddingType");
    writer.String("TEXT");
    writer.Key("embedding");
    WriteFloats(writer, embeddings.vectors[0]);
    writer.EndObject();
    writer.EndArray();
    writer.EndObject();
    return body;
  }

 private:
  int dimensions_;
};

}  // namespace

Result<NativeEmbeddingsPtr> ReadNovaEmbeddings(std::string_view body) {
  auto root = ParseBody(body);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members members(*root, "", malformed);
  const std::string* version = members.Text("schemaVersion");
  if (version != nullptr && *version != "nova-multimodal-embed-v1") {
    members.NotInEnum("schemaVersion", *version);
  }
  const std::string* task = members.NeedText("taskType");
  if (task != nullptr && *task != "SINGLE_EMBEDDING") members.NotInEnum("taskType", *task);
  EmbeddingsRequest request;
  int dimensions = 0;
  const json::Value* params = members.NeedObject("singleEmbeddingParams");
  if (params != nullptr) ReadParams(*params, request, dimensions, malformed);
  members.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return std::make_unique<NovaEmbedding>(std::move(request), dimensions);
}

}  // namespace bedplate::models
