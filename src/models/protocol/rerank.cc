#include "models/protocol/rerank.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "base/json/reader.h"
#include "base/json/writer.h"

namespace bedplate::models {
namespace {

using json::Reader;

struct Answer {
  std::vector<std::optional<double>> scores;  // by document
  std::optional<int64_t> prompt_tokens{};
  std::optional<int64_t> total_tokens{};
  bool is_list = false;
  std::optional<bool> logits{};  // where the server says it
};

void ReadInteger(Reader& reader, std::optional<int64_t>& value) {
  const std::string_view number = reader.Number();
  if (reader.failed()) return;
  if (!json::ToInt64(number, value.emplace())) reader.Fail("Expected an integer");
}

void ReadResult(Reader& reader, Answer& answer) {
  std::optional<int64_t> index;
  std::optional<double> score;
  std::string_view key;
  if (!reader.BeginObject()) return;
  while (reader.NextKey(key)) {
    if (key == "index") {
      ReadInteger(reader, index);
    } else if (key == "relevance_score") {
      const std::string_view number = reader.Number();
      if (!reader.failed() && !json::ToDouble(number, score.emplace())) {
        reader.Fail("Expected a number");
      }
    } else {
      reader.Skip();
    }
  }
  if (reader.failed()) return;
  if (!index || !score) {
    reader.Fail("A result without its index or its score");
  } else if (*index < 0 || static_cast<size_t>(*index) >= answer.scores.size() ||
             answer.scores[static_cast<size_t>(*index)]) {
    reader.Fail("A result that belongs to no document");
  } else {
    answer.scores[static_cast<size_t>(*index)] = score;
  }
}

void ReadUsage(Reader& reader, Answer& answer) {
  std::string_view key;
  if (!reader.BeginObject()) return;
  while (reader.NextKey(key)) {
    if (key == "prompt_tokens") {
      ReadInteger(reader, answer.prompt_tokens);
    } else if (key == "total_tokens") {
      ReadInteger(reader, answer.total_tokens);
    } else {
      reader.Skip();
    }
  }
}

void ReadAnswer(Reader& reader, Answer& answer) {
  std::string_view key;
  if (!reader.BeginObject()) return;
  while (reader.NextKey(key)) {
    if (key == "results") {
      if (!reader.BeginArray()) return;
      while (reader.NextElement()) ReadResult(reader, answer);
    } else if (key == "usage") {
      ReadUsage(reader, answer);
    } else if (key == "object" && reader.Peek() == json::Kind::kString) {
      answer.is_list = reader.String() == "list";
    } else if (key == "score_kind" && reader.Peek() == json::Kind::kString) {
      answer.logits = reader.String() == "logit";
    } else {
      reader.Skip();
    }
  }
}

double Sigmoid(double logit) { return 1 / (1 + std::exp(-logit)); }

}  // namespace

std::string WriteRerankRequest(const RerankRequest& request, std::string_view model_name,
                               bool is_engine) {
  std::string body;
  size_t bytes = request.query.size() + 160;
  for (const std::string& document : request.documents) bytes += document.size() + 8;
  body.reserve(bytes);
  json::Writer writer(body);
  writer.BeginObject();
  writer.Key("model");
  writer.String(model_name);
  writer.Key("query");
  writer.String(request.query);
  writer.Key("documents");
  writer.BeginArray();
  for (const std::string& document : request.documents) writer.String(document);
  writer.EndArray();
  if (is_engine && request.truncate) {
    writer.Key("truncate");
    writer.String("end");
    if (request.document_tokens_max > 0) {
      writer.Key("max_tokens_per_doc");
      writer.Integer(request.document_tokens_max);
    }
  }
  writer.EndObject();
  return body;
}

Result<Ranking> ReadRanking(std::string_view body, size_t count) {
  Reader reader(body);
  Answer answer{.scores = std::vector<std::optional<double>>(count)};
  ReadAnswer(reader, answer);
  const auto tokens = answer.prompt_tokens ? answer.prompt_tokens : answer.total_tokens;
  std::string wrong;
  if (!reader.Finish()) {
    wrong = reader.error();
  } else if (std::ranges::any_of(answer.scores, [](const auto& score) { return !score; })) {
    wrong = "the score of a document is missing";
  } else if (!tokens) {
    wrong = "it says nothing about its usage";
  }
  if (!wrong.empty()) {
    return Fail(Fault::kModelError,
                fmt::format("The model's server sent an answer that can't be read: {}.", wrong));
  }
  Ranking ranking{.scores = {}, .prompt_tokens = *tokens};
  ranking.scores.reserve(count);
  for (const auto& score : answer.scores) ranking.scores.push_back(*score);
  const bool outside =
      std::ranges::any_of(ranking.scores, [](double score) { return score < 0 || score > 1; });
  if (answer.logits.value_or(answer.is_list || outside))
    std::ranges::transform(ranking.scores, ranking.scores.begin(), Sigmoid);
  return ranking;
}

}  // namespace bedplate::models
