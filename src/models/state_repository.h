// The repository of added models in the server's database.
//
// Blocks; see ModelRepository.
#pragma once

#include "models/model_repository.h"
#include "state/model_table.h"

namespace bedplate::models {

class StateRepository final : public ModelRepository {
 public:
  // `table` outlives this.
  explicit StateRepository(state::ModelTable& table) : table_(table) {}

  Result<void> Add(const UserModel& model) override;
  Result<void> Remove(const Scope& scope, const std::string& model_id) override;
  Result<std::vector<UserModel>> List() override;
  Result<int64_t> Revision() override { return table_.Revision(); }

 private:
  state::ModelTable& table_;
};

}  // namespace bedplate::models
