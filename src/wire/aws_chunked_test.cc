#include "wire/aws_chunked.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <charconv>

#include "wire/sigv4/signing_key.h"

namespace bedplate::wire {
namespace {

using sigv4::AuthFault;
using sigv4::AuthResult;
using sigv4::ChunkSignatures;
using sigv4::PayloadKind;
using testing::HasSubstr;

const std::string kSeed = std::string(64, '0');

ChunkSignatures Chain() {
  const auto key = sigv4::MakeSigningKey("secret", "20240601", "us-east-1", "s3");
  return {key, "20240601T120000Z", "20240601/us-east-1/s3/aws4_request", kSeed};
}

std::string Hex(size_t value) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return std::string(digits.data(), end);
}

// The pieces of a signed body, so that a test can leave out, repeat or swap some.
std::vector<std::string> SignedPieces(const std::vector<std::string>& chunks,
                                      const std::string& trailer = "") {
  auto chain = Chain();
  std::vector<std::string> pieces;
  for (const auto& chunk : chunks) {
    pieces.push_back(Hex(chunk.size()) + ";chunk-signature=" +
                     chain.NextChunk(sigv4::HashOf(chunk)) + "\r\n" + chunk + "\r\n");
  }
  pieces.push_back("0;chunk-signature=" + chain.NextChunk(sigv4::HashOf("")) + "\r\n");
  if (!trailer.empty()) {
    pieces.push_back(trailer + "\r\nx-amz-trailer-signature:" + chain.Trailer(trailer + "\n") +
                     "\r\n");
  }
  pieces.push_back("\r\n");
  return pieces;
}

std::string Join(const std::vector<std::string>& pieces) {
  std::string all;
  for (const auto& piece : pieces) all += piece;
  return all;
}

struct Decoded {
  AuthResult<> result;
  std::string payload;
  std::vector<sigv4::HeaderField> trailers;

  std::string Why(AuthFault fault) const {
    if (result) return "taken: " + payload;
    EXPECT_EQ(result.error().fault, fault) << result.error().message;
    return result.error().message;
  }
};

Decoded Decode(AwsChunkedDecoder::Options options, std::string_view body, size_t step = 1 << 20) {
  AwsChunkedDecoder decoder(std::move(options));
  Decoded decoded;
  for (size_t at = 0; at < body.size(); at += step) {
    decoded.result = decoder.Push(body.substr(at, step), decoded.payload);
    if (!decoded.result) {
      EXPECT_FALSE(decoder.Push("0\r\n\r\n", decoded.payload));
      EXPECT_FALSE(decoder.Finish());
      return decoded;
    }
  }
  decoded.result = decoder.Finish();
  decoded.trailers = decoder.trailers();
  return decoded;
}

AwsChunkedDecoder::Options Signed(uint64_t bytes, PayloadKind kind = PayloadKind::kChunks) {
  return {kind, bytes, "x-amz-checksum-crc32c", Chain()};
}

AwsChunkedDecoder::Options Unsigned(uint64_t bytes) {
  return {PayloadKind::kUnsignedTrailer, bytes, "X-Amz-Checksum-CRC32, x-amz-meta-end"};
}

TEST(AwsChunkedDecoder, ReadsSignedChunksHoweverTheyArrive) {
  const std::string body = Join(SignedPieces({"hello ", "wide\r\n", "world"}));
  for (const size_t step : {1, 2, 7, 1000}) {
    const auto decoded = Decode(Signed(17), body, step);
    EXPECT_TRUE(decoded.result);
    EXPECT_EQ(decoded.payload, "hello wide\r\nworld");
  }
}

TEST(AwsChunkedDecoder, ReadsAnEmptySignedBody) {
  EXPECT_TRUE(Decode(Signed(0), Join(SignedPieces({}))).result);
}

TEST(AwsChunkedDecoder, ReadsASignedTrailer) {
  const auto decoded = Decode(Signed(5, PayloadKind::kChunksTrailer),
                              Join(SignedPieces({"hello"}, "x-amz-checksum-crc32c:sOO8/Q==")));
  EXPECT_TRUE(decoded.result);
  EXPECT_THAT(decoded.trailers,
              testing::ElementsAre(sigv4::HeaderField("x-amz-checksum-crc32c", "sOO8/Q==")));
}

// The form botocore sends; its checksum trailer is the caller's to compare.
TEST(AwsChunkedDecoder, ReadsUnsignedChunksWithTrailer) {
  const auto decoded =
      Decode(Unsigned(5), "5\r\nhello\r\n0\r\nX-Amz-Checksum-CRC32: NhCmhg==\r\n\r\n");
  EXPECT_TRUE(decoded.result);
  EXPECT_EQ(decoded.payload, "hello");
  EXPECT_THAT(decoded.trailers,
              testing::ElementsAre(sigv4::HeaderField("x-amz-checksum-crc32", "NhCmhg==")));
}

TEST(AwsChunkedDecoder, RefusesAnAlteredChunk) {
  std::string body = Join(SignedPieces({"hello", "world"}));
  body[body.find("world")] = 'W';
  EXPECT_THAT(Decode(Signed(10), body).Why(AuthFault::kInvalidSignature),
              HasSubstr("chunk signature we calculated does not match"));
}

TEST(AwsChunkedDecoder, RefusesAReplayedChunk) {
  auto pieces = SignedPieces({"hello", "world"});
  pieces[1] = pieces[0];
  EXPECT_THAT(Decode(Signed(10), Join(pieces)).Why(AuthFault::kInvalidSignature),
              HasSubstr("does not match"));
}

TEST(AwsChunkedDecoder, RefusesSwappedAndDroppedChunks) {
  auto pieces = SignedPieces({"hello", "world"});
  std::swap(pieces[0], pieces[1]);
  EXPECT_THAT(Decode(Signed(10), Join(pieces)).Why(AuthFault::kInvalidSignature),
              HasSubstr("does not match"));
  pieces = SignedPieces({"hello", "world"});
  pieces.erase(pieces.begin());
  EXPECT_THAT(Decode(Signed(5), Join(pieces)).Why(AuthFault::kInvalidSignature),
              HasSubstr("does not match"));
  pieces = SignedPieces({"hello", "world"});
  pieces.erase(pieces.begin() + 1);  // the last chunk of all is signed too
  EXPECT_THAT(Decode(Signed(5), Join(pieces)).Why(AuthFault::kInvalidSignature),
              HasSubstr("does not match"));
}

TEST(AwsChunkedDecoder, RefusesASignatureThatIsMissingOrShort) {
  EXPECT_THAT(Decode(Signed(5), "5\r\nhello\r\n").Why(AuthFault::kMalformedBody),
              HasSubstr("no chunk-signature"));
  EXPECT_THAT(
      Decode(Signed(5), "5;chunk-signature=\r\nhello\r\n").Why(AuthFault::kInvalidSignature),
      HasSubstr("does not match"));
}

TEST(AwsChunkedDecoder, RefusesAnAlteredOrUnsignedTrailer) {
  auto pieces = SignedPieces({"hello"}, "x-amz-checksum-crc32c:sOO8/Q==");
  const auto options = [] { return Signed(5, PayloadKind::kChunksTrailer); };
  std::string altered = Join(pieces);
  altered.replace(altered.find("sOO8"), 4, "tOO8");
  EXPECT_THAT(Decode(options(), altered).Why(AuthFault::kInvalidSignature),
              HasSubstr("trailer signature"));
  pieces[2] = "x-amz-checksum-crc32c:sOO8/Q==\r\n";
  EXPECT_THAT(Decode(options(), Join(pieces)).Why(AuthFault::kInvalidSignature),
              HasSubstr("trailer signature"));
  pieces[2] = "";
  EXPECT_THAT(Decode(options(), Join(pieces)).Why(AuthFault::kInvalidSignature),
              HasSubstr("trailer signature"));
  pieces = SignedPieces({"hello"}, "x-amz-checksum-crc32c:sOO8/Q==");
  pieces[2] += "x-amz-checksum-crc32c:again\r\n";
  EXPECT_THAT(Decode(options(), Join(pieces)).Why(AuthFault::kMalformedBody),
              HasSubstr("stands behind x-amz-trailer-signature"));
}

TEST(AwsChunkedDecoder, RefusesATrailerWhereNoneIsAnnounced) {
  auto pieces = SignedPieces({"hello"});
  pieces.insert(pieces.end() - 1, "x-amz-checksum-crc32c:sOO8/Q==\r\n");
  EXPECT_THAT(Decode(Signed(5), Join(pieces)).Why(AuthFault::kMalformedBody),
              HasSubstr("undeclared trailer"));
}

TEST(AwsChunkedDecoder, RefusesBodiesThatAreNoChunks) {
  const auto why = [](std::string_view body, uint64_t bytes = 5) {
    return Decode(Unsigned(bytes), body).Why(AuthFault::kMalformedBody);
  };
  EXPECT_THAT(why("{\"a\":1}\r\n"), HasSubstr("'{\"a\":1}' is not a chunk's length"));
  EXPECT_THAT(why("\r\n"), HasSubstr("'' is not a chunk's length"));
  EXPECT_THAT(why("-1\r\n"), HasSubstr("'-1'"));
  EXPECT_THAT(why("0x5\r\nhello\r\n"), HasSubstr("'0x5'"));
  EXPECT_THAT(why("5\nhello\r\n"), HasSubstr("CR LF"));
  EXPECT_THAT(why("5\r\nhello!\r\n"), HasSubstr("longer than its length"));
  EXPECT_THAT(why("6\r\nhello!\r\n"), HasSubstr("more than the 5 bytes"));
  EXPECT_THAT(why("ffffffffffffffff\r\n"), HasSubstr("more than the 5 bytes"));
  EXPECT_THAT(why("10000000000000000\r\n"), HasSubstr("is not a chunk's length"));
  EXPECT_THAT(why("4\r\nhell\r\n0\r\n\r\n"), HasSubstr("hold 4 bytes, not the 5"));
  EXPECT_THAT(why("5\r\nhello\r\n0\r\n\r\nmore"), HasSubstr("after its end"));
  EXPECT_THAT(why("5\r\nhello\r\n0\r\nno colon\r\n\r\n"), HasSubstr("no colon"));
  EXPECT_THAT(why("5\r\nhello\r\n0\r\nx-other:1\r\n\r\n"), HasSubstr("'x-other' is not announced"));
  EXPECT_THAT(why("5\r\nhello\r\n0\r\nx-amz-meta-end:1\r\nx-amz-meta-end:2\r\n\r\n"),
              HasSubstr("one too many"));
  EXPECT_THAT(why(std::string(4097, '0')), HasSubstr("longer than 4096"));
}

TEST(AwsChunkedDecoder, RefusesBodiesThatAreCut) {
  const std::string body = Join(SignedPieces({"hello"}));
  for (size_t length = 0; length < body.size(); ++length) {
    EXPECT_THAT(
        Decode(Signed(5), std::string_view(body).substr(0, length)).Why(AuthFault::kMalformedBody),
        HasSubstr("ends before"))
        << length;
  }
}

}  // namespace
}  // namespace bedplate::wire
