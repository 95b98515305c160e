#include "services/kms/request.h"

#include <fmt/format.h>

#include "account/identity/principal.h"
#include "account/keys/key_error.h"
#include "base/base64.h"

namespace bedplate::services::kms {
namespace {

constexpr std::string_view kMarkerHead = "kms:";

}  // namespace

account::keys::Scope ScopeOf(const wire::Call& call) {
  return {.account = call.account, .region = call.region};
}

account::policy::Identity IdentityOf(const wire::Call& call) {
  if (const auto* caller = static_cast<const account::Principal*>(call.principal.get())) {
    return caller->identity;
  }
  return {.account = call.account, .arn = call.principal_arn};
}

std::unexpected<Error> DryRunDone() {
  return account::keys::KeyError(Fault::kConflict, "DryRunOperationException",
                                 "The request would have succeeded, but the DryRun option is set.");
}

std::unexpected<Error> NoRecipient() {
  return account::keys::Unsupported(
      "Recipient is not supported: this server has no enclaves whose documents it could attest.");
}

wire::Timestamp ToTimestamp(int64_t ms) {
  constexpr int64_t kMsPerSecond = 1000;
  constexpr int32_t kNsPerMs = 1'000'000;
  return {.seconds = ms / kMsPerSecond,
          .nanoseconds = static_cast<int32_t>(ms % kMsPerSecond) * kNsPerMs};
}

std::string WriteMarker(std::string_view name) {
  std::string marker;
  AppendBase64(marker, std::string(kMarkerHead).append(name));
  return marker;
}

Result<std::string> ReadMarker(const wire::Opt<std::string>& marker) {
  if (!marker) return std::string();
  std::string text;
  if (AppendFromBase64(text, *marker) && text.starts_with(kMarkerHead)) {
    return text.substr(kMarkerHead.size());
  }
  return account::keys::KeyError(
      Fault::kValidation, "InvalidMarkerException",
      fmt::format("The marker '{}' is none that this operation gave.", *marker));
}

Result<size_t> ReadLimit(const wire::Opt<int32_t>& limit, PageLimit bounds) {
  if (!limit) return static_cast<size_t>(bounds.standard);
  if (*limit <= bounds.most) return static_cast<size_t>(*limit);
  return account::keys::Invalid(fmt::format(
      "1 validation error detected: Value '{}' at 'limit' failed to satisfy constraint: Member "
      "must have value less than or equal to {}",
      *limit, bounds.most));
}

}  // namespace bedplate::services::kms
