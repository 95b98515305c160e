#include "gateway/authorize.h"

namespace bedplate::gateway {

Step Authorize(const Passage& passage) {
  if (passage.principal == nullptr) return {};  // Authenticate let an anonymous operation through
  const auto& match = passage.match;
  const account::Principal& principal = *passage.principal;
  const std::string_view service = match.service->signing_name;
  if ((principal.kind == account::PrincipalKind::kRoot || service == "sts") &&
      account::MayCall(principal, service, match.operation->name)) {
    return {};
  }
  return std::unexpected(wire::WireError{
      .status = 403,
      .type = "AccessDeniedException",
      .message = "User: " + principal.arn + " is not authorized to perform: " +
                 std::string(service) + ":" + std::string(match.operation->name)});
}

}  // namespace bedplate::gateway
