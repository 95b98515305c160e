// The bodies of Cohere Rerank 3.5 and of Amazon Rerank 1.0.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/rerank-use.html
// spec: https://docs.cohere.com/reference/rerank
#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json/writer.h"
#include "models/formats/embedding_members.h"
#include "models/formats/families.h"
#include "models/formats/members.h"

namespace bedplate::models {
namespace {

constexpr size_t kDocumentsMax = 1000;
constexpr int kIntegerMax = std::numeric_limits<int>::max();
// Cohere: a document beyond so many tokens loses its end, unless the body says another number.
constexpr int kCohereDocumentTokens = 4096;
constexpr int kCohereApiVersion = 2;
// Their true bounds are in tokens, which the model's own tokenizer counts.
constexpr TextBounds kAnyText{.least = 1, .most = 1'000'000};

NativeRanking ReadCommon(Members& members) {
  NativeRanking asked;
  asked.request.query = NeedBoundedText(members, "query", kAnyText);
  asked.request.documents = BoundedTexts(members, "documents", kDocumentsMax, kAnyText);
  asked.results_max = members.Integer("top_n", 1, kIntegerMax).value_or(0);
  return asked;
}

}  // namespace

Result<NativeRanking> ReadCohereRerank(std::string_view body) {
  auto root = ParseBody(body);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members members(*root, "", malformed);
  NativeRanking asked = ReadCommon(members);
  members.NeedInteger("api_version", kCohereApiVersion, kCohereApiVersion);
  asked.request.truncate = true;
  asked.request.document_tokens_max =
      members.Integer("max_tokens_per_doc", 1, kIntegerMax).value_or(kCohereDocumentTokens);
  members.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return asked;
}

Result<NativeRanking> ReadAmazonRerank(std::string_view body) {
  auto root = ParseBody(body);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members members(*root, "", malformed);
  NativeRanking asked = ReadCommon(members);
  members.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return asked;
}

std::string WriteRankingAnswer(const NativeRanking& asked, const Ranking& ranking) {
  std::vector<size_t> order(ranking.scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::ranges::sort(order, [&](size_t a, size_t b) {
    return ranking.scores[a] != ranking.scores[b] ? ranking.scores[a] > ranking.scores[b] : a < b;
  });
  if (asked.results_max > 0) {
    order.resize(std::min(order.size(), static_cast<size_t>(asked.results_max)));
  }
  std::string body;
  json::Writer writer(body);
  writer.BeginObject();
  writer.Key("results");
  writer.BeginArray();
  for (const size_t document : order) {
    writer.BeginObject();
    writer.Key("index");
    writer.Unsigned(document);
    writer.Key("relevance_score");
    writer.Double(ranking.scores[document]);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return body;
}

}  // namespace bedplate::models
