#include "engine/server/token_cut.h"

#include <cstddef>
#include <iterator>

namespace bedplate::engine {

void CutTokens(std::vector<TokenId>& tokens, size_t most, size_t first, size_t last,
               Truncation truncation) {
  if (truncation == Truncation::kNone || tokens.size() <= most) return;
  const auto surplus = static_cast<std::ptrdiff_t>(tokens.size() - most);
  const auto begin = truncation == Truncation::kStart
                         ? tokens.begin() + static_cast<std::ptrdiff_t>(first)
                         : tokens.end() - static_cast<std::ptrdiff_t>(last) - surplus;
  tokens.erase(begin, begin + surplus);
}

std::string_view CutText(std::string_view text, const std::function<bool(std::string_view)>& fits) {
  std::vector<size_t> ends;  // of whole characters
  for (size_t at = 1; at <= text.size(); ++at) {
    if (at == text.size() || (static_cast<uint8_t>(text[at]) & 0xC0) != 0x80) ends.push_back(at);
  }
  size_t good = 0;  // so many characters fit
  size_t bad = ends.size() + 1;
  while (bad - good > 1) {
    const size_t middle = good + (bad - good) / 2;
    (fits(text.substr(0, ends[middle - 1])) ? good : bad) = middle;
  }
  return good == 0 ? std::string_view() : text.substr(0, ends[good - 1]);
}

}  // namespace bedplate::engine
