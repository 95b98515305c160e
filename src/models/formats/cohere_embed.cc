// The bodies of Cohere Embed v3 (English, Multilingual) and v4. Images are refused: the protocol to
// a model's server takes text alone. spec:
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v3.html spec:
// https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed-v4.html
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/json/writer.h"
#include "models/formats/embedding_members.h"
#include "models/formats/embedding_values.h"
#include "models/formats/families.h"
#include "models/formats/members.h"

namespace bedplate::models {
namespace {

constexpr size_t kTextsMax = 96;
constexpr TextBounds kV3Characters{.least = 0, .most = 2048};
// v4 is bounded in tokens.
constexpr TextBounds kV4Characters{.least = 0, .most = 1'000'000};
constexpr int kV4TokensMax = 128'000;

struct Form {
  std::string_view name;
  void (*write)(json::Writer& writer, std::span<const float> values);
};
constexpr std::array kForms = {Form{"float", WriteFloats}, Form{"int8", WriteInt8},
                               Form{"uint8", WriteUint8}, Form{"binary", WriteBinary},
                               Form{"ubinary", WriteUbinary}};

struct TruncationWord {
  std::string_view word;
  Truncation truncation;
};
constexpr std::array kV3Truncations = {TruncationWord{"NONE", Truncation::kNone},
                                       TruncationWord{"START", Truncation::kStart},
                                       TruncationWord{"END", Truncation::kEnd}};
// Bedrock names sides, Cohere's own API the ends as in v3.
constexpr std::array kV4Truncations = {
    TruncationWord{"NONE", Truncation::kNone}, TruncationWord{"LEFT", Truncation::kStart},
    TruncationWord{"RIGHT", Truncation::kEnd}, TruncationWord{"START", Truncation::kStart},
    TruncationWord{"END", Truncation::kEnd}};

// What the vector is for. A model that has one vector for all purposes gives that.
void ReadInputType(Members& members, std::span<const std::string_view> known) {
  const std::string* type = members.NeedText("input_type");
  if (type != nullptr && std::ranges::find(known, *type) == known.end()) {
    members.NotInEnum("input_type", *type);
  }
}

Truncation ReadTruncate(Members& members, std::span<const TruncationWord> words) {
  const std::string* said = members.Text("truncate");
  if (said == nullptr) return Truncation::kNone;
  const auto found = std::ranges::find(words, *said, &TruncationWord::word);
  if (found != words.end()) return found->truncation;
  members.NotInEnum("truncate", *said);
  return Truncation::kNone;
}

// The forms of kForms that are wanted; none when the body does not say.
std::vector<const Form*> ReadForms(Members& members) {
  std::vector<const Form*> forms;
  const json::Value::Array* names = members.Array("embedding_types");
  if (names == nullptr) return forms;
  if (names->empty()) {
    members.malformed().Add("/embedding_types", "expected minimum item count: 1, found: 0");
  }
  for (size_t i = 0; i < names->size(); ++i) {
    const std::string place = fmt::format("/embedding_types/{}", i);
    const std::string* name = (*names)[i].AsString();
    if (name == nullptr) {
      members.malformed().WrongType(place, "String", (*names)[i]);
      continue;
    }
    const auto form = std::ranges::find(kForms, *name, &Form::name);
    if (form == kForms.end()) {
      members.malformed().NotInEnum(place, *name);
    } else if (std::ranges::find(forms, &*form) == forms.end()) {
      forms.push_back(&*form);
    }
  }
  return forms;
}

// The texts of one of v4's inputs, a line each.
std::string ReadInput(const json::Value& value, const std::string& pointer,
                      MalformedInput& malformed) {
  Members input(value, pointer, malformed);
  std::string text;
  const json::Value::Array* parts = input.NeedArray("content");
  const size_t count = parts == nullptr ? 0 : parts->size();
  if (parts != nullptr && parts->empty()) {
    malformed.Add(pointer + "/content", "expected minimum item count: 1, found: 0");
  }
  for (size_t i = 0; i < count; ++i) {
    Members part((*parts)[i], fmt::format("{}/content/{}", pointer, i), malformed);
    const std::string* type = part.NeedText("type");
    if (type != nullptr && *type == "text") {
      if (i > 0) text += '\n';
      text += NeedBoundedText(part, "text", kV4Characters);
    } else if (type != nullptr && *type == "image_url") {
      part.Any("image_url");
      RefuseMedia(part, "type");
    } else if (type != nullptr) {
      part.NotInEnum("type", *type);
    }
    part.Finish();
  }
  input.Finish();
  return text;
}

std::vector<std::string> ReadInputs(Members& members) {
  std::vector<std::string> texts;
  const json::Value::Array* inputs = members.Array("inputs");
  if (inputs == nullptr) return texts;
  if (inputs->empty() || inputs->size() > kTextsMax) {
    members.malformed().Add(
        "/inputs", inputs->empty() ? std::string("expected minimum item count: 1, found: 0")
                                   : fmt::format("expected maximum item count: {}, found: {}",
                                                 kTextsMax, inputs->size()));
    return texts;
  }
  for (size_t i = 0; i < inputs->size(); ++i) {
    texts.push_back(ReadInput((*inputs)[i], fmt::format("/inputs/{}", i), members.malformed()));
  }
  return texts;
}

class CohereEmbeddings final : public NativeEmbeddings {
 public:
  CohereEmbeddings(EmbeddingsRequest request, std::vector<const Form*> forms, int dimensions,
                   std::optional<std::string> inputs)
      : NativeEmbeddings(std::move(request)),
        forms_(std::move(forms)),
        dimensions_(dimensions),
        inputs_(std::move(inputs)) {}

  Result<void> CheckDimensions(int dimensions) const override {
    return CheckDimensionsAre(dimensions_, dimensions, "/output_dimension");
  }

  std::string WriteAnswer(const Embeddings& embeddings) const override {
    std::string body;
    json::Writer writer(body);
    writer.BeginObject();
    writer.Key("id");
    writer.String(NewUuid());
    writer.Key("response_type");
    writer.String(forms_.empty() ? "embeddings_floats" : "embeddings_by_type");
    writer.Key("embeddings");
    if (forms_.empty()) {
      WriteAll(writer, embeddings, kForms[0]);
    } else {
      writer.BeginObject();
      for (const Form* form : forms_) {
        writer.Key(form->name);
        WriteAll(writer, embeddings, *form);
      }
      writer.EndObject();
    }
    if (inputs_) {
      writer.Key("inputs");
      writer.Raw(*inputs_);
    } else {
      writer.Key("texts");
      writer.BeginArray();
      for (const std::string& text : request().texts) writer.String(text);
      writer.EndArray();
    }
    writer.EndObject();
    return body;
  }

 private:
  static void WriteAll(json::Writer& writer, const Embeddings& embeddings, const Form& form) {
    writer.BeginArray();
    for (const std::vector<float>& vector : embeddings.vectors) form.write(writer, vector);
    writer.EndArray();
  }

  std::vector<const Form*> forms_;     // none: floats, not sorted by type (v3)
  int dimensions_;                     // 0: the model's
  std::optional<std::string> inputs_;  // as the body had them, where it had no texts
};

}  // namespace

Result<NativeEmbeddingsPtr> ReadCohereEmbedV3(std::string_view body) {
  constexpr std::array<std::string_view, 5> kInputTypes = {"search_document", "search_query",
                                                           "classification", "clustering", "image"};
  auto root = ParseBody(body);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members members(*root, "", malformed);
  ReadInputType(members, kInputTypes);
  RefuseMedia(members, "images");
  EmbeddingsRequest request;
  if (!members.Has("images")) {
    request.texts = BoundedTexts(members, "texts", kTextsMax, kV3Characters);
  }
  request.truncation = ReadTruncate(members, kV3Truncations);
  auto forms = ReadForms(members);
  members.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return std::make_unique<CohereEmbeddings>(std::move(request), std::move(forms), 0, std::nullopt);
}

Result<NativeEmbeddingsPtr> ReadCohereEmbedV4(std::string_view body) {
  constexpr std::array<std::string_view, 4> kInputTypes = {"search_document", "search_query",
                                                           "classification", "clustering"};
  auto root = ParseBody(body);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members members(*root, "", malformed);
  ReadInputType(members, kInputTypes);
  RefuseMedia(members, "images");
  EmbeddingsRequest request;
  std::optional<std::string> inputs;
  if (const json::Value* said = root->Find("inputs")) {
    inputs = said->ToJson();
    request.texts = ReadInputs(members);
    if (members.Has("texts")) malformed.Add("/inputs", "only one of texts and inputs is permitted");
    members.Any("texts");
  } else if (!members.Has("images")) {
    request.texts = BoundedTexts(members, "texts", kTextsMax, kV4Characters);
  }
  request.truncation = ReadTruncate(members, kV4Truncations);
  // As many as v4 takes is no bound of the caller's.
  const int tokens = members.Integer("max_tokens", 1, kV4TokensMax).value_or(kV4TokensMax);
  if (tokens < kV4TokensMax) request.tokens_max = tokens;
  const int dimensions = ReadDimensions(members, "output_dimension");
  auto forms = ReadForms(members);
  // The documentation has v3's bare list of floats here; the service was observed to answer by type
  // all the same, and that wins: clients read it so.
  if (forms.empty()) forms.push_back(&kForms[0]);
  members.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return std::make_unique<CohereEmbeddings>(std::move(request), std::move(forms), dimensions,
                                            std::move(inputs));
}

}  // namespace bedplate::models
