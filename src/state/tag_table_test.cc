#include "state/tag_table.h"

#include <gtest/gtest.h>
#include <soci/soci.h>

#include <vector>

#include "base/limits.h"
#include "base/testing/temporary_folder.h"
#include "state/database.h"
#include "state/endpoint_table.h"
#include "state/profile_table.h"
#include "state/router_table.h"

namespace bedplate::state {
namespace {

constexpr const char* kAccount = "000000000001";
constexpr const char* kRegion = "us-east-1";

TaggedResource ResourceOf(const std::string& rest) {
  return {
      .account = kAccount, .region = kRegion, .arn = "arn:aws:x:us-east-1:000000000001:" + rest};
}

class TagTableTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(profiles_.Insert({.account = kAccount,
                                  .region = kRegion,
                                  .profile_id = "abc",
                                  .name = "n",
                                  .description = {},
                                  .source = "arn:source",
                                  .model_id = "a.b",
                                  .client_token = {},
                                  .created_at_ms = 7},
                                 profile_.arn, {}));
    ASSERT_TRUE(routers_.Insert({.account = kAccount,
                                 .region = kRegion,
                                 .router_id = "def",
                                 .name = "n",
                                 .description = {},
                                 .models = "[]",
                                 .fallback_model = "arn:b",
                                 .client_token = {},
                                 .created_at_ms = 7},
                                router_.arn, {}));
    ASSERT_TRUE(InsertEndpoint({}));
  }

  Result<EndpointRow> InsertEndpoint(const Tags& tags) {
    EndpointRow row;
    row.account = kAccount;
    row.region = kRegion;
    row.name = "mine";
    return endpoints_.Insert(row, endpoint_.arn, tags);
  }

  TemporaryFolder folder_;
  std::unique_ptr<Database> database_ = *Database::Open(folder_.path() / "bedplate.db");
  ProfileTable profiles_{*database_};
  RouterTable routers_{*database_};
  EndpointTable endpoints_{*database_};
  TagTable tags_{*database_};
  const TaggedResource profile_ = ResourceOf("application-inference-profile/abc");
  const TaggedResource router_ = ResourceOf("prompt-router/def");
  const TaggedResource endpoint_ = ResourceOf("endpoint/mine");
};

TEST_F(TagTableTest, TagsAreReplacedAddedAndRemoved) {
  for (const TaggedResource& resource : {profile_, router_, endpoint_}) {
    ASSERT_TRUE(tags_.Put(resource, {{"a", "1"}, {"b", "2"}})) << resource.arn;
    ASSERT_TRUE(tags_.Put(resource, {{"b", "3"}, {"c", "4"}}));
    EXPECT_EQ(*tags_.All(resource), (Tags{{"a", "1"}, {"b", "3"}, {"c", "4"}}));
    ASSERT_TRUE(tags_.Delete(resource, {"a", "not there"}));
    EXPECT_EQ(*tags_.All(resource), (Tags{{"b", "3"}, {"c", "4"}}));
    Tags many;
    for (size_t i = 0; i < limits::kTagsMax; ++i) many[std::to_string(i)] = "v";
    EXPECT_EQ(tags_.Put(resource, many).error().fault, Fault::kTooManyTags);
    EXPECT_EQ(tags_.All(resource)->size(), 2u);
    TaggedResource elsewhere = resource;
    elsewhere.account = "000000000002";
    EXPECT_TRUE(tags_.All(elsewhere)->empty());
  }
}

TEST_F(TagTableTest, WhatIsGoneGetsNoTags) {
  ASSERT_TRUE(profiles_.Delete(profile_, "abc"));
  ASSERT_TRUE(routers_.Delete(router_, "def"));
  ASSERT_TRUE(endpoints_.Delete(endpoint_, "mine"));
  std::vector<TaggedResource> gone = {profile_, router_, endpoint_, ResourceOf("guardrail/abc")};
  for (const TaggedResource& resource : gone) {
    const auto put = tags_.Put(resource, {{"k", "v"}});
    ASSERT_FALSE(put) << resource.arn;
    EXPECT_EQ(put.error().fault, Fault::kNotFound);
    EXPECT_TRUE(tags_.All(resource)->empty()) << resource.arn;
  }
}

TEST_F(TagTableTest, TheResourceOfAnotherAccountOrRegionIsAnother) {
  TaggedResource other = endpoint_;
  other.account = "000000000002";
  EXPECT_EQ(tags_.Put(other, {{"k", "v"}}).error().fault, Fault::kNotFound);
  other = endpoint_;
  other.region = "eu-west-1";
  EXPECT_EQ(tags_.Put(other, {{"k", "v"}}).error().fault, Fault::kNotFound);
}

// Earlier versions could leave tags of endpoints that were deleted.
TEST_F(TagTableTest, WhatIsMadeHasItsOwnTagsAlone) {
  ASSERT_TRUE(endpoints_.Delete(endpoint_, "mine"));
  ASSERT_TRUE(database_->Write([&](soci::session& session) -> Result<void> {
    session << "INSERT INTO resource_tags (account, region, resource_arn, tag_key, tag_value) "
               "VALUES (:account, :region, :arn, 'left', 'over')",
        soci::use(endpoint_.account), soci::use(endpoint_.region), soci::use(endpoint_.arn);
    return {};
  }));
  ASSERT_TRUE(InsertEndpoint({{"team", "a"}}));
  EXPECT_EQ(*tags_.All(endpoint_), (Tags{{"team", "a"}}));
}

}  // namespace
}  // namespace bedplate::state
