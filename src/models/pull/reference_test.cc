#include "models/pull/reference.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace bedplate::models {
namespace {

using Hub = HubReference::Hub;

TEST(HubReference, OfEitherHub) {
  const auto plain = ParseHubReference("Owner/Model-GGUF");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->hub, Hub::kHuggingFace);
  EXPECT_EQ(plain->owner, "Owner");
  EXPECT_EQ(plain->repository, "Model-GGUF");
  EXPECT_EQ(plain->selector, "");
  EXPECT_EQ(ParseHubReference("o/m:Q4_K_M")->selector, "Q4_K_M");
  EXPECT_EQ(ParseHubReference("o/m:a/b.gguf")->selector, "a/b.gguf");
  const auto tagged = ParseHubReference("qwen3:8b");
  ASSERT_TRUE(tagged);
  EXPECT_EQ(tagged->hub, Hub::kOllama);
  EXPECT_EQ(tagged->owner, "library");
  EXPECT_EQ(tagged->selector, "8b");
  EXPECT_EQ(ParseHubReference("qwen3")->selector, "latest");
  EXPECT_EQ(ParseHubReference("ollama:me/mine:1")->owner, "me");
}

TEST(HubReference, IsSpelledOutAndReadAgain) {
  for (const char* text : {"o/m", "o/m:Q8_0", "o/m:a/b.gguf", "qwen3:8b", "ollama:me/mine:1",
                           "ollama:library/ollama:latest"}) {
    EXPECT_EQ(ParseHubReference(text)->Text(), text);
  }
  EXPECT_EQ(ParseHubReference("qwen3")->Text(), "qwen3:latest");
}

TEST(HubReference, IsReadAgainAtItsLongest) {
  for (const std::string_view prefix : {"", "ollama:", "o/m:", "ollama:o/"}) {
    std::string text(prefix);
    while (ParseHubReference(text + "a")) text += 'a';
    ASSERT_GT(text.size(), 280) << prefix;
    const std::string spelled = ParseHubReference(text)->Text();
    const auto again = ParseHubReference(spelled);
    ASSERT_TRUE(again) << spelled;
    EXPECT_EQ(again->Text(), spelled);
  }
}

TEST(HubReference, CannotLeaveItsFolderOrItsUrl) {
  for (const char* text :
       {"",           "/",     "o/",         "/m",         "../m",   "o/..",  "o/m:../x",
        "o/m:a/../b", "o/m:",  "o/m:/etc/x", "o/m/x",      "o m",    "o/m?x", "o/m:a%2f",
        "q:",         "q:a/b", "o/m#1",      "http://x/y", "o/.git", "a\nb/c"}) {
    const auto refused = ParseHubReference(text);
    ASSERT_FALSE(refused) << text;
    EXPECT_EQ(refused.error().fault, Fault::kValidation);
  }
  EXPECT_FALSE(ParseHubReference(std::string(1000, 'a')));
}

}  // namespace
}  // namespace bedplate::models
