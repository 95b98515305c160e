// Errors as they go to the client.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"
#include "wire/operation.h"

namespace bedplate::wire {

struct WireError {
  int status = 500;
  std::string type{};  // "ValidationException": the shape's name; in x-amzn-ErrorType or the body
  std::string message{};
  std::optional<int> retry_after_s{};
  std::optional<int> original_status{};  // ModelErrorException, ModelStreamErrorException
  // Code on the wire where it is not the type (query services, facades); else empty.
  std::string code{};
  std::string resource{};        // that was asked for, where the protocol has a place for it (S3)
  std::string member{};          // that is wrong, for protocols that name it apart (OpenAI's)
  bool declared = false;         // the service's own: the operation's model has it
  bool unauthenticated = false;  // who sent it is not known: facades answer 401
};

// The modelled error that `operation` declares for the fault, or AWS's common one. `operation`
// may be null: an error before routing.
WireError ToWireError(const Operation* operation, const Error& error);

// The same for a stream that is open: the exception of the union `stream` that fits best, since
// clients know no others there (ModelErrorException becomes modelStreamErrorException, and what
// fits nowhere internalServerException). Where the union declares none of them, as ToWireError.
WireError ToStreamError(const Operation& operation, const Shape& stream, const Error& error);

// The error answer in the words of a protocol. Sets status, content type, error type header,
// request id (`x-amzn-RequestId`) and Retry-After; the body names type and message. `service` may
// be null: an error before routing.
net::Response ErrorResponse(Protocol protocol, const WireError& error, std::string_view request_id,
                            const Service* service = nullptr);

}  // namespace bedplate::wire
