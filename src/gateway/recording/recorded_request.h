// What of a request makes it the same as another: operation, model and body, whatever the order of
// the body's members, its white space and the way its numbers are spelled; and those headers that
// shape an answer (X-Amzn-Bedrock-*, anthropic-version). Of a kept response it is operation, id and
// query. Nothing of who sent it and how it was
// signed.
//
// Threads: plain values, pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json/value.h"
#include "net/http.h"
#include "wire/router.h"

namespace bedplate::gateway {

struct RecordedRequest {
  std::string operation{};    // "Converse"
  std::string model_id{};     // as the caller named it, decoded; of a facade's body, or empty
  std::string response_id{};  // in its place where a kept response is read or deleted
  std::vector<std::pair<std::string, std::string>> headers{};  // sorted by name
  // Members sorted, on every level; of a request for a kept response the query's parameters.
  std::optional<json::Value> body{};
  std::string bytes{};  // in place of `body`, where it is no JSON

  // The hash of all of it, in hexadecimal digits.
  std::string Key() const;
  // What it asks for, for people: "model a.b", "response resp_1".
  std::string Subject() const;
  // Whether it says what it asks for; else it is refused by every server.
  bool HasSubject() const { return !model_id.empty() || !response_id.empty(); }
};

// Whether requests of the operation can be recorded: those that ask a model, by Bedrock's own
// operations or a facade's, and those for a response that a facade keeps.
bool IsRecorded(const wire::Match& match);

RecordedRequest DescribeRequest(const wire::Match& match, const net::Request& request,
                                std::string_view body);

// Members sorted by name on every level, and numbers that are integers as such.
json::Value Canonical(json::Value value);

}  // namespace bedplate::gateway
