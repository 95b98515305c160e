#include "models/directory.h"

#include <gtest/gtest.h>

namespace bedplate::models {
namespace {

const Scope kScope{.account = "111122223333", .region = "us-east-1"};
const Scope kOtherAccount{.account = "444455556666", .region = "us-east-1"};

Model Named(std::string id) {
  Model model;
  model.facts.id = std::move(id);
  model.binding = LocalWeights{.file = "/weights/" + model.facts.id};
  return model;
}

class FakeRepository : public ModelRepository {
 public:
  std::vector<UserModel> rows;
  std::vector<UserBinding> bindings;
  std::vector<UserAgreement> agreements;
  std::vector<UserProfile> profiles;
  std::vector<UserEndpoint> endpoints;
  std::vector<UserRouter> routers;
  std::vector<UserPolicy> policies;
  bool broken = false;
  Result<void> Add(const UserModel&) override { return {}; }
  Result<void> Remove(const Scope&, const std::string&) override { return {}; }
  Result<void> Bind(const UserBinding&) override { return {}; }
  Result<void> Unbind(const Scope&, const std::string&) override { return {}; }
  Result<std::vector<UserBinding>> Bindings() override { return bindings; }
  Result<std::vector<UserAgreement>> Agreements() override { return agreements; }
  Result<std::vector<UserProfile>> Profiles() override { return profiles; }
  Result<std::vector<UserEndpoint>> Endpoints() override { return endpoints; }
  Result<std::vector<UserRouter>> Routers() override { return routers; }
  Result<std::vector<UserPolicy>> Policies() override { return policies; }
  Result<int64_t> Revision() override { return 0; }
  Result<std::vector<UserModel>> List() override {
    if (broken) return Fail(Fault::kInternal, "the disk is gone");
    return rows;
  }
};

class ModelDirectoryTest : public testing::Test {
 protected:
  FakeRepository repository_;
  ModelDirectory directory_{{Named("meta.llama-v1:0"), Named("acme.embed")}, &repository_};

  static Model Published(std::string id) {
    Model model;
    model.facts.id = std::move(id);
    return model;
  }

  std::string Resolved(std::string_view identifier, const Scope& scope = kScope) {
    auto model = directory_.Resolve(identifier, scope);
    return model ? (*model)->facts.id : model.error().message;
  }
};

std::string Invalid(const std::string& name) {
  return "The provided model identifier is invalid. There is no model '" + name +
         "' in this account and region.";
}

TEST_F(ModelDirectoryTest, FindsAModelByEveryNameItHas) {
  for (const char* name :
       {"meta.llama-v1:0", "us.meta.llama-v1:0", "eu.meta.llama-v1:0", "apac.meta.llama-v1:0",
        "global.meta.llama-v1:0", "arn:aws:bedrock:us-east-1::foundation-model/meta.llama-v1:0",
        "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.meta.llama-v1:0"}) {
    EXPECT_EQ(Resolved(name), "meta.llama-v1:0") << name;
  }
}

TEST_F(ModelDirectoryTest, RefusesOtherNames) {
  for (const char* name :
       {"meta.llama-v1", "mars.meta.llama-v1:0", "us.us.meta.llama-v1:0",
        "arn:aws:bedrock:eu-west-1::foundation-model/meta.llama-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/us.meta.llama-v1:0",
        "arn:aws:bedrock:us-east-1:111122223333:inference-profile/meta.llama-v1:0"}) {
    EXPECT_EQ(Resolved(name), Invalid(name)) << name;
  }
}

TEST_F(ModelDirectoryTest, ServesAddedModelsAfterReloadInTheirScopeOnly) {
  repository_.rows.push_back({.scope = kScope, .model = Named("mine.tiny")});
  EXPECT_EQ(Resolved("mine.tiny"), Invalid("mine.tiny"));
  ASSERT_TRUE(directory_.Reload());
  EXPECT_EQ(Resolved("mine.tiny"), "mine.tiny");
  EXPECT_EQ(Resolved("us.mine.tiny"), "mine.tiny");
  EXPECT_EQ(Resolved("mine.tiny", kOtherAccount), Invalid("mine.tiny"));
  EXPECT_EQ(directory_.List(kScope).size(), 3u);
  EXPECT_EQ(directory_.List(kOtherAccount).size(), 2u);

  repository_.rows.clear();
  ASSERT_TRUE(directory_.Reload());
  EXPECT_EQ(Resolved("mine.tiny"), Invalid("mine.tiny"));
}

TEST_F(ModelDirectoryTest, AnAddedModelHidesTheCatalogsOfTheSameId) {
  Model other = Named("acme.embed");
  other.user_added = true;
  repository_.rows.push_back({.scope = kScope, .model = other});
  ASSERT_TRUE(directory_.Reload());
  EXPECT_TRUE((*directory_.Resolve("acme.embed", kScope))->user_added);
  EXPECT_FALSE((*directory_.Resolve("acme.embed", kOtherAccount))->user_added);
  EXPECT_EQ(directory_.List(kScope).size(), 2u);
}

TEST_F(ModelDirectoryTest, ListsWhatNothingIsBoundToAndRefusesItsUse) {
  Model picture = Published("acme.picture");
  picture.facts.body_format = BodyFormat::kNone;
  ModelDirectory directory({Named("acme.embed"), Published("acme.large"), picture}, nullptr);
  EXPECT_EQ(directory.List(kScope).size(), 3u);
  EXPECT_EQ((*directory.Find("us.acme.large", kScope))->facts.id, "acme.large");
  EXPECT_TRUE(directory.Resolve("acme.embed", kScope));
  for (const char* name : {"acme.large", "us.acme.large", "acme.picture",
                           "arn:aws:bedrock:us-east-1::foundation-model/acme.large"}) {
    auto model = directory.Resolve(name, kScope);
    ASSERT_FALSE(model) << name;
    EXPECT_EQ(model.error().fault, Fault::kAccessDenied);
    EXPECT_EQ(model.error().message.find(
                  "You don't have access to the model with the specified model ID. "),
              0u);
  }
  EXPECT_NE(directory.Resolve("us.acme.large", kScope)
                .error()
                .message.find("`bedplate models bind acme.large --gguf FILE`"),
            std::string::npos);
  const std::string refused = directory.Resolve("acme.picture", kScope).error().message;
  EXPECT_EQ(refused.find("models bind"), std::string::npos);
  EXPECT_NE(refused.find("acme.picture is a kind of model"), std::string::npos);
}

TEST_F(ModelDirectoryTest, UsersBindingsCountInTheirScopeAndBeforeTheSettings) {
  FakeRepository repository;
  ModelDirectory directory(
      {Named("acme.embed"), Published("acme.large"), Published("acme.small")}, &repository,
      {.rules = {{.pattern = "acme.*", .target = LocalWeights{.file = "/settings"}}}});
  auto file = [&](std::string_view id, const Scope& scope) {
    return std::get<LocalWeights>((*directory.Resolve(id, scope))->binding).file;
  };
  EXPECT_EQ(file("us.acme.large", kScope), "/settings");
  EXPECT_EQ(file("acme.embed", kScope), "/weights/acme.embed");
  repository.bindings = {
      {.scope = kScope, .rule = {.pattern = "acme.*", .target = LocalWeights{.file = "/users"}}}};
  ASSERT_TRUE(directory.Reload());
  EXPECT_EQ(file("acme.large", kScope), "/users");
  EXPECT_EQ(file("acme.large", kOtherAccount), "/settings");
  EXPECT_EQ(directory.List(kScope).size(), 3u);
  EXPECT_EQ(directory.List(kScope)[1]->bound_by, "acme.*");
}

TEST_F(ModelDirectoryTest, AModelMayStandForOneThatAUserAdded) {
  ModelDirectory directory({Published("acme.large")}, &repository_);
  repository_.rows.push_back({.scope = kScope, .model = Named("mine.tiny")});
  repository_.bindings = {
      {.scope = kScope,
       .rule = {.pattern = "acme.large", .target = OtherModel{.id = "mine.tiny"}}}};
  ASSERT_TRUE(directory.Reload());
  auto model = directory.Resolve("acme.large", kScope);
  ASSERT_TRUE(model) << model.error().message;
  EXPECT_EQ((*model)->facts.id, "acme.large");
  EXPECT_EQ((*model)->binding, Binding(LocalWeights{.file = "/weights/mine.tiny"}));
  EXPECT_FALSE(directory.Resolve("acme.large", kOtherAccount));
}

TEST_F(ModelDirectoryTest, InsistsOnAgreementsOnlyWhenToldTo) {
  auto sold = std::make_shared<Publication>();
  sold->provider = std::make_shared<const Provider>(Provider{.name = "Acme", .agreement = true});
  Model model = Named("acme.sold");
  model.published = sold;
  ModelDirectory lenient({model, Named("free.one")}, &repository_);
  ModelDirectory strict({model, Named("free.one")}, &repository_, {.require_agreements = true});
  EXPECT_TRUE(lenient.Resolve("acme.sold", kScope));
  EXPECT_TRUE(strict.Resolve("free.one", kScope));
  auto refused = strict.Resolve("us.acme.sold", kScope);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kAccessDenied);
  EXPECT_NE(refused.error().message.find("There is no agreement for acme.sold"), std::string::npos);
  EXPECT_TRUE(strict.Find("acme.sold", kScope));
  EXPECT_FALSE(strict.HasAgreement("acme.sold", kScope));

  repository_.agreements = {{.scope = kScope, .model_id = "acme.sold"}};
  ASSERT_TRUE(strict.Reload());
  EXPECT_TRUE(strict.HasAgreement("acme.sold", kScope));
  EXPECT_TRUE(strict.Resolve("us.acme.sold", kScope));
  EXPECT_FALSE(strict.Resolve("acme.sold", kOtherAccount));
}

TEST_F(ModelDirectoryTest, FindsModelsByProfilesThatTheAccountMade) {
  repository_.profiles = {
      {.scope = kScope, .profile = {.id = "abcdefghij12", .model_id = "acme.embed"}},
      {.scope = kScope, .profile = {.id = "gone", .model_id = "not.there"}}};
  ASSERT_TRUE(directory_.Reload());
  const std::string arn =
      "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abcdefghij12";
  EXPECT_EQ(Resolved(arn), "acme.embed");
  EXPECT_EQ(Resolved("abcdefghij12"), "acme.embed");
  EXPECT_EQ(Resolved(arn, kOtherAccount), Invalid(arn));
  EXPECT_EQ(Resolved("abcdefghij12", kOtherAccount), Invalid("abcdefghij12"));
  EXPECT_EQ(Resolved("gone"), Invalid("gone"));
  for (const char* name :
       {"arn:aws:bedrock:us-east-1:444455556666:application-inference-profile/abcdefghij12",
        "arn:aws:bedrock:eu-west-1:111122223333:application-inference-profile/abcdefghij12",
        "arn:aws:bedrock:us-east-1:111122223333:inference-profile/abcdefghij12",
        "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/acme.embed"}) {
    EXPECT_EQ(Resolved(name), Invalid(name)) << name;
  }
  EXPECT_EQ(directory_.FindProfile(arn, kScope)->model_id, "acme.embed");
  EXPECT_EQ(directory_.FindProfile(arn, kOtherAccount).error().fault, Fault::kNotFound);
  EXPECT_EQ(directory_.ListProfiles(kScope).size(), 2u);
}

TEST_F(ModelDirectoryTest, HasTheProfilesThatTheCatalogPublishes) {
  auto published = std::make_shared<Publication>();
  published->geographies = {"us", "global"};
  Model model = Published("acme.large-v1:0");
  model.facts.name = "Large";
  model.facts.provider = "Acme";
  model.published = published;
  ModelDirectory directory({model, Named("acme.embed")}, nullptr);
  const auto profiles = directory.ListProfiles(kScope);
  ASSERT_EQ(profiles.size(), 2u);
  EXPECT_EQ(profiles[0].id, "us.acme.large-v1:0");
  EXPECT_EQ(profiles[0].name, "US Acme Large");
  EXPECT_EQ(profiles[1].name, "Global Acme Large");
  EXPECT_EQ(ProfileArn(kScope, profiles[1]),
            "arn:aws:bedrock:us-east-1:111122223333:inference-profile/global.acme.large-v1:0");
  for (const auto& profile : profiles) {
    EXPECT_TRUE(directory.FindProfile(profile.id, kScope));
    EXPECT_TRUE(directory.FindProfile(ProfileArn(kScope, profile), kScope)->system_defined);
    EXPECT_EQ((*directory.Find(profile.id, kScope))->facts.id, "acme.large-v1:0");
  }
  for (const char* name : {"eu.acme.large-v1:0", "acme.large-v1:0", "us.acme.embed", "", "arn:x"}) {
    EXPECT_FALSE(directory.FindProfile(name, kScope)) << name;
  }
}

TEST_F(ModelDirectoryTest, KeepsWhatItHadWhenTheRepositoryFails) {
  repository_.rows.push_back({.scope = kScope, .model = Named("mine.tiny")});
  ASSERT_TRUE(directory_.Reload());
  repository_.broken = true;
  EXPECT_FALSE(directory_.Reload());
  EXPECT_EQ(Resolved("mine.tiny"), "mine.tiny");
}

TEST_F(ModelDirectoryTest, EndpointsAreModelsWhileTheyAreRegistered) {
  ModelEndpoint server{.name = "far", .source = {.url = "http://a/v1", .model = "m"}};
  ModelEndpoint alias{.name = "near", .source = {.url = "", .model = "us.meta.llama-v1:0"}};
  repository_.endpoints = {{kScope, server}, {kScope, alias}};
  ASSERT_TRUE(directory_.Reload());
  const std::string far = EndpointArn(kScope, "far");
  EXPECT_EQ(Resolved(far), far);
  auto model = directory_.Resolve(far, kScope);
  EXPECT_EQ(std::get<RemoteUpstream>((*model)->binding).url, "http://a/v1");
  EXPECT_EQ(std::get<RemoteUpstream>((*model)->binding).model_name, "m");
  EXPECT_EQ(Resolved(EndpointArn(kScope, "near")), "meta.llama-v1:0");
  EXPECT_TRUE(directory_.HasEndpoint("far", kScope) && directory_.HasEndpoint("near", kScope));
  EXPECT_FALSE(directory_.HasEndpoint("far", kOtherAccount));
  EXPECT_EQ(Resolved(far, kOtherAccount), Invalid(far));
  EXPECT_EQ(Resolved(EndpointArn(kOtherAccount, "far")),
            Invalid(EndpointArn(kOtherAccount, "far")));
  for (const ModelPtr& listed : directory_.List(kScope)) EXPECT_NE(listed->facts.id, far);
  repository_.endpoints[0].endpoint.registered = false;
  ASSERT_TRUE(directory_.Reload());
  EXPECT_EQ(Resolved(far), Invalid(far));
  EXPECT_FALSE(directory_.HasEndpoint("far", kScope));
}

TEST_F(ModelDirectoryTest, AnEndpointOfAServerThatIsAllowedNoLongerIsListedAndRefused) {
  const ModelEndpoint old{.name = "old", .source = {.url = "http://a/v1", .model = "m"}};
  const ModelEndpoint allowed{.name = "new", .source = {.url = "http://b/v1", .model = "m"}};
  const ModelEndpoint alias{.name = "near", .source = {.url = "", .model = "acme.embed"}};
  Model bound = Named("acme.bound");
  bound.binding = RemoteUpstream{.url = "http://a/v1", .model_name = "m"};
  repository_.endpoints = {{kScope, old}, {kScope, allowed}, {kScope, alias}};
  ModelDirectory directory({Named("acme.embed"), bound}, &repository_,
                           {.endpoint_servers = {"http://b/*"}});
  ASSERT_TRUE(directory.Reload());
  const std::string arn = EndpointArn(kScope, "old");
  EXPECT_TRUE(directory.Find(arn, kScope));
  EXPECT_TRUE(directory.HasEndpoint("old", kScope));
  const auto refused = directory.Resolve(arn, kScope);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, Fault::kAccessDenied);
  EXPECT_EQ(refused.error().message,
            "The server http://a/v1 is none that the setting models.endpoint_servers allows.");
  EXPECT_FALSE(directory.CheckEndpointServer("http://a/v1"));
  EXPECT_TRUE(directory.Resolve(EndpointArn(kScope, "new"), kScope));
  EXPECT_TRUE(directory.Resolve(EndpointArn(kScope, "near"), kScope));
  EXPECT_TRUE(directory.Resolve("acme.bound", kScope)) << "the list is of endpoints alone";
}

TEST_F(ModelDirectoryTest, ARouterIsFoundByItsArnAndIsNoModel) {
  const PromptRouter router{.id = "abcdefghijkl", .name = "r"};
  repository_.routers = {{kScope, router}};
  ASSERT_TRUE(directory_.Reload());
  const std::string arn = RouterArn(kScope, router);
  EXPECT_EQ(directory_.FindRouter(arn, kScope)->name, "r");
  EXPECT_EQ(directory_.ListRouters(kScope).size(), 1u);
  EXPECT_EQ(directory_.FindRouter(arn, kOtherAccount).error().fault, Fault::kNotFound);
  EXPECT_EQ(directory_.FindRouter("abcdefghijkl", kScope).error().fault, Fault::kNotFound);
  EXPECT_EQ(Resolved(arn), Invalid(arn));
}

TEST_F(ModelDirectoryTest, ModelsThatTheOperatorDeniesAreListedAndRefused) {
  const ModelDirectory directory({Named("meta.llama-v1:0"), Named("acme.embed")}, nullptr,
                                 {.denied = {"meta.*"}});
  EXPECT_EQ(directory.List(kScope).size(), 2u);
  EXPECT_TRUE(directory.Find("meta.llama-v1:0", kScope));
  for (const char* name : {"meta.llama-v1:0", "us.meta.llama-v1:0",
                           "arn:aws:bedrock:us-east-1::foundation-model/meta.llama-v1:0"}) {
    auto refused = directory.Resolve(name, kScope);
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().fault, Fault::kAccessDenied);
    EXPECT_EQ(refused.error().message,
              "You don't have access to the model with the specified model ID. The operator of "
              "this server denies meta.llama-v1:0 to everyone, with the setting access.deny.");
  }
  EXPECT_TRUE(directory.Resolve("acme.embed", kScope));
}

TEST_F(ModelDirectoryTest, APolicyIsThatOfOneArn) {
  const InferenceProfile profile{.id = "abcdefghijkl", .model_id = "acme.embed"};
  const std::string model_arn = FoundationModelArn(kScope.region, "meta.llama-v1:0");
  const std::string profile_arn = ProfileArn(kScope, profile);
  repository_.profiles = {{kScope, profile}};
  repository_.policies = {{kScope, model_arn, "{}"}};
  ASSERT_TRUE(directory_.Reload());
  ASSERT_TRUE(directory_.FindPolicy(model_arn, kScope));
  EXPECT_EQ(*directory_.FindPolicy(model_arn, kScope), "{}");
  EXPECT_FALSE(directory_.FindPolicy(profile_arn, kScope));
  EXPECT_FALSE(directory_.FindPolicy(model_arn, kOtherAccount));
  for (const std::string& arn : {model_arn, profile_arn}) {
    EXPECT_TRUE(directory_.HasPolicyResource(arn, kScope)) << arn;
  }
  for (const char* arn : {"meta.llama-v1:0", "abcdefghijkl", "arn:aws:s3:::bucket",
                          "arn:aws-cn:bedrock:us-east-1::foundation-model/meta.llama-v1:0",
                          "arn:aws:bedrock:us-east-1::foundation-model/no.model"}) {
    EXPECT_FALSE(directory_.HasPolicyResource(arn, kScope)) << arn;
  }
}

}  // namespace
}  // namespace bedplate::models
