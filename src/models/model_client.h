// ModelClient: one exchange with whatever runs a model, over OpenAI's protocol. The same for an
// engine of ours and for a server at a URL; for one that speaks Anthropic's protocol, requests and
// answers are turned into that and back here.
//
// Errors are for the caller of Bedrock: kValidation (the model refused the request), kThrottling,
// kModelNotReady, kModelTimeout, kModelError, kUnavailable; after a stream began kModelStreamError
// and kModelTimeout. Threads: any reactor; an EventSource stays on its own. Cancelling a task or
// dropping an EventSource closes the connection, which frees the model's slot at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "models/hosting/hosts.h"
#include "models/model.h"
#include "models/protocol/messages_bridge.h"
#include "net/sse.h"
#include "net/task.h"

namespace bedplate::models {

enum class Route : uint8_t { kChat, kCompletions, kEmbeddings, kRerank, kTokenize };

// What the model's own server calls the model.
std::string UpstreamName(const Model& model);

// What the server that runs a model told of it; 0 for what it did not.
struct ServerFacts {
  bool is_engine = false;
  int context_tokens = 0;
  int embedding_dimensions = 0;
};

// The events of a streamed answer.
class EventSource {
 public:
  // `sources`: as MessagesFromChat gives it, for a server that speaks Anthropic's protocol.
  EventSource(std::string model_id, ModelServerPtr server, net::ClientResponse response,
              SourceOrderPtr sources);

  // The data of the next event, valid until the next call; nothing at the end of the stream.
  using Data = Result<std::optional<std::string_view>>;
  net::Task<Data> Next();
  // The same of what has arrived already; nothing when Next must wait.
  std::optional<Data> TryNext();
  // After the end: takes what is left of the response, so that its connection can be used again.
  net::Task<void> Finish();

  ServerFacts facts() const;

 private:
  Result<void> Take(Result<std::string_view> bytes);
  std::optional<Data> TakeEvent(std::string_view data);

  std::string model_id_;
  ModelServerPtr server_;  // keeps the client of response_ alive
  net::ClientResponse response_;
  net::SseParser parser_;
  // Of a server that speaks Anthropic's protocol. Apart, as streams are moved into frames of
  // coroutines, which are to stay small.
  std::unique_ptr<MessagesStream> messages_;
  bool ended_ = false;
  bool body_ended_ = false;
};

struct Reply {
  std::string body;
  ServerFacts facts;
};

class ModelClient {
 public:
  // `hosts` outlives this.
  explicit ModelClient(Hosts& hosts) : hosts_(hosts) {}

  // A successful answer.
  net::Task<Result<Reply>> Post(const Model& model, Route route, std::string body);
  net::Task<Result<EventSource>> Open(const Model& model, std::string body,
                                      Route route = Route::kChat);
  // Waits for the model to be ready.
  net::Task<Result<ServerFacts>> Facts(const Model& model);

 private:
  // Sets what the answer is read by: who gives it, and the order of the request's sources.
  net::Task<Result<net::ClientResponse>> Send(const Model& model, Route route, std::string body,
                                              ModelServerPtr& server, SourceOrderPtr& sources);

  Hosts& hosts_;
};

}  // namespace bedplate::models
