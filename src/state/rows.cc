#include "state/rows.h"

#include <fmt/format.h>
#include <soci/soci.h>

namespace bedplate::state {

bool DeleteRow(soci::session& session, const RowKey& key) {
  soci::statement statement =
      (session.prepare << fmt::format(
           "DELETE FROM {} WHERE account = :account AND region = :region AND {} = :value",
           key.table, key.column),
       soci::use(key.account), soci::use(key.region), soci::use(key.value));
  statement.execute(true);
  return statement.get_affected_rows() > 0;
}

bool HasRow(soci::session& session, const RowKey& key) {
  long long count = 0;
  session << fmt::format(
      "SELECT COUNT(*) FROM {} WHERE account = :account AND region = :region AND {} = :value",
      key.table, key.column),
      soci::into(count), soci::use(key.account), soci::use(key.region), soci::use(key.value);
  return count > 0;
}

Result<void> CheckRoom(soci::session& session, const RowKey& key, size_t most,
                       std::string_view what) {
  long long count = 0;
  session << fmt::format("SELECT COUNT(*) FROM {} WHERE account = :account AND region = :region",
                         key.table),
      soci::into(count), soci::use(key.account), soci::use(key.region);
  if (static_cast<size_t>(count) < most) return {};
  return Fail(Fault::kQuota,
              fmt::format("There are {} {} already, the most there can be.", count, what));
}

}  // namespace bedplate::state
