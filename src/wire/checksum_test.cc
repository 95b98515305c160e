#include "wire/checksum.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>

namespace bedplate::wire {
namespace {

TEST(Crc32, HasThePublishedCheckValue) {
  // spec: the "check" of CRC-32/ISO-HDLC
  EXPECT_EQ(Crc32("123456789"), 0xcbf43926u);
  EXPECT_EQ(Crc32(""), 0u);
}

TEST(Crc32, IsZlibsForEveryLength) {
  std::mt19937 random(7);
  std::string bytes(1100, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  for (size_t size = 0; size <= 1024; ++size) {
    const size_t start = size % 7;  // also where words do not begin
    const auto* from = reinterpret_cast<const unsigned char*>(bytes.data()) + start;
    EXPECT_EQ(Crc32({bytes.data() + start, size}), crc32_z(0, from, size)) << size;
  }
}

}  // namespace
}  // namespace bedplate::wire
