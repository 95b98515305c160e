// AccessTable: what an account said it wants with models (its use case), and its agreements.
//
// Blocks on the database and may be called from several threads, as Database.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace bedplate::state {

class Database;

struct UseCaseRow {
  std::string account;
  std::string region;
  std::string form;           // as it was sent; UTF-8
  int64_t updated_at_ms = 0;  // since the Unix epoch
};

struct AgreementRow {
  std::string account;
  std::string region;
  std::string model_id;
  std::string offer_token;
  int64_t created_at_ms = 0;  // since the Unix epoch
};

class AccessTable {
 public:
  // `database` outlives the table.
  explicit AccessTable(Database& database) : database_(database) {}

  // Durable when it returns; takes the place of an earlier form.
  Result<void> PutUseCase(const UseCaseRow& row);
  // kNotFound when there is none.
  Result<UseCaseRow> UseCase(const std::string& account, const std::string& region);

  // Durable when it returns. kConflict when (account, region, model_id) exists.
  Result<void> InsertAgreement(const AgreementRow& row);
  // kNotFound when there is none.
  Result<void> DeleteAgreement(const std::string& account, const std::string& region,
                               const std::string& model_id);
  // Every agreement, ordered by account, region and id.
  Result<std::vector<AgreementRow>> Agreements();

 private:
  Database& database_;
};

}  // namespace bedplate::state
