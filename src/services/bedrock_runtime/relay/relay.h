// Relay: hands requests for models that are bound to Amazon Bedrock on to it, as they were sent,
// and its answers back.
//
// Passed on of a request: the operation, the body, the headers Content-Type, Accept and
// X-Amzn-Bedrock-*; the model under the binding's name, or by its id with the geography that the
// caller names, never by what only this server knows: its ARNs, profiles and endpoints. Signed anew
// with the operator's credentials. Passed back: status, body, event-stream frames, and the headers
// Content-Type, Retry-After, X-Amzn-ErrorType and X-Amzn-Bedrock-*; the request's id is ours, and
// the log has both. Errors that the operation declares go back as they came; all others tell of
// this server's dealings with Amazon Bedrock, and become errors of the model. What an answer says
// of its tokens is counted as it passes.
//
// A prompt router is settled here where each of its models is bound to Amazon Bedrock; what it
// chose is added to the answer's trace (relayed_trace.h).
//
// Threads: as wire::Detour.
// spec: docs/adr/bedrock-relay.md
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "base/environment.h"
#include "models/directory.h"
#include "net/client.h"
#include "net/reactors.h"
#include "services/bedrock_runtime/relay/aws_credentials.h"
#include "services/metering.h"
#include "services/model_choice.h"
#include "wire/detour.h"

namespace bedplate::services::bedrock_runtime {

struct RelayOptions {
  std::chrono::milliseconds connect_max{5'000};
  std::chrono::milliseconds request_max{600'000};  // the whole exchange
  Environment environment;
  std::string credentials_file;  // as AwsCredentialsSource takes it
};

class Relay final : public wire::Detour {
 public:
  // All references outlive this; destroyed after the reactors stopped.
  Relay(const models::ModelDirectory& directory, runtime::UsageLedger& ledger,
        net::Reactors& reactors, RelayOptions options, const Clock& clock);

  bool Takes(const wire::Match& match, const wire::Call& call) const override;
  net::Task<wire::Outcome> Answer(const wire::Match& match, const wire::Call& call,
                                  const net::Request& request, std::string_view body,
                                  net::Responder& responder) const override;

 private:
  bool Takes(const models::PromptRouter& router, const wire::Call& call) const;
  // What the application inference profile of this name was made of, geography and all; the name
  // itself where there is no such profile.
  std::string SourceOf(const std::string& name, const wire::Call& call) const;
  // What answers, once a prompt router has seen the prompt.
  Result<ModelChoice> Choose(const wire::Match& match, const wire::Call& call,
                             std::string_view body) const;
  Result<net::HttpClient*> ClientFor(const std::string& url) const;
  Result<net::ClientRequest> Sign(const models::BedrockUpstream& upstream, std::string target,
                                  const net::Request& request, std::string_view body) const;

  const models::ModelDirectory& directory_;
  const Meter meter_;
  net::Reactors& reactors_;
  const net::HttpClientOptions client_options_;
  const Clock& clock_;
  mutable AwsCredentialsSource credentials_;
  mutable std::mutex mutex_;                                                 // guards clients_
  mutable std::map<std::string, std::unique_ptr<net::HttpClient>> clients_;  // by URL
};

}  // namespace bedplate::services::bedrock_runtime
