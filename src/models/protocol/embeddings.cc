#include "models/protocol/embeddings.h"

#include <fmt/format.h>

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

// Only the first element counts: one text was sent.
void ReadData(Reader& reader, std::vector<float>& values) {
  std::string_view key;
  if (!reader.BeginArray()) return;
  for (bool first = true; reader.NextElement(); first = false) {
    if (!first) {
      reader.Skip();
      continue;
    }
    if (!reader.BeginObject()) return;
    while (reader.NextKey(key)) {
      if (key == "embedding") {
        ReadValues(reader, values);
      } else {
        reader.Skip();
      }
    }
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

std::string WriteEmbeddingsRequest(std::string_view text, std::string_view model_name,
                                   std::optional<bool> normalize) {
  std::string body;
  body.reserve(text.size() + 128);
  json::Writer writer(body);
  writer.BeginObject();
  writer.Key("model");
  writer.String(model_name);
  writer.Key("input");
  writer.String(text);
  writer.Key("encoding_format");
  writer.String("float");
  if (normalize) {
    writer.Key("normalize");
    writer.Boolean(*normalize);
  }
  writer.EndObject();
  return body;
}

Result<Embedding> ReadEmbedding(std::string_view body) {
  Reader reader(body);
  Embedding embedding;
  int64_t tokens = -1;
  std::string_view key;
  if (reader.BeginObject()) {
    while (reader.NextKey(key)) {
      if (key == "data") {
        ReadData(reader, embedding.values);
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
  } else if (embedding.values.empty()) {
    wrong = "it has no embedding";
  } else if (tokens < 0) {
    wrong = "it says nothing about its usage";
  }
  if (!wrong.empty()) {
    return Fail(Fault::kModelError,
                fmt::format("The model's server sent an answer that can't be read: {}.", wrong));
  }
  embedding.prompt_tokens = tokens;
  return embedding;
}

}  // namespace bedplate::models
