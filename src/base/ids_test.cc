#include "base/ids.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <thread>
#include <vector>

namespace bedplate {
namespace {

TEST(NewUuid, HasTheShapeOfVersion4) {
  std::set<std::string> seen;
  for (int i = 0; i < 2'000; ++i) {
    const std::string id = NewUuid();
    ASSERT_EQ(id.size(), 36u);
    for (size_t j = 0; j < id.size(); ++j) {
      const bool dash = j == 8 || j == 13 || j == 18 || j == 23;
      const bool hex = (id[j] >= '0' && id[j] <= '9') || (id[j] >= 'a' && id[j] <= 'f');
      ASSERT_TRUE(dash ? id[j] == '-' : hex) << id;
    }
    ASSERT_EQ(id[14], '4') << id;
    ASSERT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
    ASSERT_TRUE(seen.insert(id).second) << "twice: " << id;
  }
}

TEST(NewUuid, DiffersBetweenThreads) {
  std::array<std::vector<std::string>, 4> made;
  std::vector<std::thread> threads;
  for (auto& ids : made) {
    threads.emplace_back([&ids] {
      for (int i = 0; i < 500; ++i) ids.push_back(NewUuid());
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::string> seen;
  for (const auto& ids : made) seen.insert(ids.begin(), ids.end());
  EXPECT_EQ(seen.size(), 2'000u);
}

TEST(FillRandom, FillsAnyLength) {
  for (const size_t length : {0u, 1u, 16u, 1023u, 1024u, 1025u, 5000u}) {
    std::vector<uint8_t> bytes(length, 0);
    FillRandom(bytes);
    const size_t zeros = static_cast<size_t>(std::count(bytes.begin(), bytes.end(), 0));
    EXPECT_LE(zeros, length / 64 + 4) << length;
  }
}

TEST(NewRandomText, DrawsEvenlyFromTheAlphabet) {
  // 200 does not divide 256: a plain remainder would draw the first 56 letters twice as often.
  std::string alphabet;
  for (int i = 0; i < 200; ++i) alphabet.push_back(static_cast<char>(i));
  constexpr int kDraws = 200'000;
  std::map<char, int> counts;
  for (const char c : NewRandomText(kDraws, alphabet)) ++counts[c];
  ASSERT_EQ(counts.size(), alphabet.size());
  int early = 0;
  for (int i = 0; i < 56; ++i) early += counts[static_cast<char>(i)];
  // Expected 56,000 with a standard deviation of 201; the biased draw gives 87,500.
  EXPECT_NEAR(early, 56'000, 2'000);
}

}  // namespace
}  // namespace bedplate
