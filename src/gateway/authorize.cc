#include "gateway/authorize.h"

namespace bedplate::gateway {

Step Authorize(const Passage& passage, std::string_view account) {
  if (passage.principal == nullptr) return {};  // Authenticate let an anonymous operation through
  if (account::IsAllowed(*passage.principal, account)) return {};
  const auto& match = passage.match;
  const std::string operation(match.operation != nullptr ? match.operation->name : "the operation");
  return std::unexpected(wire::WireError{
      .status = 403,
      .type = "AccessDeniedException",
      .message = "User: " + passage.principal->arn + " is not authorized to perform: " +
                 std::string(match.service->signing_name) + ":" + operation});
}

}  // namespace bedplate::gateway
