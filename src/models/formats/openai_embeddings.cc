// OpenAI's embeddings.
// spec: https://platform.openai.com/docs/api-reference/embeddings/create
#include <fmt/format.h>

#include <bit>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/base64.h"
#include "base/json/writer.h"
#include "models/formats/facades.h"
#include "models/formats/members.h"

namespace bedplate::models {
namespace {

static_assert(std::endian::native == std::endian::little, "vectors are sent as they lie in memory");

constexpr size_t kTextsMax = 2'048;  // as many as OpenAI takes

class OpenAiEmbeddings final : public NativeEmbeddings {
 public:
  OpenAiEmbeddings(std::vector<std::string> texts, std::string_view model,
                   std::optional<int> dimensions, bool base64)
      : NativeEmbeddings(EmbeddingsRequest{.texts = std::move(texts), .normalize = true}),
        model_(model),
        dimensions_(dimensions),
        base64_(base64) {}

  Result<void> CheckDimensions(int dimensions) const override {
    if (!dimensions_ || *dimensions_ == dimensions) return {};
    MalformedInput malformed;
    malformed.Add("/dimensions",
                  fmt::format("{} is not what the model makes, {}", *dimensions_, dimensions));
    return std::unexpected(malformed.ToError());
  }

  std::string WriteAnswer(const Embeddings& embeddings) const override {
    std::string body;
    json::Writer writer(body);
    writer.BeginObject();
    writer.Key("object");
    writer.String("list");
    writer.Key("data");
    writer.BeginArray();
    for (size_t i = 0; i < embeddings.vectors.size(); ++i) {
      writer.BeginObject();
      writer.Key("object");
      writer.String("embedding");
      writer.Key("index");
      writer.Unsigned(i);
      writer.Key("embedding");
      WriteVector(writer, embeddings.vectors[i]);
      writer.EndObject();
    }
    writer.EndArray();
    writer.Key("model");
    writer.String(model_);
    writer.Key("usage");
    writer.BeginObject();
    writer.Key("prompt_tokens");
    writer.Integer(embeddings.prompt_tokens);
    writer.Key("total_tokens");
    writer.Integer(embeddings.prompt_tokens);
    writer.EndObject();
    writer.EndObject();
    return body;
  }

 private:
  void WriteVector(json::Writer& writer, const std::vector<float>& vector) const {
    if (base64_) {
      std::string text;
      AppendBase64(text,
                   {reinterpret_cast<const char*>(vector.data()), vector.size() * sizeof(float)});
      return writer.String(text);
    }
    writer.BeginArray();
    for (const float value : vector) writer.Float(value);
    writer.EndArray();
  }

  std::string model_;
  std::optional<int> dimensions_;
  bool base64_;
};

// Lists of tokens are refused: tokens of OpenAI's models mean nothing to others.
std::vector<std::string> ReadInput(Members& body) {
  const json::Value* input = body.Any("input");
  MalformedInput& malformed = body.malformed();
  if (input == nullptr) {
    body.Missing("input");
    return {};
  }
  if (const std::string* text = input->AsString()) {
    if (text->empty()) malformed.Add("/input", "expected minLength: 1, actual: 0");
    return {*text};
  }
  const json::Value::Array* list = input->AsArray();
  if (list == nullptr) {
    malformed.WrongType("/input", "String", *input);
    return {};
  }
  if (list->empty() || list->size() > kTextsMax) {
    malformed.Add("/input",
                  fmt::format("expected 1 to {} texts, found: {}", kTextsMax, list->size()));
    return {};
  }
  return body.Texts("input");
}

}  // namespace

Result<NativeEmbeddingsPtr> ReadOpenAiEmbeddings(std::string_view body_text,
                                                 std::string_view model_as_asked) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members body(*root, "", malformed);
  body.NeedText("model");
  std::vector<std::string> texts = ReadInput(body);
  const auto dimensions = body.Integer("dimensions", 1, std::numeric_limits<int>::max());
  const std::string* encoding = body.Text("encoding_format");
  if (encoding != nullptr && *encoding != "float" && *encoding != "base64") {
    body.NotInEnum("encoding_format", *encoding);
  }
  body.Text("user");
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return std::make_unique<OpenAiEmbeddings>(std::move(texts), model_as_asked, dimensions,
                                            encoding != nullptr && *encoding == "base64");
}

}  // namespace bedplate::models
