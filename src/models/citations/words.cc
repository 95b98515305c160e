#include "models/citations/words.h"

#include <algorithm>
#include <array>

namespace bedplate::models {
namespace {

struct Character {
  uint32_t code = 0;
  size_t bytes = 0;
};

// `text` is not empty. What is no UTF-8 is taken byte by byte.
Character ReadCharacter(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {first, 1};
  const size_t bytes = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  if (bytes == 1 || text.size() < bytes) return {first, 1};
  uint32_t code = first & (0xFFU >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {first, 1};
    code = code << 6 | (byte(i) & 0x3F);
  }
  return {code, bytes};
}

struct Range {
  uint32_t first;
  uint32_t last;
};

template <size_t N>
bool IsIn(const std::array<Range, N>& ranges, uint32_t code) {
  return std::ranges::any_of(ranges,
                             [&](const Range& r) { return code >= r.first && code <= r.last; });
}

bool IsSpace(uint32_t code) {
  constexpr std::array kSpaces = {
      Range{0x09, 0x0D},     Range{0x20, 0x20},     Range{0x85, 0x85},     Range{0xA0, 0xA0},
      Range{0x2000, 0x200B}, Range{0x2028, 0x2029}, Range{0x202F, 0x202F}, Range{0x205F, 0x2060},
      Range{0x3000, 0x3000}, Range{0xFEFF, 0xFEFF}};
  return IsIn(kSpaces, code);
}

bool IsDigit(uint32_t code) { return code >= '0' && code <= '9'; }

bool IsGlyph(uint32_t code) {
  constexpr std::array kGlyphs = {Range{0x3040, 0x30FF}, Range{0x3400, 0x4DBF},
                                  Range{0x4E00, 0x9FFF}, Range{0xF900, 0xFAFF},
                                  Range{0x20000, 0x3FFFF}};
  return code >= 0x3040 && IsIn(kGlyphs, code);
}

// Signs of money and shares belong to their numbers.
bool IsLetter(uint32_t code) {
  if (code < 0x80) {
    return IsDigit(code) || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
           code == '_' || code == '$' || code == '%';
  }
  constexpr std::array kMarks = {
      Range{0x80, 0xA1},     Range{0xA6, 0xA9},     Range{0xAB, 0xAF},     Range{0xB4, 0xB4},
      Range{0xB6, 0xB8},     Range{0xBB, 0xBB},     Range{0xBF, 0xBF},     Range{0x2000, 0x206F},
      Range{0x2190, 0x2BFF}, Range{0x3000, 0x303F}, Range{0xFE30, 0xFE4F}, Range{0xFF01, 0xFF0F},
      Range{0xFF1A, 0xFF20}, Range{0xFF3B, 0xFF40}, Range{0xFF5B, 0xFF65}};
  return !IsGlyph(code) && !IsSpace(code) && !IsIn(kMarks, code);
}

// Marks that may stand within a word.
bool Joins(uint32_t code) {
  return code == '.' || code == ',' || code == '\'' || code == '-' || code == 0x2019;
}

// Latin, Greek and Cyrillic; other scripts with cases are rare, and compared with them.
uint32_t WithoutCase(uint32_t code) {
  if (code < 0x80) return code >= 'A' && code <= 'Z' ? code + 32 : code;
  if (code >= 0xC0 && code <= 0xDE && code != 0xD7) return code + 32;
  if (code == 0x178) return 0xFF;
  const bool odd_is_large = (code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17E);
  if (odd_is_large) return code + (code & 1);
  if (code >= 0x100 && code <= 0x177 && code != 0x130 && code != 0x138) return code | 1;
  if (code >= 0x391 && code <= 0x3A9) return code + 32;
  if (code >= 0x410 && code <= 0x42F) return code + 32;
  if (code >= 0x400 && code <= 0x40F) return code + 80;
  return code;
}

void Mix(uint32_t& hash, uint32_t code) { hash = (hash ^ WithoutCase(code)) * 0x01000193U; }

// Takes the letters at word.end; false when more may follow behind the text.
bool TakeLetters(std::string_view text, bool complete, Word& word) {
  while (word.end < text.size()) {
    if (word.end - word.begin >= kWordBytesMax) return true;
    Character next = ReadCharacter(text.substr(word.end));
    if (!IsLetter(next.code)) {
      if (!Joins(next.code)) return true;
      const size_t behind = word.end + next.bytes;
      if (behind >= text.size()) return complete;
      const Character after = ReadCharacter(text.substr(behind));
      if (!IsLetter(after.code)) return true;
      Mix(word.hash, next.code);
      word.end = behind;
      next = after;
    }
    Mix(word.hash, next.code);
    word.has_digit = word.has_digit || IsDigit(next.code);
    word.end += next.bytes;
  }
  return complete;
}

}  // namespace

bool ReadWord(std::string_view text, size_t at, bool complete, Word& word) {
  word = {};
  while (at < text.size()) {
    const Character first = ReadCharacter(text.substr(at));
    if (IsSpace(first.code)) {
      word.after_space = true;
      at += first.bytes;
      continue;
    }
    word.begin = word.end = at;
    word.hash = 0x811C9DC5U;
    if (IsLetter(first.code)) {
      word.kind = Word::Kind::kLetters;
      return TakeLetters(text, complete, word);
    }
    word.kind = IsGlyph(first.code) ? Word::Kind::kGlyph : Word::Kind::kMark;
    Mix(word.hash, first.code);
    word.end += first.bytes;
    return true;
  }
  word.begin = word.end = at;
  return false;
}

bool SameLetters(std::string_view a, std::string_view b) {
  if (a == b) return true;
  while (!a.empty() && !b.empty()) {
    const Character of_a = ReadCharacter(a);
    const Character of_b = ReadCharacter(b);
    if (WithoutCase(of_a.code) != WithoutCase(of_b.code)) return false;
    a.remove_prefix(of_a.bytes);
    b.remove_prefix(of_b.bytes);
  }
  return a.empty() && b.empty();
}

bool EndsSentence(std::string_view mark) {
  constexpr std::array<std::string_view, 8> kMarks = {".", "!", "?", "…", "。", "！", "？", "．"};
  return std::ranges::find(kMarks, mark) != kMarks.end();
}

bool Closes(std::string_view mark) {
  constexpr std::array<std::string_view, 10> kMarks = {"\"", "'", ")",  "]",  "”",
                                                       "’",  "»", "」", "』", "）"};
  return std::ranges::find(kMarks, mark) != kMarks.end();
}

size_t CountCharacters(std::string_view text) {
  return static_cast<size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<uint8_t>(c) & 0xC0) != 0x80; }));
}

}  // namespace bedplate::models
