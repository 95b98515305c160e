#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "models/formats/native_format.h"

namespace bedplate::models {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<NativeEmbeddingsPtr> ReadNova(std::string_view params) {
  return FindFormat("amazon-nova-embeddings")
      ->read_embeddings(fmt::format(R"({{"schemaVersion":"nova-multimodal-embed-v1",)"
                                    R"("taskType":"SINGLE_EMBEDDING",)"
                                    R"("singleEmbeddingParams":{}}})",
                                    params));
}

std::string NovaRefusal(std::string_view params) {
  auto read = ReadNova(params);
  return read ? std::string() : read.error().message;
}

TEST(NovaEmbeddings, ReadsATextAndAnswers) {
  auto read = ReadNova(R"({"embeddingPurpose":"GENERIC_INDEX","embeddingDimension":384,)"
                       R"("text":{"truncationMode":"END","value":"Hi"}})");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_THAT((*read)->request().texts, ElementsAre("Hi"));
  EXPECT_EQ((*read)->request().truncation, Truncation::kEnd);
  EXPECT_TRUE((*read)->CheckDimensions(384));
  EXPECT_THAT((*read)->CheckDimensions(512).error().message,
              HasSubstr("#/singleEmbeddingParams/embeddingDimension: 384 is not a valid enum"));
  EXPECT_EQ((*read)->WriteAnswer({.vectors = {{0.5f, 1}}, .prompt_tokens = 3}),
            R"({"embeddings":[{"embeddingType":"TEXT","embedding":[0.5,1]}]})");
}

TEST(NovaEmbeddings, RefusesInTheServicesWords) {
  EXPECT_EQ(
      NovaRefusal(R"({"embeddingPurpose":"OTHER","text":{"truncationMode":"CUT"}})"),
      "Malformed input request: #/singleEmbeddingParams/embeddingPurpose: OTHER is not a valid "
      "enum value#/singleEmbeddingParams/text/truncationMode: CUT is not a valid enum "
      "value#/singleEmbeddingParams/text: required key [value] not found, please reformat your "
      "input and try again.");
  EXPECT_THAT(NovaRefusal(R"({"embeddingPurpose":"CLUSTERING"})"),
              HasSubstr("#/singleEmbeddingParams: required key [text] not found"));
  for (const char* kind : {"image", "audio", "video"}) {
    EXPECT_THAT(
        NovaRefusal(
            fmt::format(R"({{"embeddingPurpose":"CLUSTERING","{}":{{"format":"x"}}}})", kind)),
        HasSubstr(fmt::format("#/singleEmbeddingParams/{}: the model that answers here", kind)));
  }
  EXPECT_THAT(NovaRefusal(R"({"embeddingPurpose":"CLUSTERING","text":{"truncationMode":"NONE",)"
                          R"("source":{"s3Location":{"uri":"s3://a/b"}}}})"),
              HasSubstr("#/singleEmbeddingParams/text/source: the model that answers here"));
  EXPECT_THAT(FindFormat("amazon-nova-embeddings")
                  ->read_embeddings(R"({"taskType":"SEGMENTED_EMBEDDING"})")
                  .error()
                  .message,
              HasSubstr("#/taskType: SEGMENTED_EMBEDDING is not a valid enum value"));
}

}  // namespace
}  // namespace bedplate::models
