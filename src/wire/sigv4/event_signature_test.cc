#include "wire/sigv4/event_signature.h"

#include <gtest/gtest.h>

#include "wire/sigv4/signing_key.h"

// The expected values were made with Python's hmac and hashlib from the published rule.
namespace bedplate::wire::sigv4 {
namespace {

using std::chrono::seconds;

// A :date of `since_epoch_ms` as it travels.
std::string DateHeader(int64_t since_epoch_ms) {
  std::string header("\x05:date\x08", 7);
  for (int shift = 56; shift >= 0; shift -= 8) {
    header.push_back(static_cast<char>(since_epoch_ms >> shift));
  }
  return header;
}

TEST(EventSignatures, CoverDatePayloadAndTheOneBefore) {
  EventSignatures chain(MakeSigningKey("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "20130524",
                                       "us-east-1", "transcribe"),
                        "20130524/us-east-1/transcribe/aws4_request",
                        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
  EXPECT_EQ(
      HexOf(chain.Next(Seconds(seconds(1'369'353'600)), DateHeader(1'369'353'600'000), "aaaa")),
      "92a4afd2b3d662e2dc2357195b2c4d6cc7acceef4088d891d85d1771d133e882");
  EXPECT_EQ(HexOf(chain.Next(Seconds(seconds(1'369'353'601)), DateHeader(1'369'353'601'500), "")),
            "78ea35323f300884e2b18c2fbebddfe06c83b27228a659630b3856dacf3d9f00");
}

}  // namespace
}  // namespace bedplate::wire::sigv4
