// What the bodies that ask for embeddings have in common: bounded texts, and dimensions that must
// be the model's own.
//
// Errors: kValidation in MalformedInput's words. Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/formats/members.h"

namespace bedplate::models {

// Unicode characters, not bytes, each.
struct TextBounds {
  size_t least = 1;
  size_t most = 0;
};

// Reports a text that is too short or too long.
void CheckLength(std::string_view pointer, std::string_view text, const TextBounds& bounds,
                 MalformedInput& malformed);
// A text at `key` that is there, or that must be; empty where there is none.
std::string BoundedText(Members& members, std::string_view key, const TextBounds& bounds);
std::string NeedBoundedText(Members& members, std::string_view key, const TextBounds& bounds);
// An array of 1 to `count_max` texts.
std::vector<std::string> BoundedTexts(Members& members, std::string_view key, size_t count_max,
                                      const TextBounds& bounds);

// A number of dimensions; 0 when the body leaves it to the model.
int ReadDimensions(Members& members, std::string_view key);
// A model's vectors are not cut: `asked` must be 0 or what the model makes.
Result<void> CheckDimensionsAre(int asked, int dimensions, std::string_view pointer);

// Reports a member of another kind than text: the protocol to the model's server has no place for
// it.
void RefuseMedia(Members& members, std::string_view key);

}  // namespace bedplate::models
