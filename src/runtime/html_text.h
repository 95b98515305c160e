// The readable text of an HTML page: what a person would read, without tags, scripts and styles.
//
// One pass over the bytes with the tokenizer rules of the HTML standard that matter for text (tags,
// attributes with quotes, comments, raw text of script and style, character references). No tree is
// built: a tree can cost memory with the square of a hostile page's size, this costs its size.
// spec: https://html.spec.whatwg.org/multipage/parsing.html#tokenization
#pragma once

#include <string>
#include <string_view>

namespace bedplate::runtime {

// Blocks stand on lines of their own, list items begin with "- ", cells of a table row are parted
// by " | ", runs of white space are one space outside <pre>. `html` must be UTF-8.
std::string HtmlText(std::string_view html);

// The UTF-8 text of the character reference after an '&', e.g. "amp;" or "#x41;", and how many
// bytes of `text` it takes; both empty where there is none.
struct CharacterReference {
  std::string text;
  size_t length = 0;
};
CharacterReference ReadCharacterReference(std::string_view text);

}  // namespace bedplate::runtime
