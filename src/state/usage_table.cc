#include "state/usage_table.h"

#include <soci/soci.h>

#include <utility>

#include "state/database.h"

namespace bedplate::state {
namespace {

void AddRow(soci::session& session, const UsageRow& row) {
  const long long answers = row.answers;
  const long long input_tokens = row.input_tokens;
  const long long output_tokens = row.output_tokens;
  const int priced = row.priced ? 1 : 0;
  const long long cost = row.cost_picodollars;
  session << "INSERT INTO model_usage (account, region, model_id, profile_arn, answers, "
             "input_tokens, output_tokens, priced, cost_picodollars, price_as_of) VALUES "
             "(:account, :region, :model_id, :profile_arn, :answers, :input_tokens, "
             ":output_tokens, :priced, :cost, :price_as_of) "
             "ON CONFLICT (account, region, model_id, profile_arn) DO UPDATE SET "
             "answers = model_usage.answers + excluded.answers, "
             "input_tokens = model_usage.input_tokens + excluded.input_tokens, "
             "output_tokens = model_usage.output_tokens + excluded.output_tokens, "
             "priced = model_usage.priced * excluded.priced, "
             "cost_picodollars = model_usage.cost_picodollars + excluded.cost_picodollars, "
             "price_as_of = CASE WHEN excluded.price_as_of = '' THEN model_usage.price_as_of "
             "ELSE excluded.price_as_of END",
      soci::use(row.account), soci::use(row.region), soci::use(row.model_id),
      soci::use(row.profile_arn), soci::use(answers), soci::use(input_tokens),
      soci::use(output_tokens), soci::use(priced), soci::use(cost), soci::use(row.price_as_of);
}

}  // namespace

Result<void> UsageTable::Add(const std::vector<UsageRow>& rows) {
  return database_.Write([&](soci::session& session) -> Result<void> {
    for (const UsageRow& row : rows) AddRow(session, row);
    return {};
  });
}

Result<std::vector<UsageRow>> UsageTable::All(const std::string& account,
                                              const std::string& region) {
  std::vector<UsageRow> rows;
  auto read = database_.Read([&](soci::session& session) -> Result<void> {
    rows.clear();
    UsageRow row{.account = account, .region = region};
    long long answers = 0;
    long long input_tokens = 0;
    long long output_tokens = 0;
    int priced = 0;
    long long cost = 0;
    soci::statement statement =
        (session.prepare << "SELECT model_id, profile_arn, answers, input_tokens, output_tokens, "
                            "priced, cost_picodollars, price_as_of FROM model_usage WHERE "
                            "account = :account AND region = :region ORDER BY model_id, "
                            "profile_arn",
         soci::into(row.model_id), soci::into(row.profile_arn), soci::into(answers),
         soci::into(input_tokens), soci::into(output_tokens), soci::into(priced), soci::into(cost),
         soci::into(row.price_as_of), soci::use(account), soci::use(region));
    statement.execute();
    while (statement.fetch()) {
      row.answers = answers;
      row.input_tokens = input_tokens;
      row.output_tokens = output_tokens;
      row.priced = priced != 0;
      row.cost_picodollars = cost;
      rows.push_back(row);
    }
    return {};
  });
  if (!read) return std::unexpected(std::move(read.error()));
  return rows;
}

}  // namespace bedplate::state
