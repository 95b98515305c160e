#include "models/endpoint_store.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/temporary_folder.h"
#include "models/state_repository.h"
#include "state/database.h"

namespace bedplate::models {
namespace {

const Scope kScope{.account = "111122223333", .region = "us-east-1"};
const std::string kHub = "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/";
const std::string kSource = kHub + "m";
const std::string kServer = "http://a.example/v1";

EndpointConfig Instances(int count) {
  return {.instances = count, .instance_type = "ml.g5.xlarge", .role = "arn:aws:iam::1:role/r"};
}

class EndpointStoreTest : public testing::Test {
 protected:
  std::string Register(const std::string& source = kSource) {
    auto endpoint = store_.Register(kScope, kServer, source);
    return endpoint ? EndpointArn(kScope, endpoint->name) : endpoint.error().message;
  }
  std::string Create(const std::string& token) {
    auto endpoint = store_.Create(kScope, {.name = "made",
                                           .source_identifier = kHub + kServer + "#m",
                                           .config = Instances(1),
                                           .client_token = token});
    return endpoint ? EndpointArn(kScope, endpoint->name) : endpoint.error().message;
  }
  // How many instances the endpoint has after the update, or 0 when the token was another's.
  int Update(const std::string& arn, int instances, const std::string& token) {
    auto endpoint = store_.Update(kScope, arn, Instances(instances), token);
    if (endpoint) return endpoint->config->instances;
    EXPECT_EQ(endpoint.error().fault, Fault::kConflict);
    EXPECT_NE(endpoint.error().message.find("'" + token + "'"), std::string::npos);
    return 0;
  }

  TemporaryFolder folder_;
  std::unique_ptr<state::Database> database_ = *state::Database::Open(folder_.path() / "b.db");
  StateRepository repository_{*database_};
  ModelDirectory directory_{{}, &repository_};
  EndpointStore store_{*database_, directory_, {"*"}};
};

TEST_F(EndpointStoreTest, AnAcknowledgedDeregistrationStaysBesideUpdates) {
  constexpr int kRounds = 25;
  constexpr int kUpdaters = 3;
  const std::string arn = Register();
  for (int round = 0; round < kRounds; ++round) {
    ASSERT_TRUE(store_.Register(kScope, arn, kSource));
    std::vector<std::thread> threads;
    for (int i = 0; i < kUpdaters; ++i) {
      threads.emplace_back([&, i] {
        auto updated = store_.Update(kScope, arn, Instances(i + 1), "");
        EXPECT_TRUE(updated || updated.error().fault == Fault::kNotFound);
      });
    }
    threads.emplace_back([&] { EXPECT_TRUE(store_.Deregister(kScope, arn)); });
    for (std::thread& thread : threads) thread.join();
    const auto found = store_.Get(kScope, arn);
    ASSERT_FALSE(found) << round;
    ASSERT_EQ(found.error().fault, Fault::kNotFound);
    ASSERT_FALSE(directory_.Find(arn, kScope)) << round;
  }
}

TEST_F(EndpointStoreTest, RegistrationsOfAServerAtTheSameTimeMakeOneEndpoint) {
  constexpr int kRounds = 12;
  constexpr int kCallers = 8;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::string> arns(kCallers);
    std::vector<std::thread> threads;
    threads.reserve(kCallers);
    for (std::string& arn : arns) {
      threads.emplace_back([&, round] {
        arn = Register(kHub + "m" + std::to_string(round));
        EXPECT_TRUE(directory_.Find(arn, kScope)) << "known when the call returns: " << arn;
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(std::set(arns.begin(), arns.end()).size(), 1u) << round;
  }
  EXPECT_EQ(store_.List(kScope)->size(), size_t{kRounds});
}

TEST_F(EndpointStoreTest, ARegisteredServerIsTheSameAfterAnUpdate) {
  const std::string arn = Register();
  EXPECT_EQ(Update(arn, 2, ""), 2);
  EXPECT_EQ(Register(), arn);
  ASSERT_TRUE(store_.Deregister(kScope, arn));
  EXPECT_EQ(Register(), arn);
  EXPECT_EQ(store_.Get(kScope, arn)->config->instances, 2);
  // One that was made of the same server and model is another.
  const std::string made = Create("");
  EXPECT_NE(made, arn);
  EXPECT_EQ(Register(), arn);
  EXPECT_NE(Register(kHub + kServer + "#m"), made);
}

TEST_F(EndpointStoreTest, AnEndpointOfAServerThatIsAllowedNoLongerIsNotRegisteredAgain) {
  const std::string arn = Register();
  EndpointStore narrow(*database_, directory_, {"http://b.example/*"});
  const auto expect_refused = [&] {
    const auto refused = narrow.Register(kScope, arn, kSource);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::kAccessDenied);
    EXPECT_EQ(refused.error().message,
              "The server http://a.example/v1 is none that the setting models.endpoint_servers "
              "allows.");
  };
  expect_refused();
  ASSERT_TRUE(narrow.Deregister(kScope, arn));
  expect_refused();
  EXPECT_FALSE(store_.Get(kScope, arn));
  EXPECT_TRUE(store_.Register(kScope, arn, kSource));
}

TEST_F(EndpointStoreTest, ALateRepetitionOfAnUpdateDoesNotUndoThoseAfterIt) {
  const std::string arn = Create("");
  EXPECT_EQ(Update(arn, 2, "t1"), 2);
  EXPECT_EQ(Update(arn, 3, "t2"), 3);
  EXPECT_EQ(Update(arn, 2, "t1"), 3);
  EXPECT_EQ(Update(arn, 3, "t1"), 0) << "t1 asked for something else";
  EXPECT_EQ(Update(arn, 4, ""), 4);
  EXPECT_EQ(Update(arn, 3, "t2"), 4);
  EXPECT_EQ(store_.Get(kScope, arn)->config->instances, 4);
}

TEST_F(EndpointStoreTest, TheLastEightUpdatesAreRemembered) {
  const std::string arn = Create("");
  for (int i = 1; i <= 9; ++i) EXPECT_EQ(Update(arn, i, "t" + std::to_string(i)), i);
  for (int i = 2; i <= 9; ++i) EXPECT_EQ(Update(arn, i, "t" + std::to_string(i)), 9);
  EXPECT_EQ(Update(arn, 1, "t1"), 1) << "forgotten, so a new update";
}

TEST_F(EndpointStoreTest, AnUpdateThatAnEarlierBedplateKeptIsRemembered) {
  const std::string arn = Create("");
  ASSERT_TRUE(state::EndpointTable(*database_)
                  .Change({.account = kScope.account, .region = kScope.region, .name = "made"},
                          [](state::EndpointRow& row) -> Result<bool> {
                            row.update_token = "old-token";
                            return true;
                          }));
  EXPECT_EQ(Update(arn, 2, "old-token"), 0);
  EXPECT_EQ(Update(arn, 2, "new"), 2);
  EXPECT_EQ(Update(arn, 1, "old-token"), 2);
}

TEST_F(EndpointStoreTest, ARepeatedCreationIsNoConflictAfterAnUpdate) {
  const std::string arn = Create("c");
  EXPECT_EQ(Update(arn, 2, ""), 2);
  EXPECT_EQ(Create("c"), arn);
  EXPECT_EQ(store_.Get(kScope, arn)->config->instances, 2);
}

}  // namespace
}  // namespace bedplate::models
