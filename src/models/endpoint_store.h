// EndpointStore: the model endpoints of accounts.
//
// Errors are Bedrock's: kValidation, kAccessDenied, kNotFound, kConflict, kQuota, kTooManyTags.
// Blocks on the database; may be called from several threads.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "models/directory.h"
#include "models/model_endpoint.h"
#include "state/endpoint_table.h"

namespace bedplate::models {

struct NewEndpoint {
  std::string name{};
  std::string source_identifier{};
  EndpointConfig config{};
  bool accept_eula = false;
  std::string client_token{};  // makes a repeated request one; or empty
  state::Tags tags{};
};

class EndpointStore {
 public:
  // Both references outlive this. `servers`: patterns of URLs that endpoints may name, '*' for any
  // run of characters.
  EndpointStore(state::Database& database, ModelDirectory& directory,
                std::vector<std::string> servers)
      : table_(database), directory_(directory), servers_(std::move(servers)) {}

  // The directory knows the endpoint when it returns.
  Result<ModelEndpoint> Create(const Scope& scope, const NewEndpoint& endpoint);
  // A server at a URL, or an endpoint that was deregistered, by its ARN. The same again is no
  // error, also at the same time: there is one endpoint. Either way its server must be allowed now.
  Result<ModelEndpoint> Register(const Scope& scope, const std::string& identifier,
                                 const std::string& source_identifier);
  // Not usable as a model from now on, until it is registered again; an update at the same time
  // does not change that.
  Result<void> Deregister(const Scope& scope, const std::string& arn);
  // A request whose token is among the last few of the endpoint changes nothing any more.
  Result<ModelEndpoint> Update(const Scope& scope, const std::string& arn,
                               const EndpointConfig& config, const std::string& client_token);
  // Registered or not.
  Result<void> Delete(const Scope& scope, const std::string& arn);

  // Those that are registered.
  Result<ModelEndpoint> Get(const Scope& scope, const std::string& arn);
  Result<std::vector<ModelEndpoint>> List(const Scope& scope);

  // Keeps what was seen of an endpoint: `compatible` and `message`.
  Result<void> Note(const Scope& scope, const ModelEndpoint& endpoint);

 private:
  Result<void> CheckSource(const Scope& scope, const NewEndpoint& endpoint,
                           const EndpointSource& source) const;
  Result<ModelEndpoint> RegisterAgain(const Scope& scope, const std::string& arn,
                                      const std::string& source_identifier);
  Result<ModelEndpoint> Change(const Scope& scope, const std::string& arn,
                               const state::EndpointTable::Edit& edit);
  // The row, as soon as the directory knows it.
  Result<ModelEndpoint> Publish(Result<state::EndpointRow> row);

  state::EndpointTable table_;
  ModelDirectory& directory_;
  const std::vector<std::string> servers_;
};

// A row of the table as the domain's value; kInternal when it is damaged.
Result<ModelEndpoint> FromEndpointRow(const state::EndpointRow& row);

}  // namespace bedplate::models
