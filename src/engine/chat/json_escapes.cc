#include "engine/chat/json_escapes.h"

#include <string_view>

namespace bedplate::engine {

std::string WithoutSurrogates(std::string grammar) {
  constexpr std::string_view kAny = R"("u" [0-9a-fA-F]{4})";
  constexpr std::string_view kCharacters =
      R"("u" ([0-9a-cA-CefEF] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2}))";
  for (size_t at = grammar.find(kAny); at != std::string::npos;
       at = grammar.find(kAny, at + kCharacters.size())) {
    grammar.replace(at, kAny.size(), kCharacters);
  }
  return grammar;
}

}  // namespace bedplate::engine
