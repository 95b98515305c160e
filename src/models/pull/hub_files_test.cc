#include "models/pull/hub_files.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "models/pull/pulled_models.h"

namespace bedplate::models {
namespace {

const std::string kSha256(64, 'a');

std::string Entry(std::string_view path) {
  return fmt::format(R"({{"type":"file","path":"{}","lfs":{{"oid":"{}","size":5}}}})", path,
                     kSha256);
}

Result<std::vector<HubFile>> Choose(std::string_view reference, std::string_view tree) {
  return ChooseFromTree(*ParseHubReference(reference), tree);
}

TEST(HubFiles, PartsOfOneModelAreOneModel) {
  const std::string tree = fmt::format("[{},{},{}]", Entry("a/m-q8-00002-of-00002.gguf"),
                                       Entry("a/m-q8-00001-of-00002.gguf"), Entry("m-q2.gguf"));
  const auto files = Choose("o/r:q8", tree);
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ((*files)[0].name, "m-q8-00001-of-00002.gguf");
  EXPECT_EQ((*files)[0].target, "/o/r/resolve/main/a/m-q8-00001-of-00002.gguf");
  EXPECT_FALSE(Choose("o/r", tree));  // two models, and none is the usual one
}

TEST(HubFiles, NoNameFromAHubLeavesItsFolderOrItsUrl) {
  const std::string tree = fmt::format("[{},{},{},{}]", Entry("../../x.gguf"), Entry("/etc/x.gguf"),
                                       Entry("a?b.gguf"), Entry("good.gguf"));
  const auto files = Choose("o/r", tree);
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 1u);
  EXPECT_EQ((*files)[0].name, "good.gguf");
}

TEST(HubFiles, ProjectorsAreNoModels) {
  const auto files = Choose("o/r", fmt::format("[{},{}]", Entry("mmproj-m.gguf"), Entry("m.gguf")));
  ASSERT_TRUE(files);
  EXPECT_EQ(files->size(), 1u);
}

TEST(HubFiles, BadAnswersOfAHubAreErrors) {
  for (const char* tree : {"", "{", "{}", "[]", "[1]", R"([{"path":7}])", R"([{"path":"m.gguf"}])",
                           R"([{"path":"m.gguf","lfs":{"oid":"zz","size":5}}])"}) {
    EXPECT_FALSE(Choose("o/r", tree)) << tree;
  }
  const auto tag = *ParseHubReference("m:1");
  for (const char* manifest : {"", "[]", "{}", R"({"layers":[]})",
                               R"({"layers":[{"mediaType":)"
                               R"("application/vnd.ollama.image.model","digest":"sha256:../..",)"
                               R"("size":5}]})"}) {
    EXPECT_FALSE(ReadOllamaManifest(tag, manifest)) << manifest;
  }
}

TEST(HubUrl, LocationsAreReadAsABrowserReadsThem) {
  const HubUrl base{.origin = "https://hub:8443", .target = "/a/b?c"};
  EXPECT_EQ(ResolveLocation(base, "/x?y")->origin, "https://hub:8443");
  EXPECT_EQ(ResolveLocation(base, "/x?y")->target, "/x?y");
  EXPECT_EQ(ResolveLocation(base, "x")->target, "/a/x");
  EXPECT_EQ(ResolveLocation(base, "//other/x")->origin, "https://other");
  EXPECT_EQ(ResolveLocation(base, "http://other/x#part")->target, "/x");
  EXPECT_EQ(ResolveLocation(base, "https://other")->target, "/");
  for (const char* bad :
       {"ftp://x/", "file:///etc/passwd", "https://u:p@x/", "/a b", "/a\r\nb: c"}) {
    EXPECT_FALSE(ResolveLocation(base, bad)) << bad;
  }
}

TEST(PulledModels, IdsHaveTheLettersOfIds) {
  EXPECT_EQ(ModelIdFor(*ParseHubReference("Own.er/Model_7B.Instruct-GGUF:Q4_K_M")),
            "own-er.model-7b-instruct-gguf-q4-k-m");
  EXPECT_EQ(ModelIdFor(*ParseHubReference("qwen3:8b")), "ollama.qwen3-8b");
}

}  // namespace
}  // namespace bedplate::models
