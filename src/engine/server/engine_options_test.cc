#include "engine/server/engine_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/config/setting.h"
#include "engine/llamacpp/context.h"

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

TEST(EngineOptions, TakesAdaptersAndTheirScales) {
  EXPECT_TRUE(Options({})->adapters.empty());
  const auto options =
      Options({"--adapter", "a=/x=y/a.gguf", "--adapter-scale=a=-0.5", "--adapter", "b=b.gguf"});
  ASSERT_TRUE(options) << options.error().message;
  ASSERT_EQ(options->adapters.size(), 2U);
  EXPECT_EQ(options->adapters[0].name, "a");
  EXPECT_EQ(options->adapters[0].path, "/x=y/a.gguf");
  EXPECT_FLOAT_EQ(options->adapters[0].scale, -0.5F);
  EXPECT_EQ(options->adapters[1].name, "b");
  EXPECT_FLOAT_EQ(options->adapters[1].scale, 1);
}

TEST(EngineOptions, RefusesWhatIsNoAdapterOrNoScaleOfOne) {
  const std::vector<std::string> one = {"--adapter", "a=a.gguf"};
  const auto refusal = [&](std::vector<std::string> more) {
    more.insert(more.begin(), one.begin(), one.end());
    const auto options = Options(more);
    return options ? std::string() : options.error().message;
  };
  EXPECT_EQ(refusal({}), "");
  EXPECT_THAT(refusal({"--adapter", "b.gguf"}), HasSubstr("NAME=FILE, got b.gguf"));
  EXPECT_THAT(refusal({"--adapter", "a=b.gguf"}), HasSubstr("two of the name a"));
  EXPECT_THAT(refusal({"--adapter", "m=b.gguf"}), HasSubstr("two of the name m"));  // the model's
  EXPECT_THAT(refusal({"--adapter-scale", "b=1"}), HasSubstr("no adapter b"));
  for (const char* scale : {"101", "nan", "1x", "-100.5"}) {
    EXPECT_THAT(refusal({std::string("--adapter-scale=a=") + scale}),
                HasSubstr("from -100 to 100, got " + std::string(scale)));
  }
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

TEST(EngineOptions, TakesEveryCacheTypeThatASettingMayName) {
  const Setting* type = FindSetting("engine.cache_type");
  ASSERT_TRUE(type != nullptr && !type->choices.empty());
  for (const std::string_view name : type->choices) {
    const auto options = Options({"--cache-type", std::string(name)});
    ASSERT_TRUE(options) << options.error().message;
    EXPECT_TRUE(CacheTypeNamed(options->cache_type));
  }
}

TEST(EngineOptions, TakesAFolderForPrefixes) {
  EXPECT_EQ(Options({})->prefix_folder, "");
  const auto options = Options({"--prefix-folder", "/p", "--prefix-megabytes", "7"});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->prefix_folder, "/p");
  EXPECT_EQ(options->prefix_megabytes, 7U);
}

TEST(EngineOptions, TakesEveryTargetThatASettingMaySay) {
  for (const auto& [name, option] :
       {std::pair("engine.first_token_target_ms", "--first-token-target"),
        std::pair("engine.token_gap_target_ms", "--token-gap-target")}) {
    const Setting* setting = FindSetting(name);
    ASSERT_TRUE(setting != nullptr);
    for (const int64_t value : {setting->min, setting->max}) {
      EXPECT_TRUE(Options({option, std::to_string(value)})) << option << value;
    }
    EXPECT_FALSE(Options({option, std::to_string(setting->max + 1)}));
    EXPECT_FALSE(Options({option, "0"}));
  }
}

TEST(EngineOptions, RefusesOtherChoicesByName) {
  for (const std::string name : {"--attention", "--products", "--speculation", "--cache-type"}) {
    const auto options = Options({name, "amx"});
    ASSERT_FALSE(options);
    EXPECT_EQ(options.error().fault, Fault::kValidation);
    EXPECT_THAT(options.error().message, HasSubstr(name));
    EXPECT_THAT(options.error().message, HasSubstr("amx"));
  }
}

}  // namespace
}  // namespace bedplate::engine
