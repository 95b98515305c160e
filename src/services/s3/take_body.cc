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

}  // namespace bedplate::services::s3
