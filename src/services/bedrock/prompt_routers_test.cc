// Prompt routers, through the handlers and the real database.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "bedrock/ops/CreatePromptRouter.h"
#include "bedrock/ops/DeletePromptRouter.h"
#include "services/bedrock/testing/service_stand.h"

namespace bedplate::services::bedrock {
namespace {

class RoutersTest : public BedrockTest {
 protected:
  Result<std::string> Create(const std::string& name, const state::Tags& tags) {
    gen::CreatePromptRouterRequest request;
    request.promptRouterName = name;
    request.models.emplace().emplace_back().modelArn = ArnOf(kHaiku);
    request.fallbackModel.emplace().modelArn = ArnOf(kChat);
    request.routingCriteria.emplace().responseQualityDifference = 5.0;
    auto& list = request.tags.emplace();
    for (const auto& [key, value] : tags) {
      list.emplace_back().key = key;
      list.back().value = value;
    }
    auto made = reactors_.Run(0, service_.CreatePromptRouter(call_, std::move(request)));
    if (!made) return std::unexpected(made.error());
    return *made->promptRouterArn;
  }
  bool Delete(const std::string& arn) {
    gen::DeletePromptRouterRequest request;
    request.promptRouterArn = arn;
    return reactors_.Run(0, service_.DeletePromptRouter(call_, std::move(request))).has_value();
  }
  static std::string ArnOf(const std::string& model_id) {
    return models::FoundationModelArn("eu-west-1", model_id);
  }
};

TEST_F(RoutersTest, TagsAndPolicyEndWithTheRouterHoweverItIsNamed) {
  for (const std::string& partition : {std::string("aws"), std::string("aws-cn")}) {
    const auto arn = Create("router", {{"team", "a"}});
    ASSERT_TRUE(arn) << arn.error().message;
    ASSERT_TRUE(policies_.Put(
        scope_, *arn,
        R"({"Statement":{"Effect":"Deny","Principal":"*","Action":"bedrock:*","Resource":"*"}})"));
    const state::TaggedResource resource{
        .account = scope_.account, .region = scope_.region, .arn = *arn};
    ASSERT_EQ(tags_.All(resource)->size(), 1u);
    ASSERT_TRUE(Delete("arn:" + partition + arn->substr(arn->find(":bedrock:"))));
    EXPECT_TRUE(tags_.All(resource)->empty()) << partition;
    EXPECT_EQ(policies_.Get(scope_, *arn).error().fault, Fault::kNotFound) << partition;
  }
}

}  // namespace
}  // namespace bedplate::services::bedrock
