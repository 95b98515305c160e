#include "gateway/read_body.h"

#include <algorithm>

#include "gateway/authenticate.h"
#include "net/text.h"
#include "wire/aws_chunked.h"
#include "wire/trailing_checksum.h"

namespace bedplate::gateway {
namespace {

namespace sigv4 = wire::sigv4;
using Outcome = std::expected<void, BodyFailure>;

// A body is not given memory on its sender's word alone beyond this.
constexpr uint64_t kReserveBytesMax = 1 << 20;

std::unexpected<BodyFailure> Answer(wire::WireError error) {
  return std::unexpected(BodyFailure{.answer = std::move(error)});
}

std::unexpected<BodyFailure> Answer(sigv4::AuthError error) {
  return Answer(ToWireError(std::move(error)));
}

std::unexpected<BodyFailure> TooLarge(uint64_t bytes, uint64_t bytes_max) {
  return Answer(wire::WireError{.status = 413,
                                .type = "ValidationException",
                                .message = "The request body of " + std::to_string(bytes) +
                                           " bytes or more is too large: at most " +
                                           std::to_string(bytes_max) + " bytes are taken."});
}

std::unexpected<BodyFailure> FromReader(const Passage& passage, const Error& error) {
  if (error.fault == Fault::kUnavailable) {
    return std::unexpected(BodyFailure{.client_left = true});
  }
  if (error.fault == Fault::kModelTimeout) {
    return Answer(wire::WireError{
        .status = 408, .type = "RequestTimeoutException", .message = error.message});
  }
  return Answer(wire::ToWireError(passage.match.operation, error));
}

// Bodies compressed by the client are asked for by no operation that is served.
Outcome CheckContentEncoding(const Passage& passage) {
  const auto encoding = passage.view.Find("content-encoding");
  if (!encoding || encoding->empty() || net::EqualsIgnoringCase(*encoding, "identity") ||
      net::EqualsIgnoringCase(*encoding, "aws-chunked")) {
    return {};
  }
  return Answer(wire::WireError{.status = 415,
                                .type = "ValidationException",
                                .message = "Content-Encoding '" +
                                           std::string(encoding->substr(0, 64)) +
                                           "' is not taken; send the body as it is."});
}

net::Task<Outcome> ReadPlain(Passage& passage, uint64_t bytes_max, BodyBudget& budget) {
  if (passage.request.content_length) {
    passage.body.reserve(std::min(*passage.request.content_length, kReserveBytesMax));
  }
  // Only a signature has to know the hash; a bearer key covers nothing.
  const bool hashed =
      passage.proof && passage.proof->payload.kind <= sigv4::PayloadKind::kHashGiven;
  sigv4::Sha256 hash;
  for (;;) {
    const auto chunk = co_await passage.request.body->Next();
    if (!chunk) co_return FromReader(passage, chunk.error());
    if (chunk->empty()) break;
    if (passage.body.size() + chunk->size() > bytes_max) {
      co_return TooLarge(passage.body.size() + chunk->size(), bytes_max);
    }
    auto room = budget.Grow(passage.body_share, passage.body.size() + chunk->size());
    if (!room) co_return Answer(std::move(room.error()));
    if (hashed) hash.Update(*chunk);
    passage.body.append(*chunk);
  }
  if (hashed) {
    if (auto ok = CheckProofWithBody(passage, hash.Finish()); !ok) co_return Answer(ok.error());
  }
  co_return Outcome();
}

net::Task<Outcome> ReadChunked(Passage& passage, uint64_t bytes_max, BodyBudget& budget) {
  const auto length = sigv4::ReadDecodedLength(passage.view);
  if (!length) co_return Answer(length.error());
  if (*length > bytes_max) co_return TooLarge(*length, bytes_max);
  const Proof& proof = *passage.proof;
  const auto trailer_names = passage.view.Find("x-amz-trailer").value_or(std::string_view());
  auto checksum = wire::TrailingChecksum::Announced(trailer_names);
  if (!checksum) co_return Answer(checksum.error());
  wire::AwsChunkedDecoder::Options options{proof.payload.kind, *length, std::string(trailer_names)};
  if (proof.payload.kind != sigv4::PayloadKind::kUnsignedTrailer) {
    options.signatures.emplace(proof.key, proof.claim.timestamp, proof.claim.scope,
                               proof.claim.signature);
  }
  wire::AwsChunkedDecoder decoder(std::move(options));
  passage.body.reserve(std::min(*length, kReserveBytesMax));
  for (;;) {
    const auto chunk = co_await passage.request.body->Next();
    if (!chunk) co_return FromReader(passage, chunk.error());
    if (chunk->empty()) break;
    const size_t before = passage.body.size();
    auto room = budget.Grow(passage.body_share, before + chunk->size());
    if (!room) co_return Answer(std::move(room.error()));
    if (auto ok = decoder.Push(*chunk, passage.body); !ok) co_return Answer(ok.error());
    checksum->Update(std::string_view(passage.body).substr(before));
  }
  if (auto ok = decoder.Finish(); !ok) co_return Answer(ok.error());
  if (auto ok = checksum->Check(decoder.trailers()); !ok) co_return Answer(ok.error());
  co_return Outcome();
}

}  // namespace

net::Task<Outcome> ReadBody(Passage& passage, uint64_t bytes_max, BodyBudget& budget) {
  const bool chunked = passage.proof && passage.proof->payload.chunked();
  const auto declared = passage.request.content_length;
  if (declared && *declared > bytes_max && !chunked) co_return TooLarge(*declared, bytes_max);
  if (auto ok = CheckContentEncoding(passage); !ok) co_return ok;
  if (chunked) co_return co_await ReadChunked(passage, bytes_max, budget);
  co_return co_await ReadPlain(passage, bytes_max, budget);
}

}  // namespace bedplate::gateway
