// The keys that issuers of web identities publish, asked for over HTTP and kept for a while.
//
// Bounded: an issuer's answer is small and comes soon, or is refused; what is kept is bounded in
// number. A token of a key that is not known asks the issuer again, but not often.
//
// Threads: any reactor.
// spec: OpenID Connect Discovery 1.0, "Obtaining OpenID Provider Configuration Information"
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "account/identity/entities.h"
#include "account/identity/web_token.h"
#include "base/clock.h"
#include "base/json/value.h"
#include "base/result.h"
#include "net/reactors.h"
#include "net/task.h"

namespace bedplate::services::sts {

class IssuerKeys {
 public:
  using KeySet = std::shared_ptr<const json::Value>;

  // Both outlive this.
  IssuerKeys(net::Reactors& reactors, const Clock& clock) : reactors_(reactors), clock_(clock) {}

  // The keys of a provider, which may have signed the token. IDPCommunicationError when it does not
  // answer well.
  net::Task<Result<KeySet>> For(account::OidcProvider provider, const account::WebToken& token);

 private:
  struct Kept {
    KeySet keys{};
    MonotonicTime asked_at{};
  };

  net::Task<Result<KeySet>> Ask(const account::OidcProvider& provider);
  net::Task<Result<json::Value>> Get(std::string url);

  net::Reactors& reactors_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Kept> kept_;  // by the URL of the issuer
};

}  // namespace bedplate::services::sts
