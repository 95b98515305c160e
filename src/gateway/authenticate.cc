#include "gateway/authenticate.h"

#include "gateway/short_term_key.h"
#include "gateway/signing_keys.h"
#include "gateway/version2_signature.h"
#include "net/text.h"
#include "wire/sigv4/verify.h"

namespace bedplate::gateway {
namespace {

namespace sigv4 = wire::sigv4;
using sigv4::AuthFault;
using sigv4::AuthResult;
using sigv4::PayloadKind;

// The key behind "Authorization: Bearer <key>"; empty when the request has none.
std::string_view BearerKeyOf(const sigv4::RequestView& request) {
  const auto header = request.Find("authorization");
  constexpr std::string_view kScheme = "bearer ";
  if (!header || !net::EqualsIgnoringCase(header->substr(0, kScheme.size()), kScheme)) return {};
  return net::TrimBlanks(header->substr(kScheme.size()));
}

// The same, or what the header of a facade holds where its clients put keys.
std::string_view KeyOf(const Passage& passage) {
  const std::string_view header = passage.match.service->key_header;
  if (header.empty() || passage.view.Find("authorization")) return BearerKeyOf(passage.view);
  return net::TrimBlanks(passage.view.Find(header).value_or(std::string_view()));
}

AuthResult<> AuthenticateBearer(Passage& passage, std::string_view key,
                                const AuthenticationOptions& options, sigv4::Seconds now) {
  if (!passage.match.service->bearer) {
    return sigv4::Refuse(
        AuthFault::kAccessDenied,
        "API keys are taken by Amazon Bedrock and Amazon Bedrock Runtime, not by " +
            std::string(passage.match.service->name) + ". Sign the request.");
  }
  if (IsShortTermKey(key)) {
    auto made_by = MakerOfShortTermKey(key, options, now);
    if (!made_by) return std::unexpected(made_by.error());
    passage.bearer = Bearer::kShortTerm;
    passage.principal = (*made_by)->owner;
    passage.access_key = std::move(*made_by);
    return {};
  }
  auto owner = options.identities.FindBearerKey(key, now);
  if (!owner && owner.error() == account::KeyFault::kExpired) {
    return sigv4::Refuse(AuthFault::kAccessDenied, "Bearer Token has expired");
  }
  if (!owner) {
    return sigv4::Refuse(AuthFault::kAccessDenied,
                         "Authentication failed: Please make sure your API Key is valid.");
  }
  passage.bearer = Bearer::kLongTerm;
  passage.principal = std::move(*owner);
  return {};
}

// IAM has one place for all regions, and STS may be asked there.
// spec: docs.aws.amazon.com/general/latest/gr/rande.html#global-endpoints
std::string_view RegionFor(const sigv4::Claim& claim, const wire::Service& service,
                           std::string_view region) {
  constexpr std::string_view kGlobal = "us-east-1";
  const bool global = service.signing_name == "iam" || service.signing_name == "sts";
  return global && claim.region == kGlobal ? kGlobal : region;
}

AuthResult<> CheckProof(const Passage& passage, std::string_view payload_hash) {
  const Proof& proof = *passage.proof;
  return sigv4::CheckSignature(proof.claim, passage.view, payload_hash, proof.path_rule, proof.key);
}

// A target in absolute form, and HTTP/2's :authority, may say another host than the one that is
// signed; a bucket's own host decides what is asked for.
AuthResult<> CheckHost(const sigv4::RequestView& request) {
  const auto host = request.Find("host");
  if (!host || net::EqualsIgnoringCase(net::TrimBlanks(*host), request.host)) return {};
  return sigv4::Refuse(AuthFault::kInvalidSignature,
                       "The Host '" + std::string(host->substr(0, 256)) +
                           "' that is signed is not the one that the request goes to, '" +
                           std::string(request.host.substr(0, 256)) + "'.");
}

AuthResult<> AuthenticateSigned(Passage& passage, sigv4::Claim claim,
                                const AuthenticationOptions& options, sigv4::Seconds now) {
  if (auto ok = CheckHost(passage.view); !ok) return ok;
  const auto found =
      options.identities.FindAccessKey(claim.access_key_id, claim.security_token, now);
  if (!found && found.error() == account::KeyFault::kExpired) {
    return sigv4::Refuse(AuthFault::kExpiredToken,
                         "The security token included in the request is expired");
  }
  if (!found) {
    return sigv4::Refuse(AuthFault::kUnrecognizedClient,
                         "The security token included in the request is invalid.");
  }
  const auto& key = *found;
  const auto& service = *passage.match.service;
  const std::string_view region = RegionFor(claim, service, options.region);
  if (auto ok = sigv4::CheckScope(claim, region, service.signing_name); !ok) return ok;
  const bool s3 = service.signing_name == "s3";
  const auto in_time = s3 ? sigv4::CheckTimeOfS3(claim, now) : sigv4::CheckTime(claim, now);
  if (!in_time) return in_time;
  if (auto ok = sigv4::CheckSignedHeaders(claim, passage.view); !ok) return ok;
  const auto rule = s3 ? sigv4::PathRule::kAsSent : sigv4::PathRule::kEncodeAgain;
  const auto payload = sigv4::ReadPayload(passage.view, claim.presigned, rule);
  if (!payload) return std::unexpected(payload.error());
  if (payload->kind == PayloadKind::kEvents && !TakesEvents(passage)) {
    return sigv4::Refuse(AuthFault::kInvalidSignature,
                         "x-amz-content-sha256 is " + std::string(payload->canonical) +
                             ", which only operations take whose input is an event stream.");
  }
  const sigv4::Digest signing_key = SigningKeyFor(key->secret, claim);
  passage.proof.emplace(Proof{std::move(claim), *payload, rule, signing_key});
  if (payload->kind != PayloadKind::kHashed) {
    if (auto ok = CheckProof(passage, payload->canonical); !ok) return ok;
  }
  passage.access_key = key;
  passage.principal = key->owner;
  return {};
}

// A URL signed with version 2; false when it is none.
AuthResult<bool> AuthenticateVersion2(Passage& passage, const AuthenticationOptions& options,
                                      sigv4::Seconds now) {
  const auto claim = ReadVersion2Claim(passage);
  if (!claim) return std::unexpected(claim.error());
  if (!*claim) return false;
  const auto found =
      options.identities.FindAccessKey((*claim)->access_key_id, (*claim)->security_token, now);
  if (!found) {
    return sigv4::Refuse(found.error() == account::KeyFault::kExpired
                             ? AuthFault::kExpiredToken
                             : AuthFault::kUnrecognizedClient,
                         "The AWS Access Key Id you provided does not exist in our records.");
  }
  const auto bucket =
      passage.sent_target.empty()
          ? std::string_view()
          : std::string_view(passage.request.target)
                .substr(1)
                .substr(0, passage.request.target.size() - passage.sent_target.size() - 1);
  auto valid = CheckVersion2(**claim, passage, bucket, (*found)->secret, now);
  if (!valid) return std::unexpected(std::move(valid.error()));
  passage.access_key = *found;
  passage.principal = (*found)->owner;
  return true;
}

}  // namespace

AuthResult<> Authenticate(Passage& passage, const AuthenticationOptions& options,
                          sigv4::Seconds now) {
  const auto bearer_key = KeyOf(passage);
  if (!bearer_key.empty()) return AuthenticateBearer(passage, bearer_key, options, now);
  auto claim = sigv4::ReadClaim(passage.view);
  if (!claim) return std::unexpected(claim.error());
  if (*claim) return AuthenticateSigned(passage, std::move(**claim), options, now);
  // What a form in the body asks for shows when it has been read: RequireCaller.
  if (passage.match.operation == nullptr || passage.match.operation->anonymous) return {};
  // Whether a bucket lets everyone in is for its policy to say.
  if (passage.match.service->signing_name == "s3") {
    auto known = AuthenticateVersion2(passage, options, now);
    if (!known) return std::unexpected(std::move(known.error()));
    return {};
  }
  return sigv4::Refuse(AuthFault::kMissingToken, "Missing Authentication Token");
}

AuthResult<> RequireCaller(const Passage& passage) {
  if (passage.principal != nullptr || passage.match.operation->anonymous) return {};
  return sigv4::Refuse(AuthFault::kMissingToken, "Missing Authentication Token");
}

AuthResult<> CheckProofWithBody(const Passage& passage, const sigv4::Digest& body_hash) {
  if (!passage.proof) return {};
  const auto kind = passage.proof->payload.kind;
  if (kind == PayloadKind::kHashed) return CheckProof(passage, sigv4::HexOf(body_hash));
  if (kind == PayloadKind::kHashGiven &&
      sigv4::HexOf(body_hash) != passage.proof->payload.canonical) {
    return sigv4::Refuse(
        AuthFault::kInvalidSignature,
        "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }
  return {};
}

wire::WireError ToWireError(sigv4::AuthError error) {
  // Services that speak rest-json answer 403 to every failed proof.
  wire::WireError answer{
      .status = 403, .message = std::move(error.message), .unauthenticated = true};
  switch (error.fault) {
    case AuthFault::kMissingToken:
      answer.type = "MissingAuthenticationTokenException";
      break;
    case AuthFault::kIncomplete:
      answer.type = "IncompleteSignatureException";
      break;
    case AuthFault::kUnrecognizedClient:
      answer.type = "UnrecognizedClientException";
      break;
    case AuthFault::kExpiredToken:
      answer.type = "ExpiredTokenException";
      break;
    case AuthFault::kInvalidSignature:
      answer.type = "InvalidSignatureException";
      break;
    case AuthFault::kTimeTooSkewed:
      answer.type = "RequestTimeTooSkewed";
      break;
    case AuthFault::kAccessDenied:
      answer.type = "AccessDeniedException";
      break;
    case AuthFault::kMalformedBody:
      answer.status = 400;
      answer.unauthenticated = false;
      answer.type = "ValidationException";
      break;
  }
  return answer;
}

}  // namespace bedplate::gateway
