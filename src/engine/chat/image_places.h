// Where images stand in a rendered prompt. A template is given a random text, the image's mark, in
// its place; what comes out is cut there.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "engine/chat/chat_template.h"
#include "engine/chat/message.h"

namespace bedplate::engine {

// Of letters, which no template changes; nobody outside can know it.
std::string NewImageMark();

struct PromptStretch {
  std::vector<PromptPart> parts;
  const MarkedImage* image = nullptr;  // behind the parts; null at the prompt's end
};

// The prompt between its images, in order; always at least one stretch. An image whose mark is not
// in the prompt is in no stretch.
std::vector<PromptStretch> SplitAtImages(std::span<const PromptPart> parts,
                                         std::span<const MarkedImage* const> images);

}  // namespace bedplate::engine
