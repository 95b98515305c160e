// A correction to the grammars that llama.cpp writes for JSON.
#pragma once

#include <string>

namespace bedplate::engine {

// llama.cpp's grammars take any four hexadecimal digits behind "\u", and with them half a surrogate
// pair, which no JSON parser reads: an answer could keep to its grammar and be no JSON. The result
// takes no surrogates; characters beyond U+FFFF are written as they are.
std::string WithoutSurrogates(std::string grammar);

}  // namespace bedplate::engine
