#include "wire/sigv4/digest.h"

#include <gtest/gtest.h>

namespace bedplate::wire::sigv4 {
namespace {

TEST(Sha256, GivesTheStandardsExamples) {
  EXPECT_EQ(HexOf(HashOf("")), kHashOfNothing);
  EXPECT_EQ(HexOf(HashOf("abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, HashesPiecesAsTheirWholeAndStartsAfresh) {
  Sha256 hash;
  hash.Update("a");
  hash.Update("");
  hash.Update("bc");
  EXPECT_EQ(hash.Finish(), HashOf("abc"));
  EXPECT_EQ(hash.Finish(), HashOf(""));
}

// spec: RFC 4231, test cases 2 and 6
TEST(HmacOf, GivesTheStandardsExamples) {
  EXPECT_EQ(HexOf(HmacOf("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(HexOf(HmacOf(std::string(131, '\xaa'),
                         "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(EqualInConstantTime, ComparesWholeTexts) {
  EXPECT_TRUE(EqualInConstantTime("", ""));
  EXPECT_TRUE(EqualInConstantTime("same", "same"));
  EXPECT_FALSE(EqualInConstantTime("same", "samf"));
  EXPECT_FALSE(EqualInConstantTime("same", "sam"));
}

}  // namespace
}  // namespace bedplate::wire::sigv4
