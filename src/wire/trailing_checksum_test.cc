#include "wire/trailing_checksum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bedplate::wire {
namespace {

using testing::HasSubstr;
using Trailers = std::vector<sigv4::HeaderField>;

// "taken", or why not.
std::string Verdict(std::string_view announced, std::string_view body, const Trailers& trailers) {
  auto checksum = TrailingChecksum::Announced(announced);
  if (!checksum) {
    EXPECT_EQ(checksum.error().fault, sigv4::AuthFault::kMalformedBody);
    return checksum.error().message;
  }
  for (const char c : body) checksum->Update({&c, 1});
  const auto checked = checksum->Check(trailers);
  if (checked) return "taken";
  EXPECT_EQ(checked.error().fault, sigv4::AuthFault::kMalformedBody);
  return checked.error().message;
}

// The check values of the catalogues of CRCs, and of FIPS 180 for "abc" and nothing, in base64.
struct Known {
  std::string header, body, value;
};
const Known kKnown[] = {
    {"x-amz-checksum-crc32", "123456789", "y/Q5Jg=="},          // cbf43926
    {"x-amz-checksum-crc32c", "123456789", "4waSgw=="},         // e3069283
    {"x-amz-checksum-crc64nvme", "123456789", "rosUhgp5mIg="},  // ae8b14860a799888
    {"x-amz-checksum-sha1", "abc", "qZk+NkcGgWq6PiVxeFDCbJzQ2J0="},
    {"x-amz-checksum-sha256", "abc", "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="},
    {"x-amz-checksum-crc32", "", "AAAAAA=="},
    {"x-amz-checksum-crc64nvme", "", "AAAAAAAAAAA="},
    {"x-amz-checksum-sha1", "", "2jmj7l5rSw0yVb/vlWAYkK/YBwk="},
};

TEST(TrailingChecksum, TakesTheRightOneOfEachAlgorithm) {
  for (const Known& known : kKnown) {
    EXPECT_EQ(Verdict(known.header, known.body, {{known.header, known.value}}), "taken")
        << known.header << " of '" << known.body << "'";
  }
}

TEST(TrailingChecksum, RefusesAnotherBodyOfEachAlgorithm) {
  for (const Known& known : kKnown) {
    const auto why = Verdict(known.header, known.body + "x", {{known.header, known.value}});
    EXPECT_THAT(why, HasSubstr("you specified in " + known.header + ", '" + known.value +
                               "', did not match the calculated checksum."));
  }
}

TEST(TrailingChecksum, ReadsTheListAsHeadersAreRead) {
  const Trailers right = {{"x-amz-meta-end", "1"}, {"x-amz-checksum-crc32", "y/Q5Jg=="}};
  EXPECT_EQ(Verdict(" X-Amz-Meta-End ,\tX-AMZ-Checksum-CRC32", "123456789", right), "taken");
  EXPECT_EQ(Verdict("", "123456789", {}), "taken");
  EXPECT_EQ(Verdict("x-amz-meta-end", "123456789", {{"x-amz-meta-end", "1"}}), "taken");
}

TEST(TrailingChecksum, RefusesAlgorithmsByName) {
  for (const std::string name : {"md5", "sha512", "crc32x", ""}) {
    EXPECT_THAT(Verdict("x-amz-checksum-" + name, "", {}),
                HasSubstr("unsupported: 'x-amz-checksum-" + name + "' in x-amz-trailer"));
  }
  EXPECT_THAT(Verdict("x-amz-checksum-sha1,x-amz-checksum-crc32", "", {}),
              HasSubstr("x-amz-trailer has x-amz-checksum-sha1 and x-amz-checksum-crc32"));
}

TEST(TrailingChecksum, RefusesOneThatIsMissingOrNoChecksum) {
  EXPECT_EQ(Verdict("x-amz-checksum-crc32", "", {}),
            "The trailing header x-amz-checksum-crc32 that x-amz-trailer announces did not come "
            "with the body.");
  for (const std::string value : {"", "AAAA", "y/Q5Jg", "not base64", "AAAAAAAAAAA="}) {
    EXPECT_THAT(Verdict("x-amz-checksum-crc32", "", {{"x-amz-checksum-crc32", value}}),
                HasSubstr("Value for x-amz-checksum-crc32 trailing header is invalid: '" + value +
                          "' is not the 4 bytes of a CRC32 in base64."));
  }
}

}  // namespace
}  // namespace bedplate::wire
