// What a request tells of itself beside its input, as policies ask for it.
//
// Threads: plain values.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "account/identity/principal.h"
#include "account/policy/request.h"
#include "gateway/passage.h"
#include "wire/operation.h"

namespace bedplate::gateway {

struct RequestFacts {
  account::PrincipalPtr principal{};  // null for nobody
  const wire::Service* service = nullptr;
  std::string operation{};
  std::string region{};
  std::chrono::system_clock::time_point now{};
  std::string address{};  // of the client, without its port; empty for a Unix socket
  bool tls = false;
  std::string user_agent{};
  std::string referer{};
  Bearer bearer = Bearer::kNone;
  // S3's: how it is signed ("REST-HEADER", "REST-QUERY-STRING"; empty: not), its age, and the
  // header with the hash of its body.
  std::string auth_type{};
  bool version2 = false;  // of signatures; such have no age
  std::chrono::milliseconds signature_age{};
  std::string content_hash{};
};

// Of a request that was routed and authenticated.
RequestFacts FactsOf(const Passage& passage, std::string_view region,
                     std::chrono::system_clock::time_point now);

// The keys of the principal, and those of the request.
// spec: IAM user guide, "AWS global condition context keys"; service authorization reference of
// Amazon S3 ("s3:authType", ...) and of Amazon Bedrock ("bedrock:BearerTokenType")
account::policy::Context ContextOf(const RequestFacts& facts);

}  // namespace bedplate::gateway
