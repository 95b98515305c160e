#include "engine/chat/image_places.h"

#include <algorithm>

#include "base/ids.h"

namespace bedplate::engine {
namespace {

struct Place {
  size_t begin;
  const MarkedImage* image;
};

std::vector<Place> FindPlaces(const std::string& prompt,
                              std::span<const MarkedImage* const> images) {
  std::vector<Place> places;
  for (const MarkedImage* image : images) {
    for (size_t at = prompt.find(image->mark); at != std::string::npos;
         at = prompt.find(image->mark, at + image->mark.size())) {
      places.push_back({.begin = at, .image = image});
    }
  }
  std::ranges::sort(places, {}, &Place::begin);
  return places;
}

// Of `parts` joined, the bytes begin .. end - 1.
std::vector<PromptPart> Between(std::span<const PromptPart> parts, size_t begin, size_t end) {
  std::vector<PromptPart> cut;
  size_t part_begin = 0;
  for (const PromptPart& part : parts) {
    const size_t part_end = part_begin + part.text.size();
    const size_t from = std::max(begin, part_begin);
    const size_t to = std::min(end, part_end);
    if (from < to) {
      cut.push_back({.text = part.text.substr(from - part_begin, to - from),
                     .from_template = part.from_template});
    }
    part_begin = part_end;
  }
  return cut;
}

}  // namespace

std::string NewImageMark() {
  uint8_t bytes[16];
  FillRandom(bytes);
  std::string mark = "y";
  for (const uint8_t byte : bytes) {
    mark += static_cast<char>('a' + byte / 16);
    mark += static_cast<char>('a' + byte % 16);
  }
  return mark;
}

std::vector<PromptStretch> SplitAtImages(std::span<const PromptPart> parts,
                                         std::span<const MarkedImage* const> images) {
  std::string prompt;
  for (const PromptPart& part : parts) prompt += part.text;
  std::vector<PromptStretch> stretches;
  size_t begin = 0;
  for (const Place& place : FindPlaces(prompt, images)) {
    stretches.push_back({.parts = Between(parts, begin, place.begin), .image = place.image});
    begin = place.begin + place.image->mark.size();
  }
  stretches.push_back({.parts = Between(parts, begin, prompt.size())});
  return stretches;
}

}  // namespace bedplate::engine
