// RemoteUpload: an object on its way to a server that speaks S3. One part is held in memory; an
// object that is no larger is put at once, others part by part.
//
// Errors and threads: as SignedClient.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "account/objects/object_store.h"
#include "services/s3/upstream/signed_client.h"

namespace bedplate::services::s3 {

class RemoteUpload final : public account::objects::ObjectSink {
 public:
  // `client` outlives this.
  RemoteUpload(SignedClient& client, std::string bucket, std::string key, std::string content_type,
               size_t piece_bytes)
      : client_(client),
        bucket_(std::move(bucket)),
        key_(std::move(key)),
        content_type_(std::move(content_type)),
        piece_bytes_(piece_bytes) {}
  // Takes back what was not finished.
  ~RemoteUpload() override;
  RemoteUpload(const RemoteUpload&) = delete;
  RemoteUpload& operator=(const RemoteUpload&) = delete;

  Result<void> Append(std::string_view bytes) override;
  Result<void> Finish() override;

 private:
  size_t PartBytes() const;
  UpstreamRequest RequestFor(std::string method, std::string query) const;
  Result<void> PutWhole();
  Result<void> Start();
  Result<void> PutPart();
  Result<void> Complete();
  Result<void> CheckDone(const Error& error);

  SignedClient& client_;
  const std::string bucket_;
  const std::string key_;
  const std::string content_type_;
  const size_t piece_bytes_;
  std::string part_;
  std::string upload_id_;           // encoded; empty before the first part
  std::vector<std::string> etags_;  // of the parts that were put, as they were given
  uint64_t put_bytes_ = 0;
};

}  // namespace bedplate::services::s3
