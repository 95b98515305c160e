#include "wire/xml/s3_codes.h"

#include <algorithm>
#include <iterator>
#include <string_view>

namespace bedplate::wire {
namespace {

struct Code {
  std::string_view type;
  std::string_view code;
  int status;
};

constexpr Code kCodes[] = {
    {"AccessDeniedException", "AccessDenied", 403},
    {"ConflictException", "OperationAborted", 409},
    {"ExpiredTokenException", "ExpiredToken", 400},
    {"IncompleteSignatureException", "AuthorizationHeaderMalformed", 400},
    {"InternalServerException", "InternalError", 500},
    {"InvalidSignatureException", "SignatureDoesNotMatch", 403},
    {"MissingAuthenticationTokenException", "AccessDenied", 403},
    {"NotImplementedException", "NotImplemented", 501},
    {"RequestTimeoutException", "RequestTimeout", 400},
    {"ResourceNotFoundException", "NoSuchKey", 404},
    {"SerializationException", "MalformedXML", 400},
    {"ServiceQuotaExceededException", "InvalidRequest", 400},
    {"ServiceUnavailableException", "ServiceUnavailable", 503},
    {"ThrottlingException", "SlowDown", 503},
    {"UnknownOperationException", "MethodNotAllowed", 405},
    {"UnrecognizedClientException", "InvalidAccessKeyId", 403},
    {"ValidationException", "InvalidArgument", 400},
};

}  // namespace

WireError AsS3Says(WireError error) {
  const auto* const found = std::ranges::find(kCodes, std::string_view(error.type), &Code::type);
  if (found == std::end(kCodes)) return error;
  error.code = found->code;
  error.status = error.status == 413 ? 413 : found->status;
  return error;
}

}  // namespace bedplate::wire
