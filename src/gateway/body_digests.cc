#include "gateway/body_digests.h"

#include <string>

#include "account/objects/checksum.h"
#include "net/text.h"

namespace bedplate::gateway {
namespace {

namespace objects = account::objects;
using objects::Checksum;

std::unexpected<wire::WireError> Refusal(std::string type, std::string message) {
  return std::unexpected(
      wire::WireError{.status = 400, .type = std::move(type), .message = std::move(message)});
}

Step Check(const Passage& passage, std::string_view header, Checksum algorithm) {
  const auto said = passage.view.Find(header);
  if (!said) return {};
  const std::string shown = "'" + std::string(said->substr(0, 100)) + "'";
  const bool md5 = header == "content-md5";
  const auto bytes = objects::BytesOfChecksum(algorithm, *said);
  if (!bytes) {
    return md5 ? Refusal("InvalidDigest", "The Content-MD5 you specified was invalid: " + shown)
               : Refusal("InvalidRequest",
                         "Value for " + std::string(header) + " header is invalid: " + shown);
  }
  const auto hasher = objects::MakeHasher(algorithm);
  hasher->Update(passage.body);
  if (hasher->Finish() == *bytes) return {};
  return Refusal("BadDigest", "The " + std::string(md5 ? "Content-MD5" : header) +
                                  " you specified, " + shown + ", did not match what we received.");
}

}  // namespace

Step CheckBodyDigests(const Passage& passage) {
  if (passage.match.service == nullptr || passage.match.service->name != "s3") return {};
  if (auto ok = Check(passage, "content-md5", Checksum::kMd5); !ok) return ok;
  // What is the whole object's checksum there is not the body's.
  if (passage.match.operation->name == "CompleteMultipartUpload") return {};
  for (const Checksum algorithm : objects::AllChecksums()) {
    const std::string header = "x-amz-checksum-" + net::ToLower(objects::NameOf(algorithm));
    if (auto ok = Check(passage, header, algorithm); !ok) return ok;
  }
  return {};
}

}  // namespace bedplate::gateway
