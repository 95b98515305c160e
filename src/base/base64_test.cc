#include "base/base64.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace bedplate {
namespace {

TEST(Base64, WritesAndReadsTheVectorsOfTheRfc) {
  const std::pair<const char*, const char*> vectors[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
  };
  for (const auto& [bytes, text] : vectors) {
    std::string out = "kept ";
    AppendBase64(out, bytes);
    EXPECT_EQ(out, std::string("kept ") + text);
    out = "kept ";
    EXPECT_TRUE(AppendFromBase64(out, text));
    EXPECT_EQ(out, std::string("kept ") + bytes);
  }
}

TEST(Base64, RefusesWhatIsNotBase64) {
  for (const char* text : {"Zg", "Zg=", "Zh==", "Zm9=", "Zm 9v", "Zm9v\n",
                           "====", "Z===", "Zg==Zg==", "Zm-_", "=Zm9"}) {
    std::string out = "kept";
    EXPECT_FALSE(AppendFromBase64(out, text)) << text;
    EXPECT_EQ(out, "kept");
  }
}

TEST(Base64Property, WhatWasWrittenReadsBackTheSame) {
  std::mt19937_64 random(3);
  for (size_t size = 0; size < 300; ++size) {
    std::string bytes;
    for (size_t i = 0; i < size; ++i) bytes += static_cast<char>(random());
    std::string text;
    AppendBase64(text, bytes);
    std::string back;
    ASSERT_TRUE(AppendFromBase64(back, text));
    ASSERT_EQ(back, bytes);
  }
}

}  // namespace
}  // namespace bedplate
