#include "gateway/read_body.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/authenticate.h"
#include "gateway/testing/test_support.h"
#include "wire/sigv4/chunk_signature.h"
#include "wire/sigv4/signing_key.h"

namespace bedplate::gateway {
namespace {

namespace sigv4 = wire::sigv4;
using testing::HasSubstr;
using testing::StartsWith;

const wire::Operation kConverse{
    .name = "Converse", .method = "POST", .uri = "/model/{modelId}/converse"};
const wire::Service kRuntime{.name = "bedrock-runtime", .signing_name = "bedrock", .bearer = true};

// Reads a signed request's body as it arrives; "taken: <body>" or "<status> <type>: <message>".
class ReadBodyTest : public testing::Test {
 protected:
  std::string Verdict(const TestRequest& test, std::deque<std::string> arrives,
                      std::optional<Error> failure = {}) {
    net::Request request = test.ToRequest();
    request.content_length = content_length_;
    PiecesBody body(std::move(arrives));
    body.failure = std::move(failure);
    request.body = &body;
    Passage passage(request);
    passage.match.service = &kRuntime;
    passage.match.operation = &kConverse;
    const auto known = Authenticate(passage, {kTestRegion, identities_}, test.now);
    if (!known) return "not authenticated: " + known.error().message;
    const auto read = RunTask(ReadBody(passage, bytes_max_, budget_));
    taken_ = body.taken;
    if (read) return "taken: " + passage.body;
    if (read.error().client_left) return "client left";
    const auto& answer = read.error().answer;
    return std::to_string(answer.status) + " " + answer.type + ": " + answer.message;
  }

  // A body in signed chunks, each a piece.
  std::deque<std::string> SignedChunks(const TestRequest& test,
                                       const std::vector<std::string>& chunks) {
    const auto key = sigv4::MakeSigningKey(test.secret, "20231114", test.region, test.service);
    const auto& authorization = test.headers.back().second;
    sigv4::ChunkSignatures chain(key, "20231114T221320Z", "20231114/us-east-1/bedrock/aws4_request",
                                 authorization.substr(authorization.size() - 64));
    std::deque<std::string> pieces;
    for (const auto& chunk : chunks) {
      pieces.push_back(std::to_string(chunk.size()) + ";chunk-signature=" +
                       chain.NextChunk(sigv4::HashOf(chunk)) + "\r\n" + chunk + "\r\n");
    }
    pieces.push_back("0;chunk-signature=" + chain.NextChunk(sigv4::HashOf("")) + "\r\n\r\n");
    return pieces;
  }

  TestRequest Streaming(std::string kind, std::string decoded_length) {
    TestRequest test;
    test.payload_hash = std::move(kind);
    test.headers.emplace_back("content-encoding", "aws-chunked");
    test.headers.emplace_back("x-amz-content-sha256", test.payload_hash);
    test.headers.emplace_back("x-amz-decoded-content-length", std::move(decoded_length));
    return test;
  }

  account::Identities identities_{kTestRoot};
  uint64_t bytes_max_ = 1000;
  ByteBudget bytes_{1 << 20};
  BodyBudget budget_{bytes_};
  std::optional<uint64_t> content_length_;
  size_t taken_ = 0;
};

TEST_F(ReadBodyTest, TakesWhatWasSigned) {
  TestRequest test{.body = "hello world"};
  EXPECT_EQ(Verdict(test.Sign(), {"hello", " ", "world"}), "taken: hello world");
  EXPECT_EQ(Verdict(TestRequest{.body = ""}.Sign(), {}), "taken: ");
}

TEST_F(ReadBodyTest, RefusesWhatWasNotSigned) {
  TestRequest test{.body = "hello"};
  EXPECT_THAT(Verdict(test.Sign(), {"hellO"}), StartsWith("403 InvalidSignatureException: The "
                                                          "request signature we calculated"));
}

TEST_F(ReadBodyTest, RefusesABodyThatIsNotTheHashedOne) {
  TestRequest test{.body = "hello"};
  test.headers.emplace_back("x-amz-content-sha256", sigv4::HexOf(sigv4::HashOf("hello")));
  test.Sign();
  EXPECT_EQ(Verdict(test, {"hel", "lo"}), "taken: hello");
  EXPECT_THAT(Verdict(test, {"hellO"}),
              StartsWith("403 InvalidSignatureException: The provided 'x-amz-content-sha256'"));
}

TEST_F(ReadBodyTest, RefusesATooLargeBody) {
  bytes_max_ = 10;
  EXPECT_EQ(Verdict(TestRequest{.body = "0123456789"}.Sign(), {"01234", "56789"}),
            "taken: 0123456789");
  EXPECT_EQ(Verdict(TestRequest{.body = "0123456789a"}.Sign(), {"01234", "56789", "a"}),
            "413 ValidationException: The request body of 11 bytes or more is too large: at most "
            "10 bytes are taken.");
}

TEST_F(ReadBodyTest, RefusesATooLargeLengthWithoutReading) {
  content_length_ = 30'000'000;
  EXPECT_THAT(Verdict(TestRequest().Sign(), {"{}"}),
              StartsWith("413 ValidationException: The request body of 30000000 bytes"));
  EXPECT_EQ(taken_, 0u);
}

TEST_F(ReadBodyTest, RefusesMoreThanAllBodiesMayHoldTogether) {
  bytes_max_ = 2 << 20;
  const TestRequest test{.body = std::string(1'100'000, 'x')};
  const std::deque<std::string> pieces(11, std::string(100'000, 'x'));
  EXPECT_THAT(Verdict(TestRequest(test).Sign(), pieces), StartsWith("429 ThrottlingException: "));
  EXPECT_EQ(taken_, 11u);
  // What the refused request held is free again.
  const TestRequest smaller{.body = std::string(1'000'000, 'x')};
  const std::deque<std::string> fewer(10, std::string(100'000, 'x'));
  EXPECT_THAT(Verdict(TestRequest(smaller).Sign(), fewer), StartsWith("taken: "));
}

TEST_F(ReadBodyTest, TellsWhatTheConnectionDid) {
  const auto test = TestRequest().Sign();
  EXPECT_EQ(Verdict(test, {"{"}, Error{Fault::kUnavailable, "left"}), "client left");
  EXPECT_EQ(Verdict(test, {"{"}, Error{Fault::kModelTimeout, "too slow"}),
            "408 RequestTimeoutException: too slow");
  EXPECT_EQ(Verdict(test, {"{"}, Error{Fault::kValidation, "broken framing"}),
            "400 ValidationException: broken framing");
}

TEST_F(ReadBodyTest, RefusesCompressedBodies) {
  TestRequest test;
  test.headers.emplace_back("content-encoding", "gzip");
  EXPECT_THAT(Verdict(test.Sign(), {"{}"}), HasSubstr("Content-Encoding 'gzip' is not taken"));
}

TEST_F(ReadBodyTest, DecodesSignedChunks) {
  auto test = Streaming("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "10");
  test.Sign();
  EXPECT_EQ(Verdict(test, SignedChunks(test, {"hello", "world"})), "taken: helloworld");
}

TEST_F(ReadBodyTest, RefusesAReplayedChunk) {
  auto test = Streaming("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "10");
  test.Sign();
  auto chunks = SignedChunks(test, {"hello", "world"});
  chunks[1] = chunks[0];
  EXPECT_THAT(Verdict(test, chunks),
              StartsWith("403 InvalidSignatureException: The chunk signature we calculated"));
}

TEST_F(ReadBodyTest, RefusesChunksOfAnotherRequest) {
  auto test = Streaming("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "5");
  auto other = test;
  test.Sign();
  other.target = "/model/another/converse";
  other.Sign();
  EXPECT_THAT(Verdict(test, SignedChunks(other, {"hello"})),
              StartsWith("403 InvalidSignatureException: The chunk signature we calculated"));
}

TEST_F(ReadBodyTest, RefusesChunksThatAreCutOrTooLarge) {
  auto test = Streaming("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "5");
  test.Sign();
  auto chunks = SignedChunks(test, {"hello"});
  chunks.pop_back();
  EXPECT_THAT(Verdict(test, chunks), StartsWith("400 ValidationException: The aws-chunked body"));
  auto large = Streaming("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "1001");
  EXPECT_THAT(Verdict(large.Sign(), {}), StartsWith("413 ValidationException"));
  TestRequest without;
  without.payload_hash = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
  without.headers.emplace_back("x-amz-content-sha256", without.payload_hash);
  EXPECT_THAT(Verdict(without.Sign(), {}), HasSubstr("'x-amz-decoded-content-length'"));
}

TEST_F(ReadBodyTest, DecodesUnsignedChunksWithATrailer) {
  auto test = Streaming("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "5");
  test.headers.emplace_back("x-amz-trailer", "x-amz-checksum-crc32");
  test.Sign();
  EXPECT_EQ(Verdict(test, {"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"}),
            "taken: hello");
}

TEST_F(ReadBodyTest, ComparesTheTrailingChecksumWithTheBody) {
  auto test = Streaming("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "5");
  test.headers.emplace_back("x-amz-trailer", "x-amz-checksum-crc32");
  test.Sign();
  EXPECT_EQ(Verdict(test, {"3\r\nhel\r\n", "2\r\nlo\r", "\n0\r\nx-amz-check",
                           "sum-crc32:NhCmhg==\r\n\r\n"}),
            "taken: hello");
  EXPECT_EQ(Verdict(test, {"5\r\nhellO\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"}),
            "400 ValidationException: The CRC32 you specified in x-amz-checksum-crc32, "
            "'NhCmhg==', did not match the calculated checksum.");
  EXPECT_THAT(Verdict(test, {"5\r\nhello\r\n0\r\n\r\n"}),
              StartsWith("400 ValidationException: The trailing header x-amz-checksum-crc32 that "
                         "x-amz-trailer announces did not come"));
}

TEST_F(ReadBodyTest, RefusesAChecksumItCannotMakeWithoutReading) {
  auto test = Streaming("STREAMING-UNSIGNED-PAYLOAD-TRAILER", "5");
  test.headers.emplace_back("x-amz-trailer", "x-amz-checksum-md5");
  EXPECT_THAT(Verdict(test.Sign(), {"5\r\nhello\r\n0\r\n"}),
              StartsWith("400 ValidationException: Checksum algorithm provided is unsupported: "
                         "'x-amz-checksum-md5'"));
  EXPECT_EQ(taken_, 0u);
}

TEST_F(ReadBodyTest, OfABearerKeyIsTakenAsItIs) {
  TestRequest test;
  test.headers.emplace_back("authorization", "Bearer " + kTestRoot.bearer_key);
  EXPECT_EQ(Verdict(test, {"any"}), "taken: any");
}

}  // namespace
}  // namespace bedplate::gateway
