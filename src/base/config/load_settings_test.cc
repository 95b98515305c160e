#include "base/config/load_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/config/setting.h"
#include "base/limits.h"
#include "base/testing/temporary_folder.h"

namespace bedplate {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

class LoadSettingsTest : public testing::Test {
 protected:
  LoadSettingsTest() {
    sources_.environment["HOME"] = (folder_.path() / "home").string();
    sources_.working_folder = folder_.path();
  }
  void WriteFile(const std::string& text, const std::string& name = "bedplate.toml") {
    std::filesystem::create_directories((folder_.path() / name).parent_path());
    std::ofstream(folder_.path() / name) << text;
  }
  Settings Load() {
    auto loaded = LoadSettings(sources_);
    EXPECT_TRUE(loaded) << loaded.error().message;
    return loaded ? loaded->settings : Settings{};
  }
  std::string Refusal() {
    auto loaded = LoadSettings(sources_);
    EXPECT_FALSE(loaded);
    if (loaded) return "";
    EXPECT_EQ(loaded.error().fault, Fault::kValidation);
    return loaded.error().message;
  }

  TemporaryFolder folder_;
  SettingSources sources_;
};

TEST_F(LoadSettingsTest, NeedsNothing) {
  const Settings settings = Load();
  EXPECT_EQ(settings.listen.address, "127.0.0.1");
  EXPECT_EQ(settings.listen.port, 4600);
  EXPECT_EQ(settings.account.region, "us-east-1");
  EXPECT_EQ(settings.data.folder, (folder_.path() / "home/.local/share/bedplate").string());
  EXPECT_EQ(settings.models.folder, settings.data.folder + "/models");
}

TEST_F(LoadSettingsTest, AllowsAsManySequencesAsAnEngineTakes) {
  const Setting* setting = FindSetting("engine.sequences");
  ASSERT_NE(setting, nullptr);
  EXPECT_EQ(setting->min, 1);
  EXPECT_EQ(setting->max, limits::kEngineSequencesMax);
  sources_.assignments = {"engine.sequences=193"};
  EXPECT_THAT(Refusal(), HasSubstr("engine.sequences"));
  EXPECT_THAT(Refusal(), HasSubstr("193"));
}

TEST_F(LoadSettingsTest, ChoosesTheKernelsOfAnEngine) {
  EXPECT_EQ(Load().engine.attention, "auto");
  EXPECT_EQ(Load().engine.products, "auto");
  WriteFile("[engine]\nattention = 'avx2'\nproducts = 'ggml'\n");
  EXPECT_EQ(Load().engine.attention, "avx2");
  EXPECT_EQ(Load().engine.products, "ggml");
  WriteFile("[engine]\nattention = 'amx'\n");
  EXPECT_THAT(Refusal(),
              EndsWith("engine.attention: \"amx\" is not one of auto, avx512, avx2, ggml"));
  WriteFile("[engine]\nproducts = true\n");
  EXPECT_THAT(Refusal(), EndsWith("engine.products: expected one of auto, avx512, avx2, ggml, not "
                                  "true"));
}

TEST_F(LoadSettingsTest, LaterSourcesWin) {
  WriteFile("[listen]\nport = 1\naddress = '::1'\n[log]\nlevel = 'error'\n");
  EXPECT_EQ(Load().listen.port, 1);
  sources_.environment["BEDPLATE_LISTEN_PORT"] = "2";
  EXPECT_EQ(Load().listen.port, 2);
  sources_.assignments = {"listen.port=3"};
  auto loaded = LoadSettings(sources_);
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->settings.listen.port, 3);
  EXPECT_EQ(loaded->settings.listen.address, "::1");
  EXPECT_EQ(loaded->settings.log.level, "error");
  EXPECT_EQ(loaded->origins["listen.port"], "--set");
  EXPECT_THAT(loaded->origins["log.level"], EndsWith("bedplate.toml:5:9"));
}

TEST_F(LoadSettingsTest, FindsTheFile) {
  WriteFile("[listen]\nport = 10\n", "home/.config/bedplate/bedplate.toml");
  EXPECT_EQ(Load().listen.port, 10);
  WriteFile("[listen]\nport = 11\n");
  EXPECT_EQ(Load().listen.port, 11);
  WriteFile("[listen]\nport = 12\n", "named.toml");
  sources_.environment["BEDPLATE_CONFIG"] = "named.toml";
  EXPECT_EQ(Load().listen.port, 12);
  WriteFile("[listen]\nport = 13\n", "given.toml");
  sources_.file = "given.toml";
  EXPECT_EQ(Load().listen.port, 13);
  sources_.file = "missing.toml";
  EXPECT_THAT(Refusal(), HasSubstr("missing.toml"));
}

TEST_F(LoadSettingsTest, RefusesUnknownKeysAndSaysWhere) {
  WriteFile("[listen]\nprot = 1\n");
  EXPECT_THAT(Refusal(), EndsWith("bedplate.toml:2:1: there is no setting listen.prot: did you "
                                  "mean listen.port?"));
  WriteFile("\n[lisen]\nport = 1\n");
  EXPECT_THAT(Refusal(), HasSubstr("bedplate.toml:2:2: there is no group [lisen]; the groups are "
                                   "listen, tls, data, models"));
  WriteFile("port = 1\n");
  EXPECT_THAT(Refusal(), EndsWith(":1:1: there is no setting port: did you mean listen.port?"));
  WriteFile("[listen.port]\nx = 1\n");
  EXPECT_THAT(Refusal(), HasSubstr("listen.port: expected a whole number (TCP port) between 0 and "
                                   "65535, not a table"));
  WriteFile("");
  sources_.assignments = {"log.colour=red"};
  EXPECT_EQ(Refusal(), "--set log.colour=red: there is no setting log.colour");
  sources_.assignments = {"listen.port"};
  EXPECT_EQ(Refusal(), "--set listen.port: expected <setting>=<value>");
}

TEST_F(LoadSettingsTest, RefusesValuesThatDoNotFit) {
  WriteFile("[listen]\nport = 70000\n");
  EXPECT_THAT(Refusal(), EndsWith("bedplate.toml:2:8: listen.port: 70000 is not a whole number "
                                  "(TCP port) between 0 and 65535"));
  WriteFile("[listen]\nport = '4600'\n");
  EXPECT_THAT(Refusal(), EndsWith("not the string \"4600\""));
  WriteFile("[listen]\nport = 4600.5\n");
  EXPECT_THAT(Refusal(), EndsWith("not a date or fraction"));
  WriteFile("[log]\nlevel = 'loud'\n");
  EXPECT_THAT(Refusal(),
              EndsWith("log.level: \"loud\" is not one of debug, info, warning, error, off"));
  WriteFile("[log]\naccess = 1\n");
  EXPECT_THAT(Refusal(), EndsWith("log.access: expected true or false, not the number 1"));
  WriteFile("[models]\nwarm_up = ['a', 2]\n");
  EXPECT_THAT(Refusal(), EndsWith("expected a list of strings, but an item is no string"));
  WriteFile("[account]\nregion = 'Us East'\n");
  EXPECT_THAT(Refusal(), HasSubstr("\"Us East\" is no region"));
  WriteFile("[listen\n");
  EXPECT_THAT(Refusal(), HasSubstr("bedplate.toml:1:"));
  WriteFile("");
  sources_.environment["BEDPLATE_LISTEN_PORT"] = "46OO";
  EXPECT_EQ(Refusal(),
            "environment variable BEDPLATE_LISTEN_PORT: \"46OO\" is not a whole number "
            "(TCP port) between 0 and 65535");
}

TEST_F(LoadSettingsTest, RefusesHalfOfTls) {
  sources_.assignments = {"tls.key=k.pem"};
  EXPECT_THAT(Refusal(), HasSubstr("tls.certificate and tls.key belong together"));
}

TEST_F(LoadSettingsTest, ReadsListsAndBooleansFromText) {
  sources_.environment["BEDPLATE_MODELS_WARM_UP"] = "a,b.c-v1:0,";
  sources_.environment["BEDPLATE_LOG_ACCESS"] = "false";
  const Settings settings = Load();
  EXPECT_THAT(settings.models.warm_up, ElementsAre("a", "b.c-v1:0"));
  EXPECT_FALSE(settings.log.access);
}

TEST_F(LoadSettingsTest, RelativePathsStartAtTheirSource) {
  WriteFile("[data]\nfolder = 'kept'\n[tls]\ncertificate = '~/c.pem'\nkey = '/k.pem'\n",
            "etc/bedplate.toml");
  sources_.file = "etc/bedplate.toml";
  Settings settings = Load();
  EXPECT_EQ(settings.data.folder, (folder_.path() / "etc/kept").string());
  EXPECT_EQ(settings.tls.certificate, (folder_.path() / "home/c.pem").string());
  EXPECT_EQ(settings.tls.key, "/k.pem");
  sources_.assignments = {"data.folder=../elsewhere"};
  settings = Load();
  EXPECT_EQ(settings.data.folder, (folder_.path().parent_path() / "elsewhere").string());
}

TEST_F(LoadSettingsTest, TellsOfUnknownVariablesButStarts) {
  // Kubernetes makes these for a service called bedplate.
  sources_.environment["BEDPLATE_PORT"] = "tcp://10.0.0.1:4600";
  sources_.environment["BEDPLATE_CACHE"] = "/cache";
  auto loaded = LoadSettings(sources_);
  ASSERT_TRUE(loaded);
  EXPECT_THAT(loaded->unknown_variables, ElementsAre("BEDPLATE_PORT"));
}

TEST_F(LoadSettingsTest, NeedsAHomeForItsData) {
  sources_.environment.clear();
  EXPECT_THAT(Refusal(), HasSubstr("neither HOME nor XDG_DATA_HOME is set"));
  sources_.environment["XDG_DATA_HOME"] = "/srv";
  EXPECT_EQ(Load().data.folder, "/srv/bedplate");
}

TEST(AllSettings, HoldsTheDefaultsOfTheStruct) {
  Settings settings;
  for (const Setting& setting : AllSettings()) {
    EXPECT_EQ(FindSetting(setting.name), &setting);
    if (setting.type == SettingType::kInteger) {
      const int64_t value = *std::get<int64_t*>(setting.at(settings));
      EXPECT_GE(value, setting.min) << setting.name;
      EXPECT_LE(value, setting.max) << setting.name;
    }
  }
}

TEST_F(LoadSettingsTest, ReadsBindings) {
  WriteFile(
      "[bindings]\n\"anthropic.*\" = { gguf = \"weights/a.gguf\", embeddings = true }\n"
      "[bindings.\"meta.*\"]\nurl = \"http://x/v1\"\nupstream_model = \"llama\"\n"
      "api_key_variable = \"KEY\"\n[bindings.plain]\nmodel = \"a.bc\"\n");
  auto loaded = LoadSettings(sources_);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const auto& bindings = loaded->settings.bindings;
  ASSERT_EQ(bindings.size(), 3u);
  EXPECT_EQ(bindings[0].pattern, "anthropic.*");
  EXPECT_EQ(bindings[0].gguf, (folder_.path() / "weights/a.gguf").string());
  EXPECT_TRUE(bindings[0].embeddings);
  EXPECT_EQ(bindings[1].pattern, "meta.*");
  EXPECT_EQ(bindings[1].url, "http://x/v1");
  EXPECT_EQ(bindings[1].upstream_model, "llama");
  EXPECT_EQ(bindings[1].api_key_variable, "KEY");
  EXPECT_FALSE(bindings[1].embeddings);
  EXPECT_EQ(bindings[2].model, "a.bc");
  EXPECT_THAT(loaded->origins.at("bindings.meta.*"), HasSubstr("bedplate.toml:4:"));
}

TEST_F(LoadSettingsTest, RefusesBindingsThatAreNone) {
  WriteFile("bindings = 1\n");
  EXPECT_THAT(Refusal(), HasSubstr("bedplate.toml:1:12: bindings: expected a group"));
  WriteFile("[bindings]\n\"a.*\" = \"b\"\n");
  EXPECT_THAT(Refusal(), HasSubstr("bindings.\"a.*\": expected a table"));
  WriteFile("[bindings]\n\"a.*\" = { file = \"b\" }\n");
  EXPECT_THAT(Refusal(), HasSubstr("there is no setting bindings.\"a.*\".file"));
  WriteFile("[bindings]\nanthropic.claude = { model = \"b\" }\n");
  EXPECT_THAT(Refusal(), HasSubstr("an id with dots goes in quotes"));
  WriteFile("[bindings]\n\"a.*\" = { embeddings = 3 }\n");
  EXPECT_THAT(Refusal(), HasSubstr("bindings.\"a.*\".embeddings: "));
}

}  // namespace
}  // namespace bedplate
