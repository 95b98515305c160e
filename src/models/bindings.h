// Bindings: which rule decides what answers for which model of the catalog.
//
// An id goes before a pattern, a pattern with more characters of its own before one with fewer, of
// equally many the first in the alphabet. A rule binds only models of its kind (text, embeddings).
// Threads: pure functions.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/model.h"

namespace bedplate::models {

// Whether `id` is `pattern`, in which '*' stands for any run of characters.
bool MatchesPattern(std::string_view pattern, std::string_view id);

// Whether `rule` can ever bind one of `models`. kValidation says for a person why not.
Result<void> CheckRule(const BindingRule& rule,
                       std::span<const std::shared_ptr<const Model>> models);

// `models` with those of the catalog bound as the rules say; a model that no rule binds is the same
// object. `first` win over `second` where both have a pattern. A bound model keeps what is
// published of it, except for what depends on the thing that answers: tokens of context,
// dimensions. A rule that names a model which nothing answers for leaves its models unbound; the
// log says so.
std::vector<std::shared_ptr<const Model>> BindModels(
    const std::vector<std::shared_ptr<const Model>>& models, std::span<const BindingRule> first,
    std::span<const BindingRule> second);

}  // namespace bedplate::models
