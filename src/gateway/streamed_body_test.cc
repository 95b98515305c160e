#include "gateway/streamed_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/authenticate.h"
#include "gateway/testing/test_support.h"
#include "wire/sigv4/chunk_signature.h"
#include "wire/sigv4/signing_key.h"

namespace bedplate::gateway {
namespace {

namespace sigv4 = wire::sigv4;
using testing::StartsWith;

constexpr std::string_view kChunks = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
constexpr std::string_view kTrailer = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

const wire::Operation kPut{
    .name = "PutObject", .method = "PUT", .uri = "/{Bucket}/{Key+}", .input_body = true};
const wire::Service kS3{.name = "s3", .signing_name = "s3"};

class StreamedBodyTest : public testing::Test {
 protected:
  // What a handler sees: its pieces with bars between, then "." at the end or "!" and the failure.
  std::string Verdict(const TestRequest& test, std::deque<std::string> arrives,
                      std::optional<Error> failure = {}) {
    net::Request request = test.ToRequest();
    request.content_length = content_length_;
    PiecesBody pieces(std::move(arrives));
    pieces.failure = std::move(failure);
    request.body = &pieces;
    Passage passage(request);
    passage.match.service = &kS3;
    passage.match.operation = &kPut;
    const auto known = Authenticate(passage, {kTestRegion, identities_}, test.now);
    if (!known) return "not authenticated: " + known.error().message;
    auto body = StreamedBody::Open(passage, bytes_max_);
    if (!body) return "not opened: " + body.error().type;
    std::string seen;
    for (;;) {
      const auto piece = RunTask((*body)->Next());
      if (!piece) {
        EXPECT_FALSE(RunTask((*body)->Next())) << "it goes on after a failure";
        return seen + "!" + std::to_string(piece.error().status) + " " + piece.error().type;
      }
      if (piece->empty()) break;
      seen.append(*piece) += '|';
    }
    trailer_ = (*body)->Trailer("x-amz-checksum-crc32").value_or("(none)");
    EXPECT_EQ(RunTask((*body)->Next()).value(), "") << "it does not stay at its end";
    return seen + ".";
  }

  TestRequest Put(std::string payload_hash, const char* decoded_length = nullptr) {
    TestRequest test{.method = "PUT", .target = "/bucket/a//b", .service = "s3"};
    test.payload_hash = std::move(payload_hash);
    test.headers.emplace_back("x-amz-content-sha256", test.payload_hash);
    if (decoded_length != nullptr) {
      test.headers.emplace_back("x-amz-decoded-content-length", decoded_length);
    }
    return test;
  }

  std::deque<std::string> SignedChunks(const TestRequest& test,
                                       const std::vector<std::string>& chunks) {
    const auto key = sigv4::MakeSigningKey(test.secret, "20231114", test.region, test.service);
    const auto& authorization = test.headers.back().second;
    sigv4::ChunkSignatures chain(key, "20231114T221320Z", "20231114/us-east-1/s3/aws4_request",
                                 authorization.substr(authorization.size() - 64));
    std::deque<std::string> pieces;
    for (const auto& chunk : chunks) {
      pieces.push_back(std::to_string(chunk.size()) + ";chunk-signature=" +
                       chain.NextChunk(sigv4::HashOf(chunk)) + "\r\n" + chunk + "\r\n");
    }
    pieces.push_back("0;chunk-signature=" + chain.NextChunk(sigv4::HashOf("")) + "\r\n\r\n");
    return pieces;
  }

  account::Identities identities_{kTestRoot};
  uint64_t bytes_max_ = 1000;
  std::optional<uint64_t> content_length_;
  std::string trailer_;
};

TEST_F(StreamedBodyTest, GivesPiecesAsTheyComeAndTheEndOnlyOfTheSignedBody) {
  TestRequest test = Put(sigv4::HexOf(sigv4::HashOf("hello")));
  test.Sign();
  EXPECT_EQ(Verdict(test, {"hel", "lo"}), "hel|lo|.");
  EXPECT_EQ(Verdict(test, {"hel", "l0"}), "hel|l0|!400 XAmzContentSHA256Mismatch");
  EXPECT_EQ(Verdict(test, {"hel"}), "hel|!400 XAmzContentSHA256Mismatch");
}

TEST_F(StreamedBodyTest, AnEmptyBodyHasAHashToo) {
  EXPECT_EQ(Verdict(Put(std::string(sigv4::kHashOfNothing)).Sign(), {}), ".");
  EXPECT_EQ(Verdict(Put(std::string(64, 'a')).Sign(), {}), "!400 XAmzContentSHA256Mismatch");
}

// Until the end of such a body it is not known whether its sender has more than the key's id.
TEST_F(StreamedBodyTest, TakesNothingOfABodyWhoseHashIsNotToldFirst) {
  TestRequest test{.method = "PUT", .target = "/bucket/key", .body = "hello", .service = "s3"};
  test.Sign();
  EXPECT_EQ(Verdict(test, {"hello"}), "not opened: InvalidRequest");
}

TEST_F(StreamedBodyTest, AnUnsignedPayloadIsTakenAsItIs) {
  EXPECT_EQ(Verdict(Put("UNSIGNED-PAYLOAD").Sign(), {"a", "b"}), "a|b|.");
}

TEST_F(StreamedBodyTest, TakesSignedChunksOutOfTheirFrames) {
  TestRequest test = Put(std::string(kChunks), "8");
  test.Sign();
  EXPECT_EQ(Verdict(test, SignedChunks(test, {"hello", "one"})), "hello|one|.");
  auto swapped = SignedChunks(test, {"hello", "one"});
  std::swap(swapped[0], swapped[1]);
  EXPECT_THAT(Verdict(test, swapped), testing::EndsWith("!403 SignatureDoesNotMatch"));
  auto cut = SignedChunks(test, {"hello", "one"});
  cut.pop_back();
  EXPECT_EQ(Verdict(test, cut), "hello|one|!400 IncompleteBody");
  auto changed = SignedChunks(test, {"hello", "one"});
  changed[1].replace(changed[1].find("one"), 3, "0ne");
  EXPECT_EQ(Verdict(test, changed), "hello|!403 SignatureDoesNotMatch");
}

TEST_F(StreamedBodyTest, KeepsTheTrailerForTheHandler) {
  TestRequest test = Put(std::string(kTrailer), "5");
  test.headers.emplace_back("x-amz-trailer", "x-amz-checksum-crc32");
  test.Sign();
  EXPECT_EQ(Verdict(test, {"5\r\nhel", "lo\r\n0\r\nx-amz-checksum-", "crc32:AAAA\r\n\r\n"}),
            "hel|lo|.");
  EXPECT_EQ(trailer_, "AAAA");
  EXPECT_EQ(Verdict(test, {"5\r\nhello\r\n0\r\nx-amz-checksum-sha1:AAAA\r\n\r\n"}),
            "!400 IncompleteBody");
}

TEST_F(StreamedBodyTest, BoundsTheBodyByWhatItSaysAndByWhatComes) {
  bytes_max_ = 4;
  content_length_ = 5;
  EXPECT_EQ(Verdict(Put("UNSIGNED-PAYLOAD").Sign(), {"hello"}), "not opened: EntityTooLarge");
  content_length_.reset();
  EXPECT_EQ(Verdict(Put("UNSIGNED-PAYLOAD").Sign(), {"hel", "lo"}), "hel|!400 EntityTooLarge");
  EXPECT_EQ(Verdict(Put(std::string(kTrailer), "5").Sign(), {}), "not opened: EntityTooLarge");
  EXPECT_EQ(Verdict(Put(std::string(kTrailer)).Sign(), {}), "not opened: MissingContentLength");
}

TEST_F(StreamedBodyTest, SaysThatABodyIsCutOrTooSlow) {
  const TestRequest test = Put("UNSIGNED-PAYLOAD").Sign();
  EXPECT_EQ(Verdict(test, {"he"}, Error{Fault::kModelTimeout, "slow"}), "he|!400 RequestTimeout");
  EXPECT_EQ(Verdict(test, {"he"}, Error{Fault::kValidation, "framing"}), "he|!400 IncompleteBody");
  EXPECT_EQ(Verdict(test, {"he"}, Error{Fault::kUnavailable, "left"}), "he|!0 ");
}

}  // namespace
}  // namespace bedplate::gateway
