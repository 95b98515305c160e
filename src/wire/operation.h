// The static description of a service and its operations: routes, shapes, errors, and, where
// api/ says that it is served, how the operation's handler is called.
//
// Threads: constant data.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"
#include "net/task.h"
#include "wire/permits.h"
#include "wire/schema.h"

namespace bedplate::wire {

struct Call;
class Exchange;

// kOpenAi and kAnthropic are those of facades (facade_exchange.h).
enum class Protocol : uint8_t { kRestJson, kRestXml, kJson, kQuery, kCbor, kOpenAi, kAnthropic };

// Calls the handler behind `handler` (the service's generated Handler class).
using InvokeFunction = net::Task<Result<void>> (*)(void* handler, const Call& call,
                                                   Exchange& exchange);

struct Operation {
  std::string_view name{};
  std::string_view method{};  // "POST"
  std::string_view uri{};     // "/model/{modelId}/converse", with its literal query if it has one
  int status = 200;           // of a successful answer
  const Shape* input = nullptr;  // null: none, or not served
  // The union of the events that the input is made of; null for an input that is whole.
  const Shape* input_events = nullptr;
  // The payload of the input is streamed: the handler reads it, the request is not held whole.
  bool input_body = false;
  const Shape* output = nullptr;
  std::span<const Shape* const> errors{};
  // Routing only: parameters and headers that the operation requires, for telling apart
  // operations of one path.
  std::span<const std::string_view> required_query{};
  std::span<const std::string_view> required_headers{};
  // Operations that nothing else tells apart (api/routes.toml): this one takes the request when the
  // decoded text of its first label holds these words. Empty for all others.
  std::string_view first_label_holds{};
  std::string_view output_wrapper{};  // query: element around the result
  bool anonymous = false;             // the model says authtype none
  const Permits* permits = nullptr;   // what its callers must be allowed, where it is served
  InvokeFunction invoke = nullptr;    // null: routed, not served

  bool served() const { return invoke != nullptr; }
};

struct Service {
  std::string_view name{};             // "bedrock-runtime", as botocore's folder
  std::string_view id{};               // "Bedrock Runtime"
  std::string_view signing_name{};     // "bedrock"
  std::string_view endpoint_prefix{};  // "bedrock-runtime"
  std::string_view api_version{};      // "2023-09-30"
  std::string_view target_prefix{};    // json: before the dot in X-Amz-Target
  std::string_view xml_namespace{};
  std::string_view json_version{};  // "1.0" or "1.1"
  Protocol protocol = Protocol::kRestJson;
  bool accepts_cbor = false;       // rpc-v2-cbor beside its own protocol
  bool query_compatible = false;   // errors carry x-amzn-query-error
  bool bearer = false;             // takes bearer keys
  std::string_view facade_path{};  // of a facade: what all of its paths begin with, "/openai/v1"
  std::string_view key_header{};   // of a facade: a header that may hold a bearer key; or empty
  std::span<const Operation> operations{};
};

}  // namespace bedplate::wire
