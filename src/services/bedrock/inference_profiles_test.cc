// Inference profiles and tags, through the handlers and the real database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/limits.h"
#include "bedrock/ops/CreateInferenceProfile.h"
#include "bedrock/ops/DeleteInferenceProfile.h"
#include "bedrock/ops/GetInferenceProfile.h"
#include "bedrock/ops/ListInferenceProfiles.h"
#include "bedrock/ops/ListTagsForResource.h"
#include "bedrock/ops/TagResource.h"
#include "bedrock/ops/UntagResource.h"
#include "services/bedrock/testing/service_stand.h"

namespace bedplate::services::bedrock {
namespace {

using testing::HasSubstr;

class ProfilesTest : public BedrockTest {
 protected:
  gen::CreateInferenceProfileRequest Request(const std::string& source) {
    gen::CreateInferenceProfileRequest request;
    request.inferenceProfileName = std::string("team");
    request.description = std::string("of the team");
    request.modelSource.emplace().copyFrom = source;
    return request;
  }
  Result<std::string> Create(gen::CreateInferenceProfileRequest request) {
    auto made = reactors_.Run(0, service_.CreateInferenceProfile(call_, std::move(request)));
    if (!made) return std::unexpected(made.error());
    return *made->inferenceProfileArn;
  }
  Result<gen::GetInferenceProfileResponse> Get(const std::string& identifier) {
    gen::GetInferenceProfileRequest request;
    request.inferenceProfileIdentifier = identifier;
    return reactors_.Run(0, service_.GetInferenceProfile(call_, std::move(request)));
  }
  Result<void> Delete(const std::string& identifier) {
    gen::DeleteInferenceProfileRequest request;
    request.inferenceProfileIdentifier = identifier;
    auto gone = reactors_.Run(0, service_.DeleteInferenceProfile(call_, std::move(request)));
    if (!gone) return std::unexpected(gone.error());
    return {};
  }
  template <class Change>
  Result<gen::ListInferenceProfilesResponse> List(Change change) {
    gen::ListInferenceProfilesRequest request;
    change(request);
    return reactors_.Run(0, service_.ListInferenceProfiles(call_, std::move(request)));
  }
  Result<void> Tag(const std::string& arn, const state::Tags& tags) {
    gen::TagResourceRequest request;
    request.resourceARN = arn;
    request.tags = ToList(tags);
    auto put = reactors_.Run(0, service_.TagResource(call_, std::move(request)));
    if (!put) return std::unexpected(put.error());
    return {};
  }
  Result<state::Tags> TagsOf(const std::string& arn) {
    gen::ListTagsForResourceRequest request;
    request.resourceARN = arn;
    auto response = reactors_.Run(0, service_.ListTagsForResource(call_, std::move(request)));
    if (!response) return std::unexpected(response.error());
    state::Tags tags;
    for (const gen::Tag& tag : *response->tags) tags.emplace(*tag.key, *tag.value);
    return tags;
  }
  static std::vector<gen::Tag> ToList(const state::Tags& tags) {
    std::vector<gen::Tag> list;
    for (const auto& [key, value] : tags) {
      list.emplace_back().key = key;
      list.back().value = value;
    }
    return list;
  }

  const std::string source_ = "arn:aws:bedrock:eu-west-1::foundation-model/" + std::string(kHaiku);
  const std::string system_ =
      "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/eu." + std::string(kHaiku);
};

TEST_F(ProfilesTest, AnAccountMakesProfilesOfModelsAndOfSystemProfiles) {
  for (const std::string& source : {source_, system_}) {
    const std::string arn = *Create(Request(source));
    EXPECT_THAT(arn, testing::MatchesRegex("arn:aws:bedrock:eu-west-1:111122223333:"
                                           "application-inference-profile/[a-z0-9]{12}"));
    auto profile = Get(arn);
    ASSERT_TRUE(profile) << profile.error().message;
    EXPECT_EQ(*profile->inferenceProfileArn, arn);
    EXPECT_EQ(*profile->inferenceProfileName, "team");
    EXPECT_EQ(*profile->description, "of the team");
    EXPECT_EQ(*profile->models->at(0).modelArn, source_);
    EXPECT_TRUE(*profile->status == gen::InferenceProfileStatus::kActive);
    EXPECT_TRUE(*profile->type == gen::InferenceProfileType::kApplication);
    EXPECT_GT(profile->createdAt->seconds, 1'700'000'000);
    EXPECT_EQ(*Get(*profile->inferenceProfileId)->inferenceProfileArn, arn);
    EXPECT_EQ((*directory_.Find(arn, scope_))->facts.id, kHaiku);
    ASSERT_TRUE(Delete(arn));
    EXPECT_EQ(Get(arn).error().fault, Fault::kNotFound);
    EXPECT_FALSE(directory_.Find(arn, scope_));
    EXPECT_EQ(Delete(arn).error().fault, Fault::kNotFound);
  }
}

TEST_F(ProfilesTest, OnlyModelsOfThisRegionHaveProfiles) {
  for (const char* source :
       {"arn:aws:bedrock:eu-west-1::foundation-model/not.there",
        "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
        "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/abc",
        "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/"
        "eu.huggingfacetb.smollm2-135m-instruct-v1:0",
        "arn:aws:bedrock:eu-west-1:111122223333:inference-profile/"
        "jp.anthropic.claude-3-haiku-20240307-v1:0",
        "arn:aws:bedrock:eu-west-1:999988887777:inference-profile/"
        "eu.anthropic.claude-3-haiku-20240307-v1:0",
        "arn:aws:bedrock:eu-west-1::inference-profile/eu.anthropic.claude-3-haiku-20240307-v1:0"}) {
    auto made = Create(Request(source));
    ASSERT_FALSE(made) << source;
    EXPECT_EQ(made.error().fault, Fault::kNotFound);
    EXPECT_THAT(made.error().message, HasSubstr("copyFrom '" + std::string(source) + "'"));
  }
  auto request = Request(source_);
  request.modelSource->copyFrom = wire::Opt<std::string>();
  EXPECT_EQ(Create(std::move(request)).error().fault, Fault::kValidation);
}

TEST_F(ProfilesTest, ARepeatedRequestMakesOneProfile) {
  auto request = Request(source_);
  request.clientRequestToken = std::string("once");
  const std::string arn = *Create(request);
  EXPECT_EQ(*Create(request), arn);
  request.inferenceProfileName = std::string("other");
  auto conflict = Create(request);
  ASSERT_FALSE(conflict);
  EXPECT_EQ(conflict.error().fault, Fault::kConflict);
  EXPECT_THAT(conflict.error().message, HasSubstr("clientRequestToken 'once'"));
}

TEST_F(ProfilesTest, SystemProfilesAreThoseOfTheCatalogAndStay) {
  for (const std::string& name : {system_, "us." + std::string(kHaiku)}) {
    auto profile = Get(name);
    ASSERT_TRUE(profile) << profile.error().message;
    EXPECT_TRUE(*profile->type == gen::InferenceProfileType::kSystemDefined);
    EXPECT_EQ(*profile->models->at(0).modelArn, source_);
    EXPECT_FALSE(profile->createdAt);
    EXPECT_EQ(Delete(name).error().fault, Fault::kValidation);
    EXPECT_EQ(TagsOf(name).error().fault, Fault::kNotFound);
  }
  EXPECT_EQ(*Get(system_)->inferenceProfileName, "EU Anthropic Claude 3 Haiku");
  for (const std::string& name : {"jp." + std::string(kHaiku), std::string(kHaiku),
                                  "eu." + std::string(kChat), std::string("nothing")}) {
    auto profile = Get(name);
    ASSERT_FALSE(profile) << name;
    EXPECT_EQ(profile.error().fault, Fault::kNotFound);
    EXPECT_THAT(profile.error().message, HasSubstr("'" + name + "'"));
  }
}

TEST_F(ProfilesTest, ListsByPageAndType) {
  const std::string arn = *Create(Request(source_));
  using R = gen::ListInferenceProfilesRequest;
  const auto all = *List([](R&) {})->inferenceProfileSummaries;
  ASSERT_GT(all.size(), 30u);
  EXPECT_EQ(*all.back().inferenceProfileArn, arn);
  EXPECT_FALSE(List([](R&) {})->nextToken);
  auto own = List([](R& r) { r.typeEquals = gen::InferenceProfileType::kApplication; });
  ASSERT_EQ(own->inferenceProfileSummaries->size(), 1u);
  auto systems = List([](R& r) { r.typeEquals = gen::InferenceProfileType::kSystemDefined; });
  EXPECT_EQ(systems->inferenceProfileSummaries->size(), all.size() - 1);

  std::vector<std::string> paged;
  wire::Opt<std::string> token;
  do {
    auto page = List([&](R& r) {
      r.maxResults = 7;
      r.nextToken = token;
    });
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_LE(page->inferenceProfileSummaries->size(), 7u);
    for (const auto& summary : *page->inferenceProfileSummaries) {
      paged.push_back(*summary.inferenceProfileArn);
    }
    token = page->nextToken;
  } while (token);
  ASSERT_EQ(paged.size(), all.size());
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(paged[i], *all[i].inferenceProfileArn);
  auto wrong = List([](R& r) { r.nextToken = std::string("wrong"); });
  EXPECT_EQ(wrong.error().fault, Fault::kValidation);
  EXPECT_THAT(wrong.error().message, HasSubstr("nextToken 'wrong'"));
}

TEST_F(ProfilesTest, APageMayBeDeletedBeforeTheNextIsAskedFor) {
  std::vector<std::string> made;
  for (int i = 0; i < 7; ++i) made.push_back(*Create(Request(source_)));
  std::vector<std::string> seen;
  wire::Opt<std::string> token;
  do {
    auto page = List([&](gen::ListInferenceProfilesRequest& r) {
      r.typeEquals = gen::InferenceProfileType::kApplication;
      r.maxResults = 3;
      r.nextToken = token;
    });
    ASSERT_TRUE(page) << page.error().message;
    for (const auto& summary : *page->inferenceProfileSummaries) {
      seen.push_back(*summary.inferenceProfileArn);
      ASSERT_TRUE(Delete(seen.back()));
    }
    token = page->nextToken;
  } while (token);
  EXPECT_THAT(seen, testing::UnorderedElementsAreArray(made));
}

// Another process may have deleted it, or another request between the look and the write.
TEST_F(ProfilesTest, AResourceThatIsGoneGetsNoTags) {
  const std::string arn = *Create(Request(source_));
  const state::TaggedResource resource{
      .account = scope_.account, .region = scope_.region, .arn = arn};
  ASSERT_TRUE(state::ProfileTable(*database_).Delete(resource, arn.substr(arn.rfind('/') + 1)));
  ASSERT_TRUE(Get(arn)) << "the directory knows it still";
  const auto put = Tag(arn, {{"k", "v"}});
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().fault, Fault::kNotFound);
  EXPECT_THAT(put.error().message, HasSubstr("resourceARN '" + arn + "'"));
  EXPECT_TRUE(tags_.All(resource)->empty());
}

TEST_F(ProfilesTest, ProfilesHaveTagsFromTheirMakingToTheirEnd) {
  auto request = Request(source_);
  request.tags = ToList({{"team", "a"}, {"cost", "1"}});
  const std::string arn = *Create(std::move(request));
  EXPECT_EQ(*TagsOf(arn), (state::Tags{{"team", "a"}, {"cost", "1"}}));
  ASSERT_TRUE(Tag(arn, {{"team", "b"}, {"more", ""}}));
  gen::UntagResourceRequest untag;
  untag.resourceARN = arn;
  untag.tagKeys = std::vector<std::string>{"cost", "not there"};
  ASSERT_TRUE(reactors_.Run(0, service_.UntagResource(call_, std::move(untag))));
  EXPECT_EQ(*TagsOf(arn), (state::Tags{{"team", "b"}, {"more", ""}}));
  ASSERT_TRUE(Delete(arn));
  EXPECT_EQ(TagsOf(arn).error().fault, Fault::kNotFound);
  EXPECT_EQ(Tag(arn, {{"k", "v"}}).error().fault, Fault::kNotFound);
}

TEST_F(ProfilesTest, RefusesTagsThatCanNotBe) {
  const std::string arn = *Create(Request(source_));
  for (const std::string key : {"aws:mine", "AWS:mine", "Aws:", "aWs:x"}) {
    const auto reserved = Tag(arn, {{key, "v"}});
    ASSERT_FALSE(reserved) << key;
    EXPECT_EQ(reserved.error().fault, Fault::kValidation);
    EXPECT_THAT(reserved.error().message, HasSubstr("'" + key + "'"));
  }
  for (const std::string key : {"aws", "awsome:x", "my aws:", "AW"}) {
    EXPECT_TRUE(Tag(arn, {{key, "v"}})) << key;
    gen::UntagResourceRequest untag;
    untag.resourceARN = arn;
    untag.tagKeys = std::vector<std::string>{key};
    ASSERT_TRUE(reactors_.Run(0, service_.UntagResource(call_, std::move(untag))));
  }
  gen::TagResourceRequest twice;
  twice.resourceARN = arn;
  twice.tags = ToList({{"k", "v"}});
  twice.tags->push_back(twice.tags->front());
  auto refused = reactors_.Run(0, service_.TagResource(call_, std::move(twice)));
  EXPECT_EQ(refused.error().fault, Fault::kValidation);
  EXPECT_THAT(refused.error().message, HasSubstr("'k' is there twice"));
  state::Tags many;
  for (size_t i = 0; i <= limits::kTagsMax; ++i) many[std::to_string(i)] = "v";
  EXPECT_EQ(Tag(arn, many).error().fault, Fault::kTooManyTags);
  EXPECT_TRUE(TagsOf(arn)->empty());
  auto request = Request(source_);
  request.tags = ToList(many);
  EXPECT_EQ(Create(std::move(request)).error().fault, Fault::kTooManyTags);
}

}  // namespace
}  // namespace bedplate::services::bedrock
