// BedrockTest: the handler over the built-in catalog, in an account and region of its own, with a
// real database. Opus 4.1 is bound to the packaged chat model; agreements are required.
//
// Threads: used by the test's thread.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/testing/temporary_folder.h"
#include "bedrock/ops/ListFoundationModels.h"
#include "models/catalog.h"
#include "models/state_repository.h"
#include "net/reactors.h"
#include "services/bedrock/service.h"
#include "state/database.h"

namespace bedplate::services::bedrock {

inline constexpr const char* kChat = "huggingfacetb.smollm2-135m-instruct-v1:0";
inline constexpr const char* kHaiku = "anthropic.claude-3-haiku-20240307-v1:0";
inline constexpr const char* kOpus = "anthropic.claude-opus-4-1-20250805-v1:0";
inline constexpr const char* kPicture = "amazon.nova-reel-v1:0";
inline constexpr const char* kEmbeddings = "sentence-transformers.all-minilm-l6-v2-v1:0";

class BedrockTest : public testing::Test {
 protected:
  template <class Change>
  std::vector<std::string> List(Change change) {
    gen::ListFoundationModelsRequest request;
    change(request);
    auto response = reactors_.Run(0, service_.ListFoundationModels(call_, std::move(request)));
    std::vector<std::string> ids;
    for (const auto& summary : *response->modelSummaries) ids.push_back(*summary.modelId);
    return ids;
  }

  std::string weights_ = testing::TempDir() + "/bedrock_test_" + std::to_string(getpid());
  TemporaryFolder folder_;
  std::unique_ptr<state::Database> database_ = *state::Database::Open(folder_.path() / "b.db");
  models::StateRepository repository_{*database_};
  models::ModelDirectory directory_{
      *models::ParseCatalog(models::BuiltInCatalogJson(), weights_),
      &repository_,
      {.rules = {{.pattern = std::string(kOpus), .target = models::OtherModel{.id = kChat}}},
       .require_agreements = true}};
  models::ModelAccess access_{*database_, directory_};
  models::ProfileStore profiles_{*database_, directory_};
  state::TagTable tags_{*database_};
  net::BlockingPool pool_{1};
  net::Reactors reactors_{net::ReactorOptions{.threads = 1}};
  models::Hosts hosts_{reactors_, {}, SystemClock()};
  models::EndpointStore endpoints_{*database_, directory_, {"http://127.0.0.1*"}};
  models::RouterStore routers_{*database_, directory_};
  models::PolicyStore policies_{*database_, directory_};
  Bedrock service_{
      directory_,
      access_,
      profiles_,
      tags_,
      {.endpoints = endpoints_, .routers = routers_, .policies = policies_, .hosts = hosts_},
      pool_};
  wire::Call call_{.request_id = "r",
                   .account = "111122223333",
                   .region = "eu-west-1",
                   .principal_arn = {},
                   .service = "bedrock",
                   .operation = {}};
  const models::Scope scope_{.account = "111122223333", .region = "eu-west-1"};
};

}  // namespace bedplate::services::bedrock
