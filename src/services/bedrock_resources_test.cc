#include "services/bedrock_resources.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "account/authorization/decide.h"
#include "account/identity/principal.h"
#include "base/testing/temporary_folder.h"
#include "models/catalog.h"
#include "models/model_id.h"
#include "models/policy_store.h"
#include "models/state_repository.h"
#include "state/database.h"

namespace bedplate::services {
namespace {

constexpr const char* kChat = "huggingfacetb.smollm2-135m-instruct-v1:0";

class BedrockResourcesTest : public testing::Test {
 protected:
  // What root may do with the model.
  bool IsAllowed(const std::string& action) {
    account::Principal root;
    root.policies.root = true;
    const auto found = BedrockResources(directory_, tags_)
                           .Find({.kind = "bedrock-model",
                                  .name = kChat,
                                  .account = scope_.account,
                                  .region = scope_.region});
    return found && account::DecideOn(&root, found->front(),
                                      {.action = action,
                                       .resource = arn_,
                                       .resource_account = scope_.account,
                                       .identity = {.account = scope_.account,
                                                    .arn = "arn:aws:iam::111122223333:root"}})
                        .allowed;
  }

  TemporaryFolder folder_;
  std::unique_ptr<state::Database> database_ = *state::Database::Open(folder_.path() / "b.db");
  models::StateRepository repository_{*database_};
  models::ModelDirectory directory_{
      *models::ParseCatalog(models::BuiltInCatalogJson(), folder_.path()), &repository_, {}};
  models::PolicyStore policies_{*database_, directory_};
  state::TagTable tags_{*database_};
  const models::Scope scope_{.account = "111122223333", .region = "eu-west-1"};
  const std::string arn_ = models::FoundationModelArn("eu-west-1", kChat);
};

TEST_F(BedrockResourcesTest, APolicyIsThatOfItsModel) {
  EXPECT_TRUE(IsAllowed("bedrock:InvokeModel"));
  ASSERT_TRUE(policies_.Put(
      scope_, arn_,
      R"({"Statement":{"Effect":"Deny","Principal":"*","Action":"BEDROCK:invoke*","Resource":"*"}})"));
  EXPECT_FALSE(IsAllowed("bedrock:InvokeModel"));
  EXPECT_TRUE(IsAllowed("bedrock:GetFoundationModel"));
}

TEST_F(BedrockResourcesTest, OneThatCannotBeReadLetsNobodyUseTheModelAndCanBeReplaced) {
  ASSERT_TRUE(policies_.Put(scope_, arn_, R"({"Statement":"from an earlier Bedplate"})"));
  EXPECT_FALSE(IsAllowed("bedrock:InvokeModel"));
  EXPECT_TRUE(IsAllowed("bedrock:PutResourcePolicy"));
  EXPECT_TRUE(IsAllowed("bedrock:DeleteResourcePolicy"));
}

}  // namespace
}  // namespace bedplate::services
