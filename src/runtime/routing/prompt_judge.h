// How hard a prompt is for a small model: 0 to 100, the share in percent of the judge's own
// questions that it finds easier. A linear function of the prompt's features, learned by
// tools/router_judge from how likely the packaged small model finds good answers of people.
//
// Threads: pure function.
#pragma once

#include <string_view>

namespace bedplate::runtime {

double DifficultyOf(std::string_view prompt);

}  // namespace bedplate::runtime
