#include "gateway/authorization/denial.h"

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace bedplate::gateway {
namespace {

using account::policy::Decision;
using account::policy::Request;

// S3 puts its own resources in quotation marks; keys it tells as KMS does.
std::string WithQuotedResource(std::string message, const std::string& resource) {
  const std::string plain = " on resource: " + resource + " ";
  if (const size_t at = message.find(plain); at != std::string::npos) {
    message.replace(at, plain.size(), fmt::format(" on resource: \"{}\" ", resource));
  }
  return message;
}

std::string MessageOf(const wire::Service& service, const Request& request,
                      const Decision& decision, const account::Resource& resource) {
  const bool foreign = request.identity.account != request.resource_account;
  if (service.signing_name == "s3") {
    if (foreign || request.identity.anonymous) return "Access Denied";
    std::string message = account::policy::DeniedMessage(request, decision);
    if (!request.action.starts_with("s3:")) return message;
    return WithQuotedResource(std::move(message), request.resource);
  }
  if (resource.arn_hidden && foreign) {
    return fmt::format(
        "User: {} is not authorized to perform: {} on the resource associated with this "
        "ciphertext because the resource does not exist in this Region, no resource-based policies "
        "allow access, or a resource-based policy explicitly denies access",
        request.identity.arn, request.action);
  }
  return account::policy::DeniedMessage(request, decision);
}

}  // namespace

Error Denial(const wire::Service& service, const Request& request, const Decision& decision,
             const account::Resource& resource) {
  constexpr int kForbidden = 403;
  constexpr int kBadRequest = 400;  // what services that speak JSON without REST answer
  Error error{.fault = Fault::kAccessDenied,
              .message = MessageOf(service, request, decision, resource)};
  switch (service.protocol) {
    case wire::Protocol::kRestXml:
    case wire::Protocol::kQuery:
      error.type = "AccessDenied";
      error.status = kForbidden;
      break;
    case wire::Protocol::kJson:
    case wire::Protocol::kCbor:
      error.type = "AccessDeniedException";
      error.status = kBadRequest;
      break;
    default:
      break;  // as the operation declares it
  }
  return error;
}

}  // namespace bedplate::gateway
