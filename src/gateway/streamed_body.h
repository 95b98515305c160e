// The body of an operation whose input payload is streamed: given on piece by piece, freed of its
// aws-chunked encoding, held against what its signature says as it comes.
//
// Only Amazon S3 has such operations, so refusals have its names.
// spec: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
//
// Threads: the reactor of its request.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "gateway/passage.h"
#include "wire/aws_chunked.h"
#include "wire/call.h"

namespace bedplate::gateway {

class StreamedBody final : public wire::BodySource {
 public:
  // `passage` outlives this; counts in it what was received. Refuses a body that says beforehand
  // that it is longer than `bytes_max`, and one in chunks that does not say how long it is.
  static std::expected<std::unique_ptr<StreamedBody>, wire::WireError> Open(Passage& passage,
                                                                            uint64_t bytes_max);

  std::optional<uint64_t> size() const override { return size_; }
  net::Task<Result<std::string_view>> Next() override;
  std::optional<std::string_view> Trailer(std::string_view name) const override;
  std::string_view announced() const override {
    return passage_.view.Find("x-amz-trailer").value_or(std::string_view());
  }

 private:
  StreamedBody(Passage& passage, uint64_t bytes_max) : passage_(passage), bytes_max_(bytes_max) {}

  Result<std::string_view> Take(std::string_view received);
  Result<std::string_view> End();
  std::unexpected<Error> Broken(Error error);

  Passage& passage_;
  const uint64_t bytes_max_;
  std::optional<uint64_t> size_;
  std::optional<wire::AwsChunkedDecoder> chunks_;  // where the body is in chunks
  bool hashed_ = false;                            // where the signature covers its hash
  wire::sigv4::Sha256 hash_;
  std::string decoded_;  // of the last chunks
  uint64_t given_ = 0;
  bool ended_ = false;
  std::optional<Error> failure_;
};

}  // namespace bedplate::gateway
