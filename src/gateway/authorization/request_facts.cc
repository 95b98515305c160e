#include "gateway/authorization/request_facts.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace bedplate::gateway {
namespace {

using account::policy::Context;

// "192.0.2.1:4711", "[2001:db8::1]:4711" or "unix".
std::string AddressOf(std::string_view peer) {
  const size_t colon = peer.rfind(':');
  if (colon == std::string_view::npos) return {};
  std::string_view host = peer.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return std::string(host);
}

void SetTime(std::chrono::system_clock::time_point now, Context& context) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  context.Set("aws:CurrentTime", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", seconds));
  context.Set("aws:EpochTime", fmt::format("{}", seconds.time_since_epoch().count()));
}

void SetSigning(const RequestFacts& facts, Context& context) {
  if (facts.service->signing_name != "s3" || facts.auth_type.empty()) return;
  context.Set("s3:authType", facts.auth_type);
  context.Set("s3:signatureversion", facts.version2 ? "AWS" : "AWS4-HMAC-SHA256");
  if (facts.version2) return;
  context.Set("s3:signatureAge", fmt::format("{}", facts.signature_age.count()));
  if (!facts.content_hash.empty()) context.Set("s3:x-amz-content-sha256", facts.content_hash);
}

}  // namespace

RequestFacts FactsOf(const Passage& passage, std::string_view region,
                     std::chrono::system_clock::time_point now) {
  const auto header = [&](std::string_view name) {
    return std::string(passage.request.headers.Find(name).value_or(std::string_view()));
  };
  RequestFacts facts{.principal = passage.principal,
                     .service = passage.match.service,
                     .operation = std::string(passage.match.operation->name),
                     .region = std::string(region),
                     .now = now,
                     .address = AddressOf(passage.request.peer),
                     .tls = passage.request.tls,
                     .user_agent = header("user-agent"),
                     .referer = header("referer"),
                     .bearer = passage.bearer};
  // Only URLs are signed with version 2.
  facts.version2 = !passage.proof && passage.access_key != nullptr && facts.bearer == Bearer::kNone;
  if (facts.version2) facts.auth_type = "REST-QUERY-STRING";
  if (!passage.proof) return facts;
  facts.auth_type = passage.proof->claim.presigned ? "REST-QUERY-STRING" : "REST-HEADER";
  facts.signature_age = std::chrono::duration_cast<std::chrono::milliseconds>(
      now - std::chrono::system_clock::time_point(passage.proof->claim.time));
  facts.content_hash = header("x-amz-content-sha256");
  return facts;
}

Context ContextOf(const RequestFacts& facts) {
  Context context;
  if (facts.principal != nullptr) {
    context = facts.principal->context;
  } else {
    context.Set("aws:PrincipalType", "Anonymous");
  }
  SetTime(facts.now, context);
  if (!facts.address.empty()) context.Set("aws:SourceIp", facts.address);
  if (!facts.user_agent.empty()) context.Set("aws:UserAgent", facts.user_agent);
  if (!facts.referer.empty()) context.Set("aws:Referer", facts.referer);
  context.Set("aws:SecureTransport", facts.tls ? "true" : "false");
  context.Set("aws:RequestedRegion", facts.region);
  context.Set("aws:ViaAWSService", "false");
  SetSigning(facts, context);
  if (facts.bearer != Bearer::kNone) {
    context.Set("bedrock:BearerTokenType",
                facts.bearer == Bearer::kShortTerm ? "SHORT_TERM" : "LONG_TERM");
  }
  return context;
}

}  // namespace bedplate::gateway
