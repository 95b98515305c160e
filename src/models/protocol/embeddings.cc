#include "models/protocol/embeddings.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "base/base64.h"
#include "base/json/reader.h"
#include "base/json/writer.h"

namespace bedplate::models {
namespace {

using json::Reader;

// Little-endian floats, as OpenAI's API has them.
void ReadBase64(Reader& reader, std::vector<float>& values) {
  static_assert(std::endian::native == std::endian::little);
  std::string bytes;
  const std::string_view text = reader.String();
  if (reader.failed()) return;
  if (!AppendFromBase64(bytes, text) || bytes.size() % sizeof(float) != 0) {
    reader.Fail("Expected base64 of 32-bit numbers");
    return;
  }
  values.resize(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  if (!std::ranges::all_of(values, [](float value) { return std::isfinite(value); })) {
    reader.Fail("Expected 32-bit numbers");
  }
}

void ReadValues(Reader& reader, std::vector<float>& values) {
  if (reader.Peek() == json::Kind::kString) return ReadBase64(reader, values);
  if (!reader.BeginArray()) return;
  while (reader.NextElement()) {
    std::string_view number = reader.Number();
    if (reader.failed()) return;
    float value = 0;
    if (!json::ToFloat(number, value)) {
      reader.Fail("Expected a 32-bit number");
      return;
    }
    values.push_back(value);
  }
}

// Each element at the place that its index names; without one, behind the last.
void ReadData(Reader& reader, std::vector<std::vector<float>>& vectors) {
  std::string_view key;
  if (!reader.BeginArray()) return;
  for (size_t next = 0; reader.NextElement(); ++next) {
    int64_t place = static_cast<int64_t>(next);
    std::vector<float> values;
    if (!reader.BeginObject()) return;
    while (reader.NextKey(key)) {
      if (key == "embedding") {
        ReadValues(reader, values);
      } else if (key == "index") {
        std::string_view number = reader.Number();
        if (!reader.failed() && !json::ToInt64(number, place)) reader.Fail("Expected an integer");
      } else {
        reader.Skip();
      }
    }
    if (reader.failed()) return;
    if (place < 0 || static_cast<size_t>(place) >= vectors.size() ||
        !vectors[static_cast<size_t>(place)].empty()) {
      reader.Fail("An embedding that belongs to no text");
      return;
    }
    vectors[static_cast<size_t>(place)] = std::move(values);
  }
}

std::string_view TruncationText(Truncation truncation) {
  switch (truncation) {
    case Truncation::kStart:
      return "start";
    case Truncation::kEnd:
      return "end";
    case Truncation::kNone:
      break;
  }
  return "none";
}

void ReadPromptTokens(Reader& reader, int64_t& tokens) {
  std::string_view key;
  if (!reader.BeginObject()) return;
  while (reader.NextKey(key)) {
    if (key != "prompt_tokens") {
      reader.Skip();
    } else if (std::string_view number = reader.Number(); !reader.failed()) {
      if (!json::ToInt64(number, tokens)) reader.Fail("Expected an integer");
    }
  }
}

}  // namespace

std::string WriteEmbeddingsRequest(const EmbeddingsRequest& request, std::string_view model_name,
                                   bool is_engine) {
  std::string body;
  size_t bytes = 128;
  for (const std::string& text : request.texts) bytes += text.size() + 8;
  body.reserve(bytes);
  json::Writer writer(body);
  writer.BeginObject();
  writer.Key("model");
  writer.String(model_name);
  writer.Key("input");
  if (request.texts.size() == 1) {
    writer.String(request.texts[0]);
  } else {
    writer.BeginArray();
    for (const std::string& text : request.texts) writer.String(text);
    writer.EndArray();
  }
  writer.Key("encoding_format");
  writer.String(is_engine ? "base64" : "float");
  if (is_engine) {
    writer.Key("normalize");
    writer.Boolean(request.normalize);
    writer.Key("truncate");
    writer.String(TruncationText(request.truncation));
    if (request.tokens_max > 0) {
      writer.Key("max_tokens");
      writer.Integer(request.tokens_max);
    }
  }
  writer.EndObject();
  return body;
}

Result<Embeddings> ReadEmbeddings(std::string_view body, size_t count) {
  Reader reader(body);
  Embeddings embeddings{.vectors = std::vector<std::vector<float>>(count)};
  int64_t tokens = -1;
  std::string_view key;
  if (reader.BeginObject()) {
    while (reader.NextKey(key)) {
      if (key == "data") {
        ReadData(reader, embeddings.vectors);
      } else if (key == "usage") {
        ReadPromptTokens(reader, tokens);
      } else {
        reader.Skip();
      }
    }
  }
  std::string wrong;
  if (!reader.Finish()) {
    wrong = reader.error();
  } else if (std::ranges::any_of(embeddings.vectors, &std::vector<float>::empty)) {
    wrong = "an embedding is missing";
  } else if (tokens < 0) {
    wrong = "it says nothing about its usage";
  }
  if (!wrong.empty()) {
    return Fail(Fault::kModelError,
                fmt::format("The model's server sent an answer that can't be read: {}.", wrong));
  }
  embeddings.prompt_tokens = tokens;
  return embeddings;
}

void Normalize(std::vector<float>& values) {
  double sum = 0;
  for (float value : values) sum += static_cast<double>(value) * value;
  if (sum <= 0) return;
  double scale = 1 / std::sqrt(sum);
  for (float& value : values) value = static_cast<float>(value * scale);
}

}  // namespace bedplate::models
