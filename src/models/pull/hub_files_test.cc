#include "models/pull/hub_files.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "models/pull/file_checksum.h"
#include "models/pull/pulled_models.h"

namespace bedplate::models {
namespace {

const std::string kSha256(64, 'a');

std::string Entry(std::string_view path) {
  return fmt::format(R"({{"type":"file","path":"{}","lfs":{{"oid":"{}","size":5}}}})", path,
                     kSha256);
}

Result<std::vector<HubFile>> Choose(std::string_view reference, std::string_view tree) {
  auto model = ChooseFromTree(*ParseHubReference(reference), "", tree);
  if (!model) return std::unexpected(std::move(model.error()));
  return std::move(model->weights);
}

// The projector's name, "-" without one, or why it can't be chosen.
std::string Projector(const std::string& choice, const std::vector<std::string>& names) {
  std::string tree = Entry("m.gguf");
  for (const std::string& name : names) tree += "," + Entry(name);
  const auto model = ChooseFromTree(*ParseHubReference("o/r"), choice, "[" + tree + "]");
  if (!model) return model.error().message;
  EXPECT_EQ(model->weights.size(), 1u);
  EXPECT_EQ(model->projectors, names.size());
  return model->projector ? model->projector->name : "-";
}

TEST(HubFiles, PartsOfOneModelAreOneModel) {
  const std::string tree = fmt::format("[{},{},{}]", Entry("a/m-q8-00002-of-00002.gguf"),
                                       Entry("a/m-q8-00001-of-00002.gguf"), Entry("m-q2.gguf"));
  const auto files = Choose("o/r:q8", tree);
  ASSERT_TRUE(files) << files.error().message;
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ((*files)[0].name, "a/m-q8-00001-of-00002.gguf");
  EXPECT_EQ((*files)[0].target, "/o/r/resolve/main/a/m-q8-00001-of-00002.gguf");
  EXPECT_FALSE(Choose("o/r", tree));  // two models, and none is the usual one
}

TEST(HubFiles, APartMeansItsModel) {
  const std::string first = Entry("m-00001-of-00002.gguf");
  const std::string second = Entry("m-00002-of-00002.gguf");
  const std::string both = fmt::format("[{},{},{}]", first, second, Entry("m-00001-of-00003.gguf"));
  for (const char* name : {"m-00001-of-00002.gguf", "m-00002-of-00002.gguf"}) {
    const auto files = Choose(fmt::format("o/r:{}", name), both);
    ASSERT_TRUE(files) << files.error().message;
    ASSERT_EQ(files->size(), 2u);
    EXPECT_EQ((*files)[0].name, "m-00001-of-00002.gguf");
    EXPECT_EQ((*files)[1].name, "m-00002-of-00002.gguf");
  }
  for (const std::string& one : {first, second}) {
    const auto refused = Choose("o/r", fmt::format("[{}]", one));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().message, testing::HasSubstr("is in 2 parts"));
  }
  // Names that only look like it.
  for (const char* name : {"m-0000x-of-00002.gguf", "m00001-of-00002.gguf", "-of-00002.gguf"}) {
    EXPECT_TRUE(Choose("o/r", fmt::format("[{}]", Entry(name)))) << name;
  }
}

TEST(HubFiles, FilesOfFoldersStayApart) {
  const std::string tree = fmt::format("[{},{}]", Entry("m.gguf"), Entry("a/m.gguf"));
  EXPECT_EQ(Choose("o/r:a/m.gguf", tree)->front().name, "a/m.gguf");
  EXPECT_EQ(Choose("o/r:m.gguf", tree)->front().name, "m.gguf");
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

TEST(HubFiles, TheProjectorIsTheOnlyOneOrThatOfSixteenBits) {
  EXPECT_EQ(Projector("", {}), "-");
  EXPECT_EQ(Projector("", {"mmproj-m-Q8_0.gguf"}), "mmproj-m-Q8_0.gguf");
  const std::vector<std::string> several = {"mmproj-BF16.gguf", "mmproj-F16.gguf",
                                            "mmproj-F32.gguf"};
  EXPECT_EQ(Projector("", several), "mmproj-F16.gguf");
  EXPECT_EQ(Projector("none", several), "-");
  EXPECT_EQ(Projector("f32", several), "mmproj-F32.gguf");
  EXPECT_EQ(Projector("mmproj-BF16.gguf", several), "mmproj-BF16.gguf");
  EXPECT_EQ(Projector("a/mmproj.gguf", {"a/mmproj.gguf", "b/a/mmproj.gguf"}), "a/mmproj.gguf");
}

TEST(HubFiles, AProjectorThatIsNotSaidIsNotGuessed) {
  EXPECT_THAT(Projector("", {"mmproj-a.gguf", "mmproj-b.gguf"}),
              testing::AllOf(testing::HasSubstr("o/r has several projectors"),
                             testing::HasSubstr("--projector"),
                             testing::HasSubstr("mmproj-a.gguf, mmproj-b.gguf")));
  EXPECT_THAT(Projector("", {"a/mmproj-f16.gguf", "b/mmproj-f16.gguf"}),
              testing::HasSubstr("several projectors"));
  EXPECT_THAT(Projector("f16", {"mmproj-f16.gguf", "mmproj-bf16.gguf"}),
              testing::HasSubstr("several projectors that f16 means"));
  EXPECT_THAT(Projector("q4", {"mmproj-f16.gguf"}), testing::HasSubstr("no projectors that q4"));
  EXPECT_THAT(Projector("f16", {}), testing::HasSubstr("it has none"));
}

TEST(HubFiles, AProjectorWithoutAChecksumIsRefused) {
  const std::string tree =
      fmt::format(R"([{},{{"path":"mmproj.gguf","size":5}}])", Entry("m.gguf"));
  const auto model = ChooseFromTree(*ParseHubReference("o/r"), "", tree);
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message, testing::HasSubstr("SHA-256 of mmproj.gguf"));
  EXPECT_TRUE(ChooseFromTree(*ParseHubReference("o/r"), "none", tree));
}

TEST(HubFiles, AManifestsProjectorIsALayer) {
  const auto layer = [](std::string_view kind, char digit) {
    return fmt::format(
        R"({{"mediaType":"application/vnd.ollama.image.{}","digest":"sha256:{}","size":5}})", kind,
        std::string(64, digit));
  };
  const auto tag = *ParseHubReference("m:1");
  const std::string manifest =
      fmt::format(R"({{"layers":[{},{}]}})", layer("projector", 'b'), layer("model", 'a'));
  const auto model = ReadOllamaManifest(tag, "", manifest);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ(model->weights.front().sha256, kSha256);
  ASSERT_TRUE(model->projector);
  EXPECT_EQ(model->projector->name, "1.mmproj.gguf");
  EXPECT_EQ(model->projector->sha256, std::string(64, 'b'));
  EXPECT_FALSE(ReadOllamaManifest(tag, "none", manifest)->projector);
  EXPECT_FALSE(ReadOllamaManifest(tag, "f16", manifest));
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
    EXPECT_FALSE(ReadOllamaManifest(tag, "", manifest)) << manifest;
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

TEST(PulledModels, FindsOnlyWhatIsAsItWasPulled) {
  const auto folder =
      std::filesystem::path(testing::TempDir()) / ("pulled_" + std::to_string(getpid()));
  const PulledModels pulled(folder);
  const auto reference = *ParseHubReference("o/r:a/m.gguf");
  const std::vector<HubFile> files = {
      {.name = "a/m.gguf", .target = "/", .bytes = 5, .sha256 = kSha256}};
  const std::string file = pulled.PathOf(reference, files.front());
  std::filesystem::create_directories(std::filesystem::path(file).parent_path());
  std::ofstream(file) << "12345";
  NoteChecksum(file, kSha256);
  EXPECT_EQ(pulled.Find(reference), "");
  EXPECT_EQ(*pulled.Note(reference, files), file);
  EXPECT_EQ(pulled.Find(reference), file);
  NoteChecksum(file, std::string(64, 'b'));  // another reference brought another file
  EXPECT_EQ(pulled.Find(reference), "");
  NoteChecksum(file, kSha256);
  std::filesystem::resize_file(file, 4);
  EXPECT_EQ(pulled.Find(reference), "");
  EXPECT_FALSE(pulled.FileFor("o/r:a/m.gguf"));
  std::filesystem::remove_all(folder);
}

TEST(FileChecksum, IsReadWhereItIsNotNoted) {
  const auto file =
      std::filesystem::path(testing::TempDir()) / ("checksum_" + std::to_string(getpid()));
  std::ofstream(file) << "abc";
  const std::string sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_FALSE(IsNoted(file, 3, sha256));
  EXPECT_FALSE(IsThere(file, 3, kSha256));
  EXPECT_TRUE(IsThere(file, 3, sha256));
  EXPECT_TRUE(IsNoted(file, 3, sha256));
  EXPECT_FALSE(IsNoted(file, 4, sha256));
  ForgetChecksum(file);
  EXPECT_FALSE(IsNoted(file, 3, sha256));
  std::filesystem::remove(file);
}

TEST(PulledModels, IdsHaveTheLettersOfIds) {
  EXPECT_EQ(ModelIdFor(*ParseHubReference("Own.er/Model_7B.Instruct-GGUF:Q4_K_M")),
            "own-er.model-7b-instruct-gguf-q4-k-m");
  EXPECT_EQ(ModelIdFor(*ParseHubReference("qwen3:8b")), "ollama.qwen3-8b");
}

}  // namespace
}  // namespace bedplate::models
