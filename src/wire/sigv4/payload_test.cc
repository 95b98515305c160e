#include "wire/sigv4/payload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::wire::sigv4 {
namespace {

AuthResult<Payload> Read(std::string value, bool presigned = false,
                         PathRule rule = PathRule::kEncodeAgain) {
  const std::vector<HeaderView> headers = {{"x-amz-content-sha256", value}};
  auto payload = ReadPayload({"PUT", "/", "", "", headers}, presigned, rule);
  if (payload) payload->canonical = {};  // its memory ends here
  return payload;
}

TEST(ReadPayload, KnowsEveryValue) {
  EXPECT_EQ(Read(std::string(64, 'a'))->kind, PayloadKind::kHashGiven);
  EXPECT_EQ(Read("UNSIGNED-PAYLOAD")->kind, PayloadKind::kUnsigned);
  EXPECT_EQ(Read("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")->kind, PayloadKind::kChunks);
  EXPECT_EQ(Read("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")->kind, PayloadKind::kChunksTrailer);
  EXPECT_EQ(Read("STREAMING-AWS4-HMAC-SHA256-EVENTS")->kind, PayloadKind::kEvents);
  EXPECT_EQ(Read("STREAMING-UNSIGNED-PAYLOAD-TRAILER")->kind, PayloadKind::kUnsignedTrailer);
  for (const std::string wrong :
       {"", "unsigned-payload", "required", "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
        "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"}) {
    const auto payload = Read(wrong);
    ASSERT_FALSE(payload) << wrong;
    EXPECT_EQ(payload.error().fault, AuthFault::kInvalidSignature);
    EXPECT_THAT(payload.error().message, testing::HasSubstr("not '" + wrong + "'"));
  }
}

TEST(ReadPayload, OfAPresignedS3UrlIsUnsigned) {
  const RequestView bare{"GET", "/", "", "", {}};
  EXPECT_EQ(ReadPayload(bare, true, PathRule::kAsSent)->kind, PayloadKind::kUnsigned);
  EXPECT_EQ(ReadPayload(bare, true, PathRule::kEncodeAgain)->kind, PayloadKind::kHashed);
  EXPECT_EQ(ReadPayload(bare, false, PathRule::kAsSent)->kind, PayloadKind::kHashed);
}

TEST(ReadDecodedLength, ReadsANumberAndNothingElse) {
  const auto read = [](std::vector<HeaderView> headers) {
    return ReadDecodedLength({"PUT", "/", "", "", headers});
  };
  EXPECT_EQ(read({{"x-amz-decoded-content-length", "66560"}}), 66560u);
  EXPECT_FALSE(read({}));
  for (const std::string wrong : {"", "-1", "1e3", "0x10", " 1", "99999999999999999999"}) {
    EXPECT_FALSE(read({{"x-amz-decoded-content-length", wrong}})) << wrong;
  }
}

}  // namespace
}  // namespace bedplate::wire::sigv4
