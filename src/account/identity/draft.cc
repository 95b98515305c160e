#include "account/identity/draft.h"

namespace bedplate::account {

std::vector<state::IdentityRow> Draft::Rows(const Sealer& sealer) const {
  std::vector<state::IdentityRow> rows;
  rows.reserve(writers_.size() + 1);
  for (const RowWriter& writer : writers_) rows.push_back(writer(state_, sealer));
  if (alias_changed_) {
    rows.push_back({.kind = std::string(kAliasKind), .name = "", .body = state_.alias});
  }
  return rows;
}

}  // namespace bedplate::account
