#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/config/read_file.h"

namespace bedplate {
namespace {

// Letters to add, drop or replace to come from `a` to `b` (Levenshtein).
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

std::string_view LastPart(std::string_view name) { return name.substr(name.rfind('.') + 1); }

}  // namespace

std::string DidYouMean(std::string_view name) {
  constexpr size_t kNear = 3;
  const Setting* best = nullptr;
  size_t best_distance = kNear + 1;
  for (const Setting& setting : AllSettings()) {
    size_t distance = name.size() > 64 ? kNear + 1 : Distance(name, setting.name);
    // "port" or "server.port" for "listen.port" is the other common slip.
    if (LastPart(name) == LastPart(setting.name)) distance = std::min(distance, kNear);
    if (distance < best_distance) {
      best = &setting;
      best_distance = distance;
    }
  }
  return best == nullptr ? "" : fmt::format(": did you mean {}?", best->name);
}

}  // namespace bedplate
