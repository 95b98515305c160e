#include "gateway/recording/recorded_request.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "gateway/request_record.h"
#include "wire/sigv4/canonical.h"
#include "wire/sigv4/digest.h"
#include "wire/sigv4/uri_encode.h"

namespace bedplate::gateway {
namespace {

constexpr std::string_view kService = "bedrock-runtime";
constexpr std::array<std::string_view, 5> kOperations = {
    "Converse", "ConverseStream", "InvokeModel", "InvokeModelWithResponseStream", "CountTokens"};

// Of responses that a facade keeps.
constexpr std::array<std::string_view, 2> kKeptOperations = {"GetResponse", "DeleteResponse"};

constexpr std::string_view kShapingPrefix = "x-amzn-bedrock-";
constexpr std::string_view kFacadeVersion = "anthropic-version";
// Labels of the caller's own, which shape nothing.
constexpr std::string_view kLabels = "x-amzn-bedrock-request-metadata";

// A header that stands twice is one with both values. spec: RFC 9110, 5.3
void JoinRepeated(std::vector<std::pair<std::string, std::string>>& sorted) {
  std::vector<std::pair<std::string, std::string>> joined;
  for (auto& [name, value] : sorted) {
    if (!joined.empty() && joined.back().first == name) {
      joined.back().second += ", " + value;
    } else {
      joined.emplace_back(std::move(name), std::move(value));
    }
  }
  sorted = std::move(joined);
}

bool IsOfKeptResponse(const wire::Match& match) {
  return !match.service->facade_path.empty() &&
         std::ranges::find(kKeptOperations, match.operation->name) != kKeptOperations.end();
}

std::string Decoded(std::string_view text) {
  std::string decoded;
  wire::sigv4::AppendDecoded(decoded, text, false);
  return decoded;
}

// The parameters of a target's query as members; of one that stands twice the last.
json::Value QueryOf(std::string_view target) {
  json::Value query{json::Value::Object()};
  std::string_view rest = wire::sigv4::SplitTarget(target).second;
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const size_t middle = std::min(pair.find('='), pair.size());
    if (pair.empty()) continue;
    query.Set(Decoded(pair.substr(0, middle)),
              Decoded(pair.substr(std::min(pair.size(), middle + 1))));
  }
  return query;
}

}  // namespace

bool IsRecorded(const wire::Match& match) {
  if (match.operation == nullptr) return false;
  if (!match.service->facade_path.empty()) {
    return match.operation->method == "POST" || IsOfKeptResponse(match);
  }
  return match.service->name == kService &&
         std::ranges::find(kOperations, match.operation->name) != kOperations.end();
}

std::string RecordedRequest::Key() const {
  // No part of it can hold the byte between them.
  std::string text = operation + '\0' + model_id + '\0';
  for (const auto& [name, value] : headers) {
    text.append(name).append(1, ':').append(value).append(1, '\0');
  }
  if (!response_id.empty()) text.append(response_id).append(1, '\0');
  text += body ? body->ToJson() : '\0' + bytes;
  return wire::sigv4::HexOf(wire::sigv4::HashOf(text));
}

std::string RecordedRequest::Subject() const {
  return response_id.empty() ? "model " + model_id : "response " + response_id;
}

RecordedRequest DescribeRequest(const wire::Match& match, const net::Request& request,
                                std::string_view body) {
  RecordedRequest described{.operation = std::string(match.operation->name),
                            .model_id = ModelIdOf(match)};
  for (const auto [name, value] : request.headers) {
    const bool shapes = name.starts_with(kShapingPrefix) || name == kFacadeVersion;
    if (shapes && name != kLabels) {
      described.headers.emplace_back(name, value);
    }
  }
  std::ranges::sort(described.headers);
  JoinRepeated(described.headers);
  if (IsOfKeptResponse(match)) {
    if (match.labels.count > 0) described.response_id = Decoded(match.labels.values[0]);
    described.body = Canonical(QueryOf(request.target));
  } else if (auto parsed = json::Value::Parse(body)) {
    const json::Value* model = parsed->Find("model");
    const bool names_model = model != nullptr && model->AsString() != nullptr;
    if (!match.service->facade_path.empty() && names_model) {
      described.model_id = *model->AsString();
    }
    described.body = Canonical(std::move(*parsed));
  } else {
    described.bytes = body;
  }
  return described;
}

json::Value Canonical(json::Value value) {
  if (auto* array = value.AsArray()) {
    for (json::Value& element : *array) element = Canonical(std::move(element));
  } else if (auto* object = value.AsObject()) {
    for (auto& [name, member] : *object) member = Canonical(std::move(member));
    std::ranges::sort(*object, {},
                      [](const auto& member) -> const std::string& { return member.first; });
  } else if (int64_t integer = 0; value.ToInt64(integer)) {
    return json::Value(integer);
  }
  return value;
}

}  // namespace bedplate::gateway
