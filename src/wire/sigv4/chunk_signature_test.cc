#include "wire/sigv4/chunk_signature.h"

#include <gtest/gtest.h>

#include "wire/sigv4/signing_key.h"

// The two worked examples of AWS's own documentation ("Signature calculations for the
// Authorization header: transferring payload in multiple chunks", with and without trailer).
namespace bedplate::wire::sigv4 {
namespace {

const std::string kTimestamp = "20130524T000000Z";
const std::string kScope = "20130524/us-east-1/s3/aws4_request";

Digest Key() {
  return MakeSigningKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524", "us-east-1", "s3");
}

TEST(ChunkSignatures, ChainAsInTheDocumentedExample) {
  ChunkSignatures chain(Key(), kTimestamp, kScope,
                        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  EXPECT_EQ(chain.NextChunk(HashOf(std::string(65536, 'a'))),
            "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
  EXPECT_EQ(chain.NextChunk(HashOf(std::string(1024, 'a'))),
            "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
  EXPECT_EQ(chain.NextChunk(HashOf("")),
            "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
}

TEST(ChunkSignatures, SignTheTrailerAsInTheDocumentedExample) {
  ChunkSignatures chain(Key(), kTimestamp, kScope,
                        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
  EXPECT_EQ(chain.NextChunk(HashOf(std::string(65536, 'a'))),
            "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2");
  EXPECT_EQ(chain.NextChunk(HashOf(std::string(1024, 'a'))),
            "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7");
  EXPECT_EQ(chain.NextChunk(HashOf("")),
            "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992");
  EXPECT_EQ(chain.Trailer("x-amz-checksum-crc32c:sOO8/Q==\n"),
            "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435");
}

TEST(ChunkSignatures, DependOnTheChunksBefore) {
  ChunkSignatures one(Key(), kTimestamp, kScope, "seed");
  ChunkSignatures other(Key(), kTimestamp, kScope, "seed");
  EXPECT_EQ(one.NextChunk(HashOf("a")), other.NextChunk(HashOf("a")));
  EXPECT_NE(one.NextChunk(HashOf("a")), other.NextChunk(HashOf("b")));
  EXPECT_NE(one.NextChunk(HashOf("c")), other.NextChunk(HashOf("c")));
}

}  // namespace
}  // namespace bedplate::wire::sigv4
