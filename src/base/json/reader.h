// A pull reader of JSON (RFC 8259), strict: UTF-8 is checked, numbers keep to the grammar, an
// object with the same key twice is refused, nesting is bounded, nothing may follow the value.
//
// Use: look with Peek(), take with the call that fits. The first failure stays: every later call
// returns at once with false or an empty value, and failed() / error() tell. So callers may check
// once at the end, as long as their loops end on a false Next.
//
// Memory: bounded by the input. Views returned point into the input or into the reader; they live
// until the reader's next call. Threads: one reader, one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bedplate::json {

inline constexpr size_t kDepthMax = 128;  // objects and arrays within each other

// Values, keys not counted, of one document that is read into memory: a value takes up to thirty
// times the space of its shortest text.
inline constexpr size_t kValuesMax = 1'000'000;

enum class Kind : uint8_t { kObject, kArray, kString, kNumber, kBoolean, kNull, kNone };

// "object", "array", ...; for messages.
std::string_view KindName(Kind kind);

class Reader {
 public:
  // `text` must outlive the reader.
  explicit Reader(std::string_view text);

  // What value comes next; kNone at the end, on a character that begins none, or after a failure.
  Kind Peek();

  // Objects: if (BeginObject()) while (NextKey(key)) <take or Skip the value>.
  bool BeginObject();
  bool NextKey(std::string_view& key);  // false at the end of the object
  // Arrays: if (BeginArray()) while (NextElement()) <take or Skip the value>.
  bool BeginArray();
  bool NextElement();

  // Each fails when the next value is of another kind.
  std::string_view String();
  bool String(std::string& value);
  std::string_view Number();  // its text, which keeps to the grammar
  bool Boolean(bool& value);
  bool Null();

  // Counts a value that the caller keeps; fails when there are more than kValuesMax of them.
  bool CountValue();

  // Takes a whole value, checked as strictly as any other; Raw gives its text.
  bool Skip();
  std::string_view Raw();

  // True when one whole value was taken and only white space is left.
  bool Finish();

  bool failed() const { return !error_.empty(); }
  // What is wrong and at which byte, e.g. "Expected ',' or '}' at byte 17".
  const std::string& error() const { return error_; }
  // Makes the reader fail at the current place, with words of the caller's.
  bool Fail(std::string_view what);
  size_t offset() const { return static_cast<size_t>(at_ - begin_); }

 private:
  struct Key {
    uint64_t hash;
    size_t offset;  // of its opening quote
  };
  struct Level {
    size_t first_key;  // into keys_
    bool object;
    bool first;  // nothing was taken of it yet
  };

  void SkipSpace();
  bool Expect(char c, std::string_view what);
  bool Literal(std::string_view text);
  bool Enter(bool object);
  bool Leave();
  bool NextOf(char close);
  bool NoteKey(std::string_view key, size_t offset);
  bool IsKeyAt(size_t offset, std::string_view key);
  bool KeysDiffer(size_t first);
  bool TextsDiffer(std::span<const Key> keys);
  std::string_view Unescape(const char* from);
  bool UnescapeOne(std::string& out);
  bool Hex4(uint32_t& value);

  const char* begin_;
  const char* at_;
  const char* end_;
  size_t values_ = 0;
  size_t depth_ = 0;
  std::array<Level, kDepthMax> levels_;  // the first depth_ of them
  std::vector<Key> keys_;                // of every open object
  std::string unescaped_;
  std::string error_;
};

// Whether every byte sequence of `text` is UTF-8 (RFC 3629: no surrogates, shortest form).
bool IsUtf8(std::string_view text);

// Exact conversions of a number's text; false when it is no such number or out of range. A text
// with a fraction or an exponent is an integer when its value is one (1.0, 1e3).
bool ToInt64(std::string_view number, int64_t& value);
bool ToDouble(std::string_view number, double& value);
bool ToFloat(std::string_view number, float& value);

}  // namespace bedplate::json
