// A text as the words that quotes are compared by: case and the amount of white space make no
// difference, everything else does.
//
// A word is a run of letters and digits, with the marks that stand inside it ("state-of-the-art",
// "1,234.5"), at most kWordBytesMax long; a longer run is several. Each character of a script
// without spaces (Chinese, Japanese) is a word of its own, and so is each mark.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace bedplate::models {

inline constexpr size_t kWordBytesMax = 64;

struct Word {
  enum class Kind : uint8_t { kLetters, kGlyph, kMark };
  size_t begin = 0;  // in bytes of the text
  size_t end = 0;
  uint32_t hash = 0;  // of the letters without case
  Kind kind = Kind::kMark;
  bool after_space = false;
  bool has_digit = false;
};

// The first word at or behind byte `at`; false where there is none. Unless the text is `complete`,
// a word that may go on in what is still to come is none yet. Where there is none, `word.begin` is
// where the next look goes on, and `word.after_space` whether space was passed on the way there.
bool ReadWord(std::string_view text, size_t at, bool complete, Word& word);

// Whether both are the same but for case.
bool SameLetters(std::string_view a, std::string_view b);

// Whether a text that is one mark ends a sentence.
bool EndsSentence(std::string_view mark);
// Whether it stands behind what it belongs to, as closing quotes do.
bool Closes(std::string_view mark);

// Unicode code points of `text`, which is UTF-8.
size_t CountCharacters(std::string_view text);

}  // namespace bedplate::models
