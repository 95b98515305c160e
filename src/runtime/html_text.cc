#include "runtime/html_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "runtime/html_entities.h"

namespace bedplate::runtime {
namespace {

constexpr size_t kReferenceCharactersMax = 10;  // longest name of the table, and more than enough

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
bool IsLetter(char c) { return Lower(c) >= 'a' && Lower(c) <= 'z'; }
bool IsNameCharacter(char c) { return IsLetter(c) || (c >= '0' && c <= '9'); }

void AppendUtf8(std::string& out, char32_t c) {
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (c >> 18));
    out += static_cast<char>(0x80 | ((c >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (c & 0x3F));
  }
}

// Elements whose content is not for readers, sorted. Their content ends at their own end tag,
// whatever stands in it.
constexpr std::array<std::string_view, 6> kHidden = {"iframe", "noframes", "script",
                                                     "style",  "template", "textarea"};
// Elements that stand on lines of their own, sorted.
constexpr std::array<std::string_view, 37> kBlocks = {
    "address", "article", "aside", "blockquote", "body", "br",       "caption",    "dd",
    "details", "dialog",  "div",   "dl",         "dt",   "fieldset", "figcaption", "figure",
    "footer",  "form",    "h1",    "h2",         "h3",   "h4",       "h5",         "h6",
    "header",  "hr",      "li",    "main",       "nav",  "ol",       "p",          "pre",
    "section", "table",   "title", "tr",         "ul"};

template <size_t N>
bool Has(const std::array<std::string_view, N>& sorted, std::string_view name) {
  return std::ranges::binary_search(sorted, name);
}

class Extractor {
 public:
  explicit Extractor(std::string_view html) : html_(html) { out_.reserve(html.size() / 2); }

  std::string Run() {
    while (at_ < html_.size()) {
      if (html_[at_] == '<' && Markup()) continue;
      Character();
    }
    while (!out_.empty() && (IsSpace(out_.back()))) out_.pop_back();
    return std::move(out_);
  }

 private:
  // Takes what begins with '<'; false when it is only a less-than sign.
  bool Markup() {
    std::string_view rest = html_.substr(at_);
    if (rest.starts_with("<!--")) {
      size_t end = html_.find("-->", at_ + 4);
      at_ = end == std::string_view::npos ? html_.size() : end + 3;
      return true;
    }
    if (rest.size() > 1 && (rest[1] == '!' || rest[1] == '?')) {
      size_t end = html_.find('>', at_);
      at_ = end == std::string_view::npos ? html_.size() : end + 1;
      return true;
    }
    bool closing = rest.size() > 1 && rest[1] == '/';
    size_t name_at = closing ? 2 : 1;
    if (rest.size() <= name_at || !IsLetter(rest[name_at])) return false;
    Tag(at_ + name_at, closing);
    return true;
  }

  void Tag(size_t name_at, bool closing) {
    // Only the length of the longest known name is kept: other names mean nothing here.
    std::string name;
    size_t i = name_at;
    for (; i < html_.size() && IsNameCharacter(html_[i]); ++i) {
      if (name.size() < 16) name += Lower(html_[i]);
    }
    at_ = EndOfTag(i);
    if (!closing && Has(kHidden, name)) {
      SkipHidden(name);
      return;
    }
    if (name == "pre") preformatted_ = !closing;
    if (name == "td" || name == "th") {
      // Between cells, not before the first one of a row.
      if (!closing && !AtLineStart()) cell_pending_ = true;
      return;
    }
    if (!Has(kBlocks, name)) return;
    LineBreak();
    if (name == "li" && !closing) item_pending_ = true;
  }

  // Behind the '>' of a tag; one inside a quoted attribute value does not end it.
  size_t EndOfTag(size_t i) const {
    char quote = 0;
    for (; i < html_.size(); ++i) {
      char c = html_[i];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if ((c == '"' || c == '\'') && html_[i - 1] == '=') {
        quote = c;
      } else if (c == '>') {
        return i + 1;
      }
    }
    return html_.size();
  }

  void SkipHidden(std::string_view name) {
    for (;;) {
      size_t end = html_.find("</", at_);
      if (end == std::string_view::npos) {
        at_ = html_.size();
        return;
      }
      at_ = end + 2;
      if (html_.size() - at_ < name.size()) continue;
      bool same = true;
      for (size_t i = 0; i < name.size(); ++i) same = same && Lower(html_[at_ + i]) == name[i];
      size_t after = at_ + name.size();
      if (!same || (after < html_.size() && IsNameCharacter(html_[after]))) continue;
      at_ = EndOfTag(after);
      return;
    }
  }

  void Character() {
    char c = html_[at_++];
    if (IsSpace(c)) {
      if (!preformatted_) {
        space_pending_ = true;
      } else if (c == '\n') {
        out_ += '\n';
      } else if (c != '\r') {
        out_ += c;
      }
      return;
    }
    if (c == '&') {
      CharacterReference reference = ReadCharacterReference(html_.substr(at_));
      if (reference.length > 0) {
        at_ += reference.length;
        Text(reference.text == "\xC2\xA0" ? " " : reference.text);
        return;
      }
    }
    Text(std::string_view(&c, 1));
  }

  void Text(std::string_view text) {
    if (cell_pending_) {
      out_ += " | ";
    } else if (space_pending_ && !AtLineStart()) {
      out_ += ' ';
    }
    if (item_pending_) out_ += "- ";
    cell_pending_ = space_pending_ = item_pending_ = false;
    out_ += text;
  }

  void LineBreak() {
    cell_pending_ = space_pending_ = false;
    if (!AtLineStart()) out_ += '\n';
  }

  bool AtLineStart() const { return out_.empty() || out_.back() == '\n'; }

  std::string_view html_;
  size_t at_ = 0;
  std::string out_;
  bool preformatted_ = false;
  bool space_pending_ = false;  // white space was seen since the last character
  bool cell_pending_ = false;   // a table cell began
  bool item_pending_ = false;   // a list item began
};

CharacterReference ReadNumericReference(std::string_view text) {
  bool hexadecimal = text.size() > 1 && Lower(text[1]) == 'x';
  size_t digits_at = hexadecimal ? 2 : 1;
  uint32_t code = 0;
  const char* begin = text.data() + digits_at;
  auto [end, error] =
      std::from_chars(begin, text.data() + text.size(), code, hexadecimal ? 16 : 10);
  if (digits_at >= text.size() || end == begin) return {};
  CharacterReference reference;
  bool valid =
      error == std::errc{} && code != 0 && code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF);
  AppendUtf8(reference.text, valid ? static_cast<char32_t>(code) : 0xFFFD);
  reference.length = static_cast<size_t>(end - text.data());
  if (reference.length < text.size() && text[reference.length] == ';') ++reference.length;
  return reference;
}

}  // namespace

CharacterReference ReadCharacterReference(std::string_view text) {
  if (text.starts_with('#')) return ReadNumericReference(text);
  size_t end = text.substr(0, kReferenceCharactersMax).find(';');
  if (end == std::string_view::npos) return {};
  auto found =
      std::ranges::lower_bound(kNamedCharacters, text.substr(0, end), {}, &NamedCharacter::name);
  if (found == kNamedCharacters.end() || found->name != text.substr(0, end)) return {};
  CharacterReference reference;
  AppendUtf8(reference.text, found->code_point);
  reference.length = end + 1;
  return reference;
}

std::string HtmlText(std::string_view html) { return Extractor(html).Run(); }

}  // namespace bedplate::runtime
