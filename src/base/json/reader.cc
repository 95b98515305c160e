#include "base/json/reader.h"

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/json/text.h"

namespace bedplate::json {
namespace {

// Up to here a new key is compared with each key before it; larger objects are sorted at their end.
constexpr size_t kKeysComparedMax = 32;
constexpr size_t kKeysFirst = 16;  // room at first: small documents allocate once

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

template <class T>
uint64_t Load(const char* at) {
  T word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// Spreads short keys with one multiplication. It holds no secret: whoever writes a document can
// give many of its keys one hash ("ab" and "abc" share one as they are). Equal hashes only mean
// that texts have to be compared, which costs no more than the keys are long.
uint64_t HashOf(std::string_view key) {
  const char* const first = key.data();
  const char* const last = first + key.size();
  uint64_t a = 0;
  uint64_t b = 0;
  if (key.size() > 16) {
    return XXH3_64bits(first, key.size());
  }
  if (key.size() >= 8) {
    a = Load<uint64_t>(first);
    b = Load<uint64_t>(last - 8);
  } else if (key.size() >= 4) {
    a = Load<uint32_t>(first);
    b = Load<uint32_t>(last - 4);
  } else if (!key.empty()) {
    a = static_cast<uint8_t>(first[0]);
    b = static_cast<uint64_t>(static_cast<uint8_t>(first[key.size() / 2])) << 8 |
        static_cast<uint8_t>(last[-1]);
  }
  const auto product = static_cast<unsigned __int128>(a ^ 0x9E3779B97F4A7C15) *
                       (b ^ 0xC2B2AE3D27D4EB4F ^ key.size());
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

}  // namespace

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kObject:
      return "object";
    case Kind::kArray:
      return "array";
    case Kind::kString:
      return "string";
    case Kind::kNumber:
      return "number";
    case Kind::kBoolean:
      return "boolean";
    case Kind::kNull:
      return "null";
    case Kind::kNone:
      break;
  }
  return "nothing";
}

Reader::Reader(std::string_view text)
    : begin_(text.data()), at_(begin_), end_(begin_ + text.size()) {
  if (!IsUtf8(text)) Fail("Text that is not UTF-8");
}

bool Reader::Fail(std::string_view what) {
  if (error_.empty()) error_ = fmt::format("{} at byte {}", what, offset());
  end_ = at_;  // nothing is left to read
  return false;
}

bool Reader::CountValue() {
  if (++values_ <= kValuesMax) return true;
  return Fail(fmt::format("More than {} values", kValuesMax));
}

void Reader::SkipSpace() {
  while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
}

Kind Reader::Peek() {
  SkipSpace();
  if (at_ == end_) return Kind::kNone;
  switch (*at_) {
    case '{':
      return Kind::kObject;
    case '[':
      return Kind::kArray;
    case '"':
      return Kind::kString;
    case 't':
    case 'f':
      return Kind::kBoolean;
    case 'n':
      return Kind::kNull;
    default:
      return IsDigit(*at_) || *at_ == '-' ? Kind::kNumber : Kind::kNone;
  }
}

bool Reader::Expect(char c, std::string_view what) {
  SkipSpace();
  if (at_ == end_ || *at_ != c) return Fail(what);
  ++at_;
  return true;
}

bool Reader::Literal(std::string_view text) {
  if (static_cast<size_t>(end_ - at_) < text.size() ||
      std::memcmp(at_, text.data(), text.size()) != 0) {
    return Fail("Expected a value");
  }
  at_ += text.size();
  return true;
}

bool Reader::Enter(bool object) {
  if (depth_ == kDepthMax) return Fail(fmt::format("Nesting of more than {} levels", kDepthMax));
  levels_[depth_++] = {keys_.size(), object, true};
  return true;
}

bool Reader::Leave() {
  const Level& level = levels_[depth_ - 1];
  if (level.object) {
    if (keys_.size() - level.first_key > kKeysComparedMax && !KeysDiffer(level.first_key)) {
      return false;
    }
    keys_.resize(level.first_key);
  }
  --depth_;
  return false;  // as NextKey and NextElement end
}

// Whether the keys from `first` on, of one object, are each there once; else fails. Sorts them.
bool Reader::KeysDiffer(size_t first) {
  const auto end = keys_.end();
  auto key = keys_.begin() + static_cast<ptrdiff_t>(first);
  std::sort(key, end, [](const Key& a, const Key& b) { return a.hash < b.hash; });
  while (key != end) {
    const auto begin = key;
    while (key != end && key->hash == begin->hash) ++key;
    if (key - begin > 1 && !TextsDiffer(std::span(begin, key))) return false;
  }
  return true;
}

// The same of keys that share a hash.
bool Reader::TextsDiffer(std::span<const Key> keys) {
  const char* const here = at_;
  std::vector<std::pair<std::string, size_t>> texts;
  texts.reserve(keys.size());
  for (const Key& key : keys) {
    at_ = begin_ + key.offset;
    texts.emplace_back(String(), key.offset);
  }
  at_ = here;
  std::sort(texts.begin(), texts.end());
  for (size_t i = 1; i < texts.size(); ++i) {
    if (texts[i - 1].first != texts[i].first) continue;
    at_ = begin_ + texts[i].second;
    return Fail(fmt::format("Key '{}' stands twice in its object", texts[i].first));
  }
  return true;
}

bool Reader::BeginObject() { return Expect('{', "Expected an object") && Enter(true); }

bool Reader::BeginArray() { return Expect('[', "Expected an array") && Enter(false); }

// Takes the separator before the next member or element; false after the closing bracket.
bool Reader::NextOf(char close) {
  if (failed()) return false;
  SkipSpace();
  if (at_ != end_ && *at_ == close) {
    ++at_;
    return Leave();
  }
  if (levels_[depth_ - 1].first) {
    levels_[depth_ - 1].first = false;
    return true;
  }
  return Expect(',', close == '}' ? "Expected ',' or '}'" : "Expected ',' or ']'");
}

bool Reader::NextKey(std::string_view& key) {
  if (!NextOf('}')) return false;
  SkipSpace();
  const size_t start = offset();
  if (at_ == end_ || *at_ != '"') return Fail("Expected a key in quotes");
  key = String();
  return !failed() && NoteKey(key, start) && Expect(':', "Expected ':'");
}

bool Reader::NextElement() { return NextOf(']'); }

bool Reader::NoteKey(std::string_view key, size_t start) {
  const Key noted{HashOf(key), start};
  const size_t first = levels_[depth_ - 1].first_key;
  if (keys_.size() - first < kKeysComparedMax) {
    for (size_t i = first; i < keys_.size(); ++i) {
      if (keys_[i].hash == noted.hash && IsKeyAt(keys_[i].offset, key)) {
        at_ = begin_ + start;
        return Fail(fmt::format("Key '{}' stands twice in its object", key));
      }
    }
  }
  if (keys_.capacity() == 0) keys_.reserve(kKeysFirst);
  keys_.push_back(noted);
  return true;
}

// Whether the string whose opening quote is at `offset`, which was read before, is `key`. Looks at
// no more of it than `key` is long: it may be one of a million comparisons.
bool Reader::IsKeyAt(size_t offset, std::string_view key) {
  const char* const here = at_;
  std::string character;  // one that stands there as an escape
  at_ = begin_ + offset + 1;
  bool same = false;
  for (;;) {
    const bool may_be_longer = static_cast<size_t>(end_ - at_) > key.size();
    const char* const stop = FindStringStop(at_, may_be_longer ? at_ + key.size() + 1 : end_);
    const std::string_view plain(at_, static_cast<size_t>(stop - at_));
    if (!key.starts_with(plain)) break;
    key.remove_prefix(plain.size());
    if (*stop == '"') {
      same = key.empty();
      break;
    }
    at_ = stop + 1;  // behind the backslash
    character.clear();
    UnescapeOne(character);
    if (!key.starts_with(character)) break;
    key.remove_prefix(character.size());
  }
  at_ = here;
  return same;
}

std::string_view Reader::String() {
  if (!Expect('"', "Expected a string")) return {};
  const char* const start = at_;
  at_ = FindStringStop(at_, end_);
  if (at_ != end_ && *at_ == '"') return {start, static_cast<size_t>(at_++ - start)};
  return Unescape(start);
}

// The rest of a string whose first stop is no quote. `from` is its first byte.
std::string_view Reader::Unescape(const char* from) {
  unescaped_.clear();
  for (;;) {
    unescaped_.append(from, at_);
    if (at_ == end_) return Fail("A string without its closing quote"), std::string_view();
    const char stop = *at_;
    if (stop == '"') return ++at_, std::string_view(unescaped_);
    if (stop != '\\') return Fail("A control character in a string"), std::string_view();
    ++at_;
    if (!UnescapeOne(unescaped_)) return {};
    from = at_;
    at_ = FindStringStop(at_, end_);
  }
}

bool Reader::UnescapeOne(std::string& out) {
  if (at_ == end_) return Fail("An unfinished escape");
  switch (*at_++) {
    case '"':
      out += '"';
      return true;
    case '\\':
      out += '\\';
      return true;
    case '/':
      out += '/';
      return true;
    case 'b':
      out += '\b';
      return true;
    case 'f':
      out += '\f';
      return true;
    case 'n':
      out += '\n';
      return true;
    case 'r':
      out += '\r';
      return true;
    case 't':
      out += '\t';
      return true;
    case 'u':
      break;
    default:
      --at_;
      return Fail("An escape that JSON does not have");
  }
  uint32_t unit = 0;
  if (!Hex4(unit)) return false;
  if (unit >= 0xD800 && unit < 0xDC00) {  // the first half of a pair
    uint32_t low = 0;
    if (end_ - at_ < 2 || at_[0] != '\\' || at_[1] != 'u') return Fail("Half a surrogate pair");
    at_ += 2;
    if (!Hex4(low)) return false;
    if (low < 0xDC00 || low > 0xDFFF) return Fail("Half a surrogate pair");
    unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
  } else if (unit >= 0xDC00 && unit < 0xE000) {
    return Fail("Half a surrogate pair");
  }
  AppendUtf8(out, unit);
  return true;
}

bool Reader::Hex4(uint32_t& value) {
  if (end_ - at_ < 4) return Fail("An unfinished escape");
  value = 0;
  for (int i = 0; i < 4; ++i) {
    const int digit = HexDigit(at_[i]);
    if (digit < 0) return Fail("Expected four hexadecimal digits");
    value = value << 4 | static_cast<uint32_t>(digit);
  }
  at_ += 4;
  return true;
}

bool Reader::String(std::string& value) {
  const std::string_view text = String();
  if (failed()) return false;
  value.assign(text);
  return true;
}

std::string_view Reader::Number() {
  if (Peek() != Kind::kNumber) return Fail("Expected a number"), std::string_view();
  const char* const start = at_;
  const auto digits = [this] {
    const char* const first = at_;
    while (at_ != end_ && IsDigit(*at_)) ++at_;
    return at_ != first || Fail("Expected a digit");
  };
  if (*at_ == '-') ++at_;
  if (at_ != end_ && *at_ == '0') {
    ++at_;  // no digit may follow a leading zero; what comes next is then found out of place
  } else if (!digits()) {
    return {};
  }
  if (at_ != end_ && *at_ == '.') {
    ++at_;
    if (!digits()) return {};
  }
  if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
    ++at_;
    if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
    if (!digits()) return {};
  }
  return {start, static_cast<size_t>(at_ - start)};
}

bool Reader::Boolean(bool& value) {
  if (Peek() != Kind::kBoolean) return Fail("Expected true or false");
  value = *at_ == 't';
  return Literal(value ? "true" : "false");
}

bool Reader::Null() {
  if (Peek() != Kind::kNull) return Fail("Expected null");
  return Literal("null");
}

bool Reader::Skip() {
  bool boolean = false;
  std::string_view key;
  switch (Peek()) {
    case Kind::kObject:
      if (BeginObject()) {
        while (NextKey(key)) Skip();
      }
      break;
    case Kind::kArray:
      if (BeginArray()) {
        while (NextElement()) Skip();
      }
      break;
    case Kind::kString:
      String();
      break;
    case Kind::kNumber:
      Number();
      break;
    case Kind::kBoolean:
      Boolean(boolean);
      break;
    case Kind::kNull:
      Null();
      break;
    case Kind::kNone:
      Fail(at_ == end_ ? "The text ends where a value should be" : "Expected a value");
  }
  return !failed();
}

std::string_view Reader::Raw() {
  SkipSpace();
  const char* const start = at_;
  if (!Skip()) return {};
  return {start, static_cast<size_t>(at_ - start)};
}

bool Reader::Finish() {
  if (failed()) return false;
  SkipSpace();
  if (at_ != end_) return Fail("Something after the value");
  return true;
}

}  // namespace bedplate::json
