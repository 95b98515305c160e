#include "engine/server/rank_request.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/json/value.h"
#include "base/json/writer.h"
#include "engine/server/fields.h"

namespace bedplate::engine {
namespace {

constexpr size_t kDocumentsMax = 1000;
constexpr int64_t kIntegerMax = std::numeric_limits<int32_t>::max();

std::optional<size_t> ReadCount(Fields& fields, std::string_view name) {
  const auto count = fields.Integer(name, 1, kIntegerMax);
  if (!count) return {};
  return static_cast<size_t>(*count);
}

}  // namespace

Result<RankRequest> ParseRankRequest(std::string_view body) {
  auto parsed = json::Value::Parse(body);
  if (!parsed) return Fail(Fault::kValidation, "body: " + parsed.error().message);
  Fields fields(*parsed);
  RankRequest request;
  request.model = fields.Text("model").value_or("");
  const auto query = fields.Text("query");
  if (fields.ok() && !query) fields.Missing("query");
  request.documents = fields.TextOrTexts("documents", kDocumentsMax);
  if (fields.ok() && request.documents.empty()) {
    const json::Value* said = fields.Find("documents");
    said == nullptr ? fields.Missing("documents")
                    : fields.Wrong("documents", "expected at least one string", *said);
  }
  request.results_max = ReadCount(fields, "top_n");
  const auto truncate = fields.Text("truncate").value_or("none");
  if (truncate != "none" && truncate != "end") {
    fields.Wrong("truncate", "expected none or end", json::Value(truncate));
  }
  request.truncate = truncate == "end";
  request.document_tokens_max = ReadCount(fields, "max_tokens_per_doc");
  if (!request.truncate) {
    fields.Refuse("max_tokens_per_doc", "it belongs to \"truncate\":\"end\"");
  }
  constexpr std::string_view kKnown[] = {
      "model", "query", "documents", "top_n", "truncate", "max_tokens_per_doc", "user"};
  fields.RefuseOthersThan(kKnown);
  if (!fields.ok()) return Fail(Fault::kValidation, fields.error());
  request.query = *query;
  return request;
}

std::string WriteRanking(std::span<const float> scores, bool are_probabilities,
                         std::optional<size_t> results_max, std::string_view model,
                         uint64_t prompt_tokens) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t a, size_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : a < b;
  });
  order.resize(std::min(order.size(), results_max.value_or(order.size())));
  std::string out;
  json::Writer writer(out);
  writer.BeginObject();
  writer.Key("object");
  writer.String("list");
  writer.Key("model");
  writer.String(model);
  writer.Key("score_kind");
  writer.String(are_probabilities ? "probability" : "logit");
  writer.Key("results");
  writer.BeginArray();
  for (const size_t document : order) {
    writer.BeginObject();
    writer.Key("index");
    writer.Unsigned(document);
    writer.Key("relevance_score");
    writer.Float(scores[document]);
    writer.EndObject();
  }
  writer.EndArray();
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
