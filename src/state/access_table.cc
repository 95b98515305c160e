#include "state/access_table.h"

#include <fmt/format.h>
#include <soci/soci.h>

#include "state/database.h"
#include "state/revisions.h"
#include "state/rows.h"

namespace bedplate::state {
namespace {

constexpr std::string_view kTopic = "model_agreements";

}  // namespace

Result<void> AccessTable::PutUseCase(const UseCaseRow& row) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    session << "DELETE FROM use_cases WHERE account = :account AND region = :region",
        soci::use(row.account), soci::use(row.region);
    const long long updated_at_ms = row.updated_at_ms;
    session << "INSERT INTO use_cases (account, region, form, updated_at_ms) "
               "VALUES (:account, :region, :form, :updated_at_ms)",
        soci::use(row.account), soci::use(row.region), soci::use(row.form),
        soci::use(updated_at_ms);
    return {};
  });
}

Result<UseCaseRow> AccessTable::UseCase(const std::string& account, const std::string& region) {
  UseCaseRow row{.account = account, .region = region, .form = {}};
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    long long updated_at_ms = 0;
    session << "SELECT form, updated_at_ms FROM use_cases "
               "WHERE account = :account AND region = :region",
        soci::into(row.form), soci::into(updated_at_ms), soci::use(account), soci::use(region);
    if (!session.got_data()) return Fail(Fault::kNotFound, "there is no use case");
    row.updated_at_ms = updated_at_ms;
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return row;
}

Result<void> AccessTable::InsertAgreement(const AgreementRow& row) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    const RowKey key{.table = "model_agreements",
                     .column = "model_id",
                     .account = row.account,
                     .region = row.region,
                     .value = row.model_id};
    if (HasRow(session, key)) {
      return Fail(Fault::kConflict, fmt::format("an agreement for {} exists", row.model_id));
    }
    const long long created_at_ms = row.created_at_ms;
    session << "INSERT INTO model_agreements (account, region, model_id, offer_token, "
               "created_at_ms) VALUES (:account, :region, :model_id, :offer_token, "
               ":created_at_ms)",
        soci::use(row.account), soci::use(row.region), soci::use(row.model_id),
        soci::use(row.offer_token), soci::use(created_at_ms);
    CountChange(session, kTopic);
    return {};
  });
}

Result<void> AccessTable::DeleteAgreement(const std::string& account, const std::string& region,
                                          const std::string& model_id) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    const RowKey key{.table = "model_agreements",
                     .column = "model_id",
                     .account = account,
                     .region = region,
                     .value = model_id};
    if (!DeleteRow(session, key)) {
      return Fail(Fault::kNotFound, fmt::format("there is no agreement for {}", model_id));
    }
    CountChange(session, kTopic);
    return {};
  });
}

Result<std::vector<AgreementRow>> AccessTable::Agreements() {
  std::vector<AgreementRow> rows;
  const auto read = database_.Read([&](soci::session& session) -> Result<void> {
    rows.clear();
    AgreementRow row;
    long long created_at_ms = 0;
    soci::statement statement =
        (session.prepare << "SELECT account, region, model_id, offer_token, created_at_ms "
                            "FROM model_agreements ORDER BY account, region, model_id",
         soci::into(row.account), soci::into(row.region), soci::into(row.model_id),
         soci::into(row.offer_token), soci::into(created_at_ms));
    statement.execute();
    while (statement.fetch()) {
      row.created_at_ms = created_at_ms;
      rows.push_back(row);
    }
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return rows;
}

}  // namespace bedplate::state
