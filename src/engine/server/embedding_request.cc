#include "engine/server/embedding_request.h"

#include <fmt/format.h>

#include <bit>
#include <limits>
#include <utility>

#include "base/base64.h"
#include "base/json/value.h"
#include "base/json/writer.h"
#include "engine/server/fields.h"

namespace bedplate::engine {
namespace {

static_assert(std::endian::native == std::endian::little, "vectors are sent as they lie in memory");

constexpr size_t kInputsMax = 2048;  // as many as OpenAI allows

Result<Tokens> ReadTokens(const json::Value::Array& list) {
  Tokens tokens;
  for (const json::Value& element : list) {
    int64_t token = 0;
    if (!element.ToInt64(token) || token < 0 || token > std::numeric_limits<TokenId>::max()) {
      return Fail(Fault::kValidation,
                  fmt::format("input: expected tokens (integers from 0), got {}", Shown(element)));
    }
    tokens.push_back(static_cast<TokenId>(token));
  }
  return tokens;
}

Result<void> ReadInputs(const json::Value& input, EmbeddingRequest& request) {
  if (const std::string* text = input.AsString()) {
    request.inputs.emplace_back(*text);
    return {};
  }
  const json::Value::Array* list = input.AsArray();
  if (list == nullptr || list->empty() || list->size() > kInputsMax) {
    return Fail(Fault::kValidation,
                fmt::format("input: expected a string or a list of 1 to {} inputs, got {}",
                            kInputsMax, Shown(input)));
  }
  if (list->front().kind() == json::Kind::kNumber) {
    auto tokens = ReadTokens(*list);
    if (!tokens) return std::unexpected(tokens.error());
    request.inputs.emplace_back(std::move(*tokens));
    return {};
  }
  for (const json::Value& element : *list) {
    if (const std::string* text = element.AsString()) {
      request.inputs.emplace_back(*text);
      continue;
    }
    const json::Value::Array* inner = element.AsArray();
    if (inner == nullptr || inner->empty()) {
      return Fail(
          Fault::kValidation,
          fmt::format("input: expected strings or lists of tokens, got {}", Shown(element)));
    }
    auto tokens = ReadTokens(*inner);
    if (!tokens) return std::unexpected(tokens.error());
    request.inputs.emplace_back(std::move(*tokens));
  }
  return {};
}

Truncation ReadTruncation(Fields& fields) {
  const auto said = fields.Text("truncate").value_or("none");
  if (said == "start") return Truncation::kStart;
  if (said == "end") return Truncation::kEnd;
  if (said != "none") {
    fields.Wrong("truncate", "expected none, start or end", json::Value(said));
  }
  return Truncation::kNone;
}

}  // namespace

Result<EmbeddingRequest> ParseEmbeddingRequest(std::string_view body, uint32_t dimensions) {
  auto parsed = json::Value::Parse(body);
  if (!parsed) return Fail(Fault::kValidation, "body: " + parsed.error().message);
  Fields fields(*parsed);
  EmbeddingRequest request;
  request.model = fields.Text("model").value_or("");
  request.normalize = fields.Boolean("normalize").value_or(true);
  const auto format = fields.Text("encoding_format").value_or("float");
  if (format != "float" && format != "base64") {
    fields.Wrong("encoding_format", "expected float or base64", json::Value(format));
  }
  request.base64 = format == "base64";
  fields.Integer("dimensions", dimensions, dimensions);
  request.truncation = ReadTruncation(fields);
  if (const auto most = fields.Integer("max_tokens", 1, std::numeric_limits<int32_t>::max())) {
    request.tokens_max = static_cast<size_t>(*most);
  }
  constexpr std::string_view kKnown[] = {"model", "input",     "encoding_format", "dimensions",
                                         "user",  "normalize", "truncate",        "max_tokens"};
  fields.RefuseOthersThan(kKnown);
  const json::Value* input = fields.Find("input");
  if (fields.ok() && input == nullptr) fields.Missing("input");
  if (!fields.ok()) return Fail(Fault::kValidation, fields.error());
  if (auto read = ReadInputs(*input, request); !read) return std::unexpected(read.error());
  return request;
}

std::string WriteEmbeddings(std::span<const std::vector<float>> vectors, bool base64,
                            std::string_view model, uint64_t prompt_tokens) {
  std::string out;
  json::Writer writer(out);
  writer.BeginObject();
  writer.Key("object");
  writer.String("list");
  writer.Key("data");
  writer.BeginArray();
  for (size_t i = 0; i < vectors.size(); ++i) {
    writer.BeginObject();
    writer.Key("object");
    writer.String("embedding");
    writer.Key("index");
    writer.Unsigned(i);
    writer.Key("embedding");
    if (base64) {
      std::string text;
      AppendBase64(text, {reinterpret_cast<const char*>(vectors[i].data()),
                          vectors[i].size() * sizeof(float)});
      writer.String(text);
    } else {
      writer.BeginArray();
      for (const float value : vectors[i]) writer.Float(value);
      writer.EndArray();
    }
    writer.EndObject();
  }
  writer.EndArray();
  writer.Key("model");
  writer.String(model);
  writer.Key("usage");
  writer.BeginObject();
  writer.Key("prompt_tokens");
  writer.Unsigned(prompt_tokens);
  writer.Key("total_tokens");
  writer.Unsigned(prompt_tokens);
  writer.EndObject();
  writer.EndObject();
  return out;
}

}  // namespace bedplate::engine
