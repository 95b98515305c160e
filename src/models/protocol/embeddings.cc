#include "models/protocol/embeddings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/json/reader.h"
#include "base/json/writer.h"

namespace bedplate::models {
namespace {

using json::Reader;

void ReadValues(Reader& reader, std::vector<float>& values) {
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

std::string WriteEmbeddingsRequest(std::span<const std::string> texts, std::string_view model_name,
                                   std::optional<bool> normalize) {
  std::string body;
  size_t bytes = 128;
  for (const std::string& text : texts) bytes += text.size() + 8;
  body.reserve(bytes);
  json::Writer writer(body);
  writer.BeginObject();
  writer.Key("model");
  writer.String(model_name);
  writer.Key("input");
  if (texts.size() == 1) {
    writer.String(texts[0]);
  } else {
    writer.BeginArray();
    for (const std::string& text : texts) writer.String(text);
    writer.EndArray();
  }
  writer.Key("encoding_format");
  writer.String("float");
  if (normalize) {
    writer.Key("normalize");
    writer.Boolean(*normalize);
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
