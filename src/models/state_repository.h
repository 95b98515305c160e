// The repository of what accounts and people added, in the server's database.
//
// Blocks; see ModelRepository.
#pragma once

#include "models/model_repository.h"
#include "state/access_table.h"
#include "state/binding_table.h"
#include "state/database.h"
#include "state/endpoint_table.h"
#include "state/model_table.h"
#include "state/policy_table.h"
#include "state/profile_table.h"
#include "state/router_table.h"

namespace bedplate::models {

class StateRepository final : public ModelRepository {
 public:
  // `database` outlives this.
  explicit StateRepository(state::Database& database)
      : database_(database),
        models_(database),
        bindings_(database),
        access_(database),
        profiles_(database),
        endpoints_(database),
        routers_(database),
        policies_(database) {}

  Result<void> Add(const UserModel& model) override;
  Result<void> Remove(const Scope& scope, const std::string& model_id) override;
  Result<std::vector<UserModel>> List() override;
  Result<void> Bind(const UserBinding& binding) override;
  Result<void> Unbind(const Scope& scope, const std::string& pattern) override;
  Result<std::vector<UserBinding>> Bindings() override;
  Result<std::vector<UserAgreement>> Agreements() override;
  Result<std::vector<UserProfile>> Profiles() override;
  Result<std::vector<UserEndpoint>> Endpoints() override;
  Result<std::vector<UserRouter>> Routers() override;
  Result<std::vector<UserPolicy>> Policies() override;
  Result<int64_t> Revision() override;

 private:
  state::Database& database_;
  state::ModelTable models_;
  state::BindingTable bindings_;
  state::AccessTable access_;
  state::ProfileTable profiles_;
  state::EndpointTable endpoints_;
  state::RouterTable routers_;
  state::PolicyTable policies_;
};

}  // namespace bedplate::models
