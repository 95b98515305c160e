// An answer of Amazon Bedrock's on its way back to the caller.
//
// Threads: lives on the reactor of its request.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "net/client.h"
#include "net/http.h"
#include "net/task.h"
#include "runtime/conversation.h"
#include "wire/call.h"
#include "wire/dispatcher.h"
#include "wire/router.h"

namespace bedplate::services::bedrock_runtime {

class RelayedAnswer {
 public:
  // All outlive this.
  RelayedAnswer(const wire::Match& match, const wire::Call& call, net::Responder& responder)
      : match_(match), call_(call), responder_(responder) {}

  // Exactly one of these answers the caller; each gives back what became of the request.

  // An error of this server's own.
  net::Task<wire::Outcome> Refuse(const Error& error);
  // What went wrong on the network, in words for the caller; those of the network go to the log.
  net::Task<wire::Outcome> FailOnNetwork(const Error& error);
  // `count` is told what a complete answer says it used.
  using Counter = std::function<void(const runtime::TokenUsage&)>;
  // `routed_to` is the model that a prompt router chose; else empty.
  net::Task<wire::Outcome> Pass(net::ClientResponse response, Counter count, std::string routed_to);

 private:
  net::Task<wire::Outcome> PassError(net::ClientResponse response);
  net::Task<wire::Outcome> PassWhole(net::ClientResponse response);
  net::Task<wire::Outcome> PassStream(net::ClientResponse response);
  void CountUse(const std::optional<runtime::TokenUsage>& usage) const;
  // Writes every whole frame that `pending` begins with, and takes them off it.
  net::Task<Result<void>> WriteFrames(std::string& pending);
  net::Task<void> EndWithException();
  net::Headers HeadersFrom(const net::Headers& theirs) const;
  void LogFailure(std::string_view what) const;

  const wire::Match& match_;
  const wire::Call& call_;
  net::Responder& responder_;
  Counter count_;
  std::string routed_to_;
  wire::Outcome outcome_;
  std::string last_frame_;  // of a stream: the one that tells its usage
  bool client_left_ = false;
};

}  // namespace bedplate::services::bedrock_runtime
