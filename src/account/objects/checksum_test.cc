#include "account/objects/checksum.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "account/objects/crc.h"

namespace bedplate::account::objects {
namespace {

std::string Of(Checksum algorithm, std::string_view bytes) {
  const auto hasher = MakeHasher(algorithm);
  hasher->Update(bytes);
  return ToHex(hasher->Finish());
}

// The check values of the catalogues of CRCs, and of the digests' own standards.
TEST(Checksum, KnownValues) {
  constexpr std::string_view kCheck = "123456789";
  EXPECT_EQ(Of(Checksum::kCrc32, kCheck), "cbf43926");
  EXPECT_EQ(Of(Checksum::kCrc32c, kCheck), "e3069283");
  EXPECT_EQ(Of(Checksum::kCrc64Nvme, kCheck), "ae8b14860a799888");
  EXPECT_EQ(Of(Checksum::kSha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(Of(Checksum::kSha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Of(Checksum::kMd5, "abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(Of(Checksum::kXxHash64, ""), "ef46db3751d8e999");
  EXPECT_EQ(Of(Checksum::kXxHash3, ""), "2d06800538d394c2");
  EXPECT_EQ(Of(Checksum::kXxHash128, ""), "99aa06d3014798d86001c324468d497f");
}

TEST(Checksum, IsTheSameHoweverTheBytesArrive) {
  std::mt19937 random(7);
  std::string bytes(10'000, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  for (const Checksum algorithm : AllChecksums()) {
    const auto hasher = MakeHasher(algorithm);
    for (size_t at = 0; at < bytes.size();) {
      const size_t size = std::min<size_t>(random() % 70, bytes.size() - at);
      hasher->Update(std::string_view(bytes).substr(at, size));
      at += size;
    }
    EXPECT_EQ(ToHex(hasher->Finish()), Of(algorithm, bytes)) << NameOf(algorithm);
  }
}

template <class Check>
void ExpectFoldingToChangeNothing() {
  std::mt19937 random(9);
  std::string bytes(1000, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  for (size_t size = 0; size <= 700; ++size) {
    Check folded;
    Check stepped;
    for (int turn = 0; turn < 2; ++turn) {  // from a register that was in use, too
      const std::string_view piece = std::string_view(bytes).substr(random() % 300, size);
      folded.Update(piece);
      stepped.UpdateByTables(piece);
    }
    ASSERT_EQ(folded.value(), stepped.value()) << size;
  }
}

TEST(Checksum, FoldingChangesNothing) {
  if (!CanFold()) GTEST_SKIP() << "this processor has no carry-less multiplication";
  ExpectFoldingToChangeNothing<Crc32>();
  ExpectFoldingToChangeNothing<Crc32c>();
  ExpectFoldingToChangeNothing<Crc64Nvme>();
}

TEST(Checksum, OfTheWholeFollowsFromThoseOfItsParts) {
  std::mt19937 random(8);
  for (const Checksum algorithm : {Checksum::kCrc32, Checksum::kCrc32c, Checksum::kCrc64Nvme}) {
    ASSERT_TRUE(HasFullObject(algorithm));
    std::string whole;
    std::vector<PartChecksum> parts;
    for (int i = 0; i < 12; ++i) {
      std::string part(random() % 3000, '\0');
      for (char& c : part) c = static_cast<char>(random());
      whole += part;
      const auto hasher = MakeHasher(algorithm);
      hasher->Update(part);
      parts.push_back({hasher->Finish(), part.size()});
    }
    const auto hasher = MakeHasher(algorithm);
    hasher->Update(whole);
    EXPECT_EQ(FullObject(algorithm, parts), ToBase64(hasher->Finish())) << NameOf(algorithm);
  }
}

TEST(Checksum, CompositesSayHowManyParts) {
  const std::string bytes = "\x01\x02\x03\x04";
  EXPECT_EQ(Composite(Checksum::kCrc32, std::vector<PartChecksum>{{bytes, 5}, {bytes, 9}}),
            ToBase64([&] {
              const auto hasher = MakeHasher(Checksum::kCrc32);
              hasher->Update(bytes + bytes);
              return hasher->Finish();
            }()) +
                "-2");
}

TEST(Checksum, ReadsOnlyChecksumsOfItsOwnSize) {
  EXPECT_EQ(BytesOfChecksum(Checksum::kCrc32, "AQIDBA=="), "\x01\x02\x03\x04");
  EXPECT_FALSE(BytesOfChecksum(Checksum::kCrc32, "AQIDBAU="));
  EXPECT_FALSE(BytesOfChecksum(Checksum::kCrc32, "AQIDBA"));
  EXPECT_FALSE(BytesOfChecksum(Checksum::kSha1, "AQIDBA=="));
  EXPECT_EQ(ChecksumNamed("CRC64NVME"), Checksum::kCrc64Nvme);
  EXPECT_EQ(ChecksumNamed(""), Checksum::kNone);
  EXPECT_FALSE(ChecksumNamed("crc32"));
}

}  // namespace
}  // namespace bedplate::account::objects
