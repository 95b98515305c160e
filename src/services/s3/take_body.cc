#include "services/s3/take_body.h"

#include "net/text.h"

namespace bedplate::services::s3 {

objects::Checksum AnnouncedChecksum(const wire::BodySource& body) {
  for (const objects::Checksum algorithm : objects::AllChecksums()) {
    const std::string name = "x-amz-checksum-" + net::ToLower(objects::NameOf(algorithm));
    if (net::ListHas(body.announced(), name)) return algorithm;
  }
  return objects::Checksum::kNone;
}

net::Task<Result<bool>> Gather(wire::BodySource& body, std::string& piece) {
  while (piece.size() < kTakenBytes) {
    const auto received = co_await body.Next();
    if (!received) co_return std::unexpected(received.error());
    if (received->empty()) co_return false;
    piece.append(*received);
  }
  co_return true;
}

}  // namespace bedplate::services::s3
