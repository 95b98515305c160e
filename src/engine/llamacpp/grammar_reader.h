// Reads grammars in GBNF, the notation that llama.cpp's converters write.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "engine/grammar/grammar.h"

namespace bedplate::engine {

// kValidation when the text is no grammar with a rule "root", has symbols that are tokens instead
// of characters, or more than kGrammarSymbolsMax symbols. Any thread.
Result<std::shared_ptr<const Grammar>> ReadGrammar(const std::string& gbnf);

}  // namespace bedplate::engine
