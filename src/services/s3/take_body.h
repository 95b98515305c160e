// The payload of a request, taken into content: read on the reactor, sealed and summed on the pool.
//
// Threads: a task of a reactor; the pool's work refers to the caller's frame, which waits for it.
#pragma once

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <memory>
#include <string>
#include <utility>

#include "account/objects/content.h"
#include "net/blocking_pool.h"
#include "services/s3/support.h"
#include "wire/call.h"

namespace bedplate::services::s3 {

// Read of the disk at once for one answer.
inline constexpr size_t kPieceBytes = 512 << 10;
// Taken of a request at once; two of them, at most, are between the client and the disk. While the
// pool sums and seals one the next is received, so that only the last is waited for.
inline constexpr size_t kTakenBytes = 128 << 10;

// The trailing checksum of that algorithm in base64, or empty.
inline std::string TrailerOf(const wire::BodySource& body, objects::Checksum algorithm) {
  std::string name = "x-amz-checksum-";
  for (const char c : objects::NameOf(algorithm)) {
    name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return std::string(body.Trailer(name).value_or(std::string_view()));
}

// The algorithm of the checksum that is announced to come behind the body; kNone when none is.
objects::Checksum AnnouncedChecksum(const wire::BodySource& body);

// Appends what comes, up to a piece or a little more; whether there may be more behind it.
net::Task<Result<bool>> Gather(wire::BodySource& body, std::string& piece);

// `begin` makes the writer, `finish` gets it when it has all, with what it must be: both on the
// pool, and once. Small payloads are one piece of work.
template <class Value, class Begin, class Finish>
net::Task<Result<Value>> TakeBody(wire::BodySource& body, net::BlockingPool& pool,
                                  GivenChecksum given, std::string md5, Begin begin,
                                  Finish finish) {
  using boost::asio::experimental::awaitable_operators::operator&&;
  std::unique_ptr<objects::ContentWriter> content;
  std::string piece;
  const auto append = [&]() -> Result<void> {
    if (!content) {
      auto begun = begin();
      if (!begun) return std::unexpected(std::move(begun.error()));
      content = std::move(*begun);
    }
    return content->Append(piece);
  };
  auto more = co_await Gather(body, piece);
  if (!more) co_return std::unexpected(std::move(more.error()));
  std::string next;
  while (*more) {
    // The next piece comes while the pool has this one.
    auto [appended, gathered] = co_await (pool.Run(append) && Gather(body, next));
    if (!appended) co_return std::unexpected(std::move(appended.error()));
    more = std::move(gathered);
    if (!more) co_return std::unexpected(std::move(more.error()));
    piece.swap(next);
    next.clear();
  }
  objects::Expected expected{.md5 = std::move(md5), .checksum = {}};
  const bool behind = given.base64.empty() && AnnouncedChecksum(body) != objects::Checksum::kNone;
  const std::string base64 = behind ? TrailerOf(body, given.algorithm) : given.base64;
  if (behind && base64.empty()) {
    co_return objects::S3Fail("MalformedTrailerError", 400,
                              "The request contained trailing data that was not well-formed: the "
                              "checksum that x-amz-trailer announces did not come.");
  }
  if (!base64.empty()) {
    auto bytes = objects::BytesOfChecksum(given.algorithm, base64);
    if (!bytes) {
      co_return objects::InvalidRequest("Value for x-amz-checksum-" +
                                        std::string(objects::NameOf(given.algorithm)) +
                                        " header is invalid.");
    }
    expected.checksum = std::move(*bytes);
  }
  co_return co_await pool.Run([&]() -> Result<Value> {
    auto done = append();
    if (done) done = content->Finish(expected);
    if (!done) return std::unexpected(std::move(done.error()));
    return finish(*content);
  });
}

// The algorithm of a payload: of the checksum that comes with it or behind it, else the one that is
// asked for, else S3's own.
template <class Input>
Result<GivenChecksum> ChecksumOfPayload(const Input& input, const wire::BodySource& body,
                                        objects::Checksum otherwise) {
  auto given = ChecksumOf(input);
  if (!given || given->algorithm != objects::Checksum::kNone) return given;
  given->algorithm = AnnouncedChecksum(body);
  if (given->algorithm != objects::Checksum::kNone) return given;
  if (!input.ChecksumAlgorithm) {
    given->algorithm = otherwise;
    return given;
  }
  const auto named = objects::ChecksumNamed(input.ChecksumAlgorithm->text());
  if (!named) {
    return objects::InvalidRequest(
        "Checksum algorithm provided is unsupported. Please try again "
        "with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, "
        "SHA256, SHA512, MD5, XXHASH64, XXHASH3, XXHASH128]");
  }
  given->algorithm = *named;
  return given;
}

}  // namespace bedplate::services::s3
