// One request on its way through the chain: what each step finds out and hands to the next.
//
// Threads: lives on the reactor thread of its request.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/identity/identities.h"
#include "gateway/body_budget.h"
#include "net/http.h"
#include "wire/call.h"
#include "wire/error.h"
#include "wire/permits.h"
#include "wire/router.h"
#include "wire/sigv4/canonical.h"
#include "wire/sigv4/claim.h"
#include "wire/sigv4/digest.h"
#include "wire/sigv4/payload.h"

namespace bedplate::gateway {

// A signature whose key is known, and what it says about the body.
struct Proof {
  wire::sigv4::Claim claim;
  wire::sigv4::Payload payload;
  wire::sigv4::PathRule path_rule;
  wire::sigv4::Digest key;
};

// Whether a request came with a bearer key in place of a signature, and of which kind.
enum class Bearer : uint8_t { kNone, kShortTerm, kLongTerm };

struct Passage {
  explicit Passage(net::Request& from) : request(from) {
    headers.reserve(from.headers.size());
    for (const auto field : from.headers) headers.push_back({field.name, field.value});
    view.method = from.method;
    std::tie(view.path, view.query) = wire::sigv4::SplitTarget(from.target);
    view.host = from.authority;
    view.headers = headers;
  }
  Passage(const Passage&) = delete;
  Passage& operator=(const Passage&) = delete;

  net::Request& request;
  std::vector<wire::sigv4::HeaderView> headers;
  wire::sigv4::RequestView view;

  // Where the request came to a bucket's own host: its target as it was sent, which is signed.
  std::string sent_target{};
  bool is_s3 = false;  // its form or host says so

  wire::Match match{};                // after Route
  account::PrincipalPtr principal{};  // after Authenticate; null for nobody
  // After Authenticate: whose signature it is, also that of a short-term key; null without one.
  std::shared_ptr<const account::AccessKey> access_key{};
  Bearer bearer = Bearer::kNone;                   // after Authenticate
  std::optional<Proof> proof{};                    // after Authenticate, where there is one
  std::string body{};                              // after ReadBody: whole and verified
  BodyBudget::Share body_share{};                  // the memory that the body takes
  uint64_t event_bytes = 0;                        // received of an input that is not in body
  std::unique_ptr<wire::Permission> permission{};  // after Authorize
  wire::Call call{};                               // request_id from the start, the rest at the end
};

// Whether the input comes as events, while it is answered.
inline bool TakesEvents(const Passage& passage) {
  return passage.match.operation != nullptr && passage.match.operation->input_events != nullptr;
}

// Whether the payload is given to the handler as it comes.
inline bool StreamsBody(const Passage& passage) {
  return passage.match.operation != nullptr && passage.match.operation->input_body;
}

// What a step says: go on, or answer this.
using Step = std::expected<void, wire::WireError>;

}  // namespace bedplate::gateway
