// RemoteObjects: the objects of any server that speaks S3, for the rest of Bedplate.
//
// Reads ask for a piece at a time, and only for the version that the first one was of; writes hold
// a part at a time and become a multipart upload when one is not enough. A process that ends in the
// middle of one leaves an upload without a name, which a lifecycle rule of the bucket takes away.
//
// Errors: as ObjectStore and SignedClient. Threads: as both.
// spec: docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
#pragma once

#include <memory>

#include "account/objects/object_store.h"
#include "services/s3/upstream/signed_client.h"

namespace bedplate::services::s3 {

class RemoteObjects final : public account::objects::ObjectStore {
 public:
  // Of an object that is read or written, in memory; S3 takes 10,000 parts, so the later ones are
  // larger: 1,000 of 8 MiB, then 16, then 32 and so on up to 64 MiB are about 400 GiB in all.
  static constexpr size_t kPieceBytes = 8 << 20;
  static constexpr size_t kPieceBytesMax = 64 << 20;

  explicit RemoteObjects(std::unique_ptr<SignedClient> client, size_t piece_bytes = kPieceBytes)
      : client_(std::move(client)), piece_bytes_(piece_bytes) {}

  Result<account::objects::ObjectFacts> Look(const std::string& bucket,
                                             const std::string& key) override;
  Result<std::unique_ptr<account::objects::ObjectSource>> Read(const std::string& bucket,
                                                               const std::string& key) override;
  Result<std::unique_ptr<account::objects::ObjectSink>> Write(
      const std::string& bucket, const std::string& key, const std::string& content_type) override;
  Result<account::objects::ObjectPage> List(const std::string& bucket, const std::string& prefix,
                                            const std::string& after, size_t most) override;
  Result<void> Delete(const std::string& bucket, const std::string& key) override;

 private:
  const std::unique_ptr<SignedClient> client_;
  const size_t piece_bytes_;
};

}  // namespace bedplate::services::s3
