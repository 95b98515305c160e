#include "wire/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "wire/protocol_codec.h"

namespace bedplate::wire {
namespace {

// The names services have for a fault, the most common first: it stands in where an operation
// declares none of them.
struct FaultNames {
  Fault fault;
  int status;
  std::array<std::string_view, 5> types;
};

// spec: docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html and the error shapes of
// the service models.
constexpr FaultNames kFaults[] = {
    {Fault::kValidation,
     400,
     {"ValidationException", "InvalidParameterException", "InvalidInputException",
      "InvalidParameterValueException", "InvalidParameter"}},
    {Fault::kAccessDenied, 403, {"AccessDeniedException", "AuthorizationErrorException"}},
    {Fault::kNotFound,
     404,
     {"ResourceNotFoundException", "NoSuchEntityException", "NotFoundException", "NoSuchKey",
      "NoSuchBucket"}},
    {Fault::kConflict,
     409,
     {"ConflictException", "ResourceInUseException", "EntityAlreadyExistsException",
      "ResourceAlreadyExistsException", "OperationAbortedException"}},
    {Fault::kQuota,
     400,
     {"ServiceQuotaExceededException", "LimitExceededException", "TooManyTagsException"}},
    {Fault::kTooManyTags, 400, {"TooManyTagsException", "ServiceQuotaExceededException"}},
    {Fault::kThrottling, 429, {"ThrottlingException", "ThrottledException"}},
    {Fault::kModelTimeout, 408, {"ModelTimeoutException", "ServiceUnavailableException"}},
    {Fault::kModelError, 424, {"ModelErrorException", "DependencyFailedException"}},
    {Fault::kModelStreamError, 424, {"ModelStreamErrorException", "ModelErrorException"}},
    {Fault::kModelNotReady, 429, {"ModelNotReadyException", "ServiceUnavailableException"}},
    {Fault::kUnavailable, 503, {"ServiceUnavailableException", "InternalServerException"}},
    {Fault::kNotImplemented, 501, {"NotImplementedException"}},
    {Fault::kInternal,
     500,
     {"InternalServerException", "InternalFailureException", "InternalServiceException",
      "ServiceFailureException", "KMSInternalException"}},
};

const FaultNames& NamesOfFault(Fault fault) {
  const auto found = std::ranges::find(kFaults, fault, &FaultNames::fault);
  return found == std::end(kFaults) ? kFaults[std::size(kFaults) - 1] : *found;
}

const Shape* DeclaredError(const Operation& operation, std::span<const std::string_view> types) {
  for (const std::string_view type : types) {
    const auto found = std::ranges::find(operation.errors, type, &Shape::name);
    if (!type.empty() && found != operation.errors.end()) return *found;
  }
  return nullptr;
}

const Shape* FindException(const Shape& stream, std::string_view type) {
  for (uint32_t i = 0; i < stream.member_count; ++i) {
    const Shape* const shape = stream.members[i].shape;
    if (shape->Has(kException) && shape->name == type) return shape;
  }
  return nullptr;
}

// What stands in, in an open stream, for a fault that its union has no exception of its own for.
std::array<std::string_view, 2> StandIns(Fault fault) {
  switch (fault) {
    case Fault::kValidation:
    case Fault::kAccessDenied:
    case Fault::kNotFound:
    case Fault::kConflict:
    case Fault::kQuota:
    case Fault::kTooManyTags:
    case Fault::kNotImplemented:
      return {"ValidationException", "InternalServerException"};
    case Fault::kModelTimeout:
    case Fault::kModelError:
    case Fault::kModelStreamError:
      return {"ModelStreamErrorException", "InternalServerException"};
    case Fault::kThrottling:
    case Fault::kModelNotReady:
    case Fault::kUnavailable:
      return {"ServiceUnavailableException", "InternalServerException"};
    case Fault::kInternal:
      break;
  }
  return {"InternalServerException", "InternalServerException"};
}

}  // namespace

WireError ToWireError(const Operation* operation, const Error& error) {
  const FaultNames& names = NamesOfFault(error.fault);
  WireError result{
      .status = names.status,
      .type = std::string(names.types[0]),
      .message = error.message,
      .retry_after_s = error.retry_after_s,
  };
  if (error.fault == Fault::kModelError || error.fault == Fault::kModelStreamError) {
    result.original_status = error.upstream_status;
  }
  const std::string_view own = error.type;
  if (!own.empty()) {
    result.type = own;
    if (error.status != 0) result.status = error.status;
  }
  if (!operation) {
    if (error.fault == Fault::kNotFound && own.empty()) result.type = "UnknownOperationException";
  } else if (const Shape* const declared = DeclaredError(
                 *operation, own.empty() ? std::span(names.types) : std::span(&own, 1))) {
    result.type = declared->name;
    result.declared = true;
    result.code = declared->error_code == declared->name ? "" : declared->error_code;
    result.status = declared->error_status;
  }
  return result;
}

WireError ToStreamError(const Operation& operation, const Shape& stream, const Error& error) {
  WireError result = ToWireError(&operation, error);
  const Shape* found = nullptr;
  for (const std::string_view type : NamesOfFault(error.fault).types) {
    if (!found && !type.empty()) found = FindException(stream, type);
  }
  for (const std::string_view type : StandIns(error.fault)) {
    if (!found) found = FindException(stream, type);
  }
  if (!found) return result;
  result.type = found->name;
  result.status = found->error_status;
  return result;
}

net::Response ErrorResponse(Protocol protocol, const WireError& error, std::string_view request_id,
                            const Service* service) {
  net::Response response = CodecOf(protocol).write_error(error, service, request_id);
  // Facades have statuses of their own for some.
  if (response.status == 200) response.status = error.status;
  response.headers.Set("x-amzn-requestid", request_id);
  if (error.retry_after_s) {
    response.headers.Set("retry-after", fmt::format("{}", *error.retry_after_s));
  }
  return response;
}

}  // namespace bedplate::wire
