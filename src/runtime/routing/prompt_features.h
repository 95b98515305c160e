// What the judge of prompt routers sees of a prompt: lengths, shares of kinds of characters, what
// kind of question or task its words make it. Numbers, in a fixed order. Punctuation at ends and
// lines are left out: they tell the data set that a question is from, not how hard it is.
//
// Threads: pure functions. The time is linear in the text; only its first kJudgedBytesMax count.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace bedplate::runtime {

inline constexpr size_t kPromptFeatures = 23;
inline constexpr size_t kJudgedBytesMax = 16 << 10;

using PromptFeatures = std::array<double, kPromptFeatures>;

PromptFeatures FeaturesOf(std::string_view prompt);

// In the order of PromptFeatures.
extern const std::array<std::string_view, kPromptFeatures> kPromptFeatureNames;

}  // namespace bedplate::runtime
