#include "gateway/streamed_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "gateway/authenticate.h"

namespace bedplate::gateway {
namespace {

namespace sigv4 = wire::sigv4;
using sigv4::AuthFault;
using sigv4::PayloadKind;

Error Named(std::string type, int status, std::string message) {
  return {.fault = status == 403 ? Fault::kAccessDenied : Fault::kValidation,
          .message = std::move(message),
          .type = std::move(type),
          .status = status};
}

wire::WireError Refusal(std::string type, int status, std::string message) {
  return {.status = status, .type = std::move(type), .message = std::move(message)};
}

std::string TooLong(uint64_t bytes, uint64_t bytes_max) {
  return fmt::format(
      "Your proposed upload exceeds the maximum allowed size: it has {} bytes or more, and at most "
      "{} are taken.",
      bytes, bytes_max);
}

// Whether the head says that the body is in chunks, whoever may have signed them.
bool IsAnyChunked(const Passage& passage) {
  const auto payload = sigv4::ReadPayload(passage.view, false, sigv4::PathRule::kAsSent);
  return payload && payload->chunked();
}

// A body that is not what its head says.
Error OfBody(sigv4::AuthError error) {
  if (error.fault == AuthFault::kInvalidSignature) {
    return Named("SignatureDoesNotMatch", 403, std::move(error.message));
  }
  return Named("IncompleteBody", 400, std::move(error.message));
}

}  // namespace

std::expected<std::unique_ptr<StreamedBody>, wire::WireError> StreamedBody::Open(
    Passage& passage, uint64_t bytes_max) {
  std::unique_ptr<StreamedBody> body(new StreamedBody(passage, bytes_max));
  const auto* proof = passage.proof ? &*passage.proof : nullptr;
  body->size_ = passage.request.content_length;
  if (proof == nullptr && IsAnyChunked(passage)) {
    return std::unexpected(Refusal("InvalidRequest", 400,
                                   "A body in chunks needs a request that is signed with "
                                   "AWS4-HMAC-SHA256."));
  }
  // Nobody's bytes are taken, and kept on the disk, before somebody is known to have sent them.
  if (proof != nullptr && proof->payload.kind == PayloadKind::kHashed) {
    return std::unexpected(Refusal("InvalidRequest", 400,
                                   "Missing required header for this request: "
                                   "x-amz-content-sha256"));
  }
  if (proof != nullptr && proof->payload.chunked()) {
    const auto length = sigv4::ReadDecodedLength(passage.view);
    if (!length) {
      return std::unexpected(Refusal("MissingContentLength", 411, length.error().message));
    }
    body->size_ = *length;
    wire::AwsChunkedDecoder::Options options{
        proof->payload.kind, *length,
        std::string(passage.view.Find("x-amz-trailer").value_or(std::string_view()))};
    if (proof->payload.kind != PayloadKind::kUnsignedTrailer) {
      options.signatures.emplace(proof->key, proof->claim.timestamp, proof->claim.scope,
                                 proof->claim.signature);
    }
    body->chunks_.emplace(std::move(options));
  } else {
    body->hashed_ = proof != nullptr && proof->payload.kind == PayloadKind::kHashGiven;
  }
  if (body->size_ > bytes_max) {
    return std::unexpected(Refusal("EntityTooLarge", 400, TooLong(*body->size_, bytes_max)));
  }
  return body;
}

std::unexpected<Error> StreamedBody::Broken(Error error) {
  failure_ = error;
  return std::unexpected(std::move(error));
}

net::Task<Result<std::string_view>> StreamedBody::Next() {
  if (failure_) co_return std::unexpected(*failure_);
  while (!ended_) {
    const auto received = co_await passage_.request.body->Next();
    if (!received) {
      Error error = received.error();
      if (error.fault == Fault::kModelTimeout) {
        error = Named("RequestTimeout", 400, std::move(error.message));
      } else if (error.fault == Fault::kValidation) {
        error = Named("IncompleteBody", 400, std::move(error.message));
      }
      co_return Broken(std::move(error));
    }
    const auto taken = received->empty() ? End() : Take(*received);
    if (!taken) co_return std::unexpected(taken.error());
    if (ended_ || !taken->empty()) co_return *taken;
  }
  co_return std::string_view();
}

Result<std::string_view> StreamedBody::Take(std::string_view received) {
  passage_.event_bytes += received.size();
  std::string_view bytes = received;
  if (chunks_) {
    decoded_.clear();
    if (auto ok = chunks_->Push(received, decoded_); !ok) return Broken(OfBody(ok.error()));
    bytes = decoded_;
  }
  given_ += bytes.size();
  if (given_ > bytes_max_) return Broken(Named("EntityTooLarge", 400, TooLong(given_, bytes_max_)));
  if (hashed_) hash_.Update(bytes);
  return bytes;
}

Result<std::string_view> StreamedBody::End() {
  ended_ = true;
  if (chunks_) {
    if (auto ok = chunks_->Finish(); !ok) return Broken(OfBody(ok.error()));
  }
  if (hashed_) {
    if (auto ok = CheckProofWithBody(passage_, hash_.Finish()); !ok) {
      const bool told = passage_.proof->payload.kind == PayloadKind::kHashGiven;
      return Broken(told ? Named("XAmzContentSHA256Mismatch", 400, std::move(ok.error().message))
                         : Named("SignatureDoesNotMatch", 403, std::move(ok.error().message)));
    }
  }
  return std::string_view();
}

std::optional<std::string_view> StreamedBody::Trailer(std::string_view name) const {
  if (!chunks_) return std::nullopt;
  const auto found = std::ranges::find(chunks_->trailers(), name, &sigv4::HeaderField::first);
  if (found == chunks_->trailers().end()) return std::nullopt;
  return found->second;
}

}  // namespace bedplate::gateway
