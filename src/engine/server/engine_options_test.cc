#include "engine/server/engine_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/config/setting.h"

namespace bedplate::engine {
namespace {

using ::testing::HasSubstr;

Result<EngineOptions> Options(const std::vector<std::string>& more) {
  std::vector<const char*> words = {"bedplate-engine", "--model", "m.gguf", "--listen", "unix:s"};
  for (const std::string& word : more) words.push_back(word.c_str());
  std::string help;
  return ParseEngineOptions(static_cast<int>(words.size()), words.data(), help);
}

// bedplate serve hands these settings on as they are.
TEST(EngineOptions, TakesEveryKernelThatASettingMayName) {
  const Setting* attention = FindSetting("engine.attention");
  const Setting* products = FindSetting("engine.products");
  ASSERT_TRUE(attention != nullptr && products != nullptr);
  ASSERT_FALSE(attention->choices.empty() || products->choices.empty());
  for (const std::string_view kernel : attention->choices) {
    const auto options = Options({"--attention", std::string(kernel)});
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_EQ(options->attention, kernel);
    EXPECT_EQ(options->products, "auto");
  }
  for (const std::string_view kernel : products->choices) {
    const auto options = Options({"--products", std::string(kernel)});
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_EQ(options->products, kernel);
    EXPECT_EQ(options->attention, "auto");
  }
}

TEST(EngineOptions, TakesAnAdapterAndItsScale) {
  EXPECT_EQ(Options({})->lora_file, "");
  const auto options = Options({"--lora", "a.gguf", "--lora-scale=-0.5"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->lora_file, "a.gguf");
  EXPECT_FLOAT_EQ(options->lora_scale, -0.5F);
  EXPECT_FLOAT_EQ(Options({"--lora", "a.gguf"})->lora_scale, 1);
  EXPECT_FALSE(Options({"--lora-scale=2"}));
  EXPECT_FALSE(Options({"--lora", "a.gguf", "--lora-scale=101"}));
}

TEST(EngineOptions, TakesEveryWayToGuessThatASettingMayName) {
  const Setting* speculation = FindSetting("engine.speculation");
  ASSERT_TRUE(speculation != nullptr && !speculation->choices.empty());
  for (const std::string_view way : speculation->choices) {
    const auto options = Options({"--speculation", std::string(way)});
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_EQ(options->speculation, way);
  }
  EXPECT_EQ(Options({"--draft", "d.gguf"})->draft_file, "d.gguf");
}

TEST(EngineOptions, RefusesOtherChoicesByName) {
  for (const std::string name : {"--attention", "--products", "--speculation"}) {
    const auto options = Options({name, "amx"});
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().fault, Fault::kValidation);
    EXPECT_THAT(options.error().message, HasSubstr(name));
    EXPECT_THAT(options.error().message, HasSubstr("amx"));
  }
}

}  // namespace
}  // namespace bedplate::engine
