// The types that generated structures are made of. Light on purpose: thousands of headers include
// this one, and std::optional in their place made the generated code three times its size.
//
// Threads: plain values. Ownership: each holds what it shows.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bedplate::json {
class Value;
}

namespace bedplate::wire {

// A member that may be absent: scalars, strings, lists and maps. Reads like std::optional; the
// value always exists, a flag says whether it was set.
template <class T>
class Opt {
 public:
  Opt() = default;
  Opt(T value) : value_(static_cast<T&&>(value)), set_(true) {}
  Opt& operator=(T value) {
    value_ = static_cast<T&&>(value);
    set_ = true;
    return *this;
  }

  explicit operator bool() const { return set_; }
  bool has_value() const { return set_; }
  T& operator*() { return value_; }
  const T& operator*() const { return value_; }
  T* operator->() { return &value_; }
  const T* operator->() const { return &value_; }
  T value_or(T other) const { return set_ ? value_ : other; }

  // Marks the member as present and gives its value, which starts out as T{}.
  T& emplace() {
    set_ = true;
    return value_;
  }
  void reset() { *this = Opt(); }

 private:
  T value_{};
  bool set_ = false;
};

// A structure-typed member that may be absent. On the heap, so that T may be incomplete where the
// structure that holds it is defined and absent members cost one pointer.
template <class T>
class Box {
 public:
  Box() = default;
  Box(T value) : value_(new T(static_cast<T&&>(value))) {}
  Box(const Box& other) : value_(other.value_ ? new T(*other.value_) : nullptr) {}
  Box(Box&& other) noexcept : value_(other.value_) { other.value_ = nullptr; }
  Box& operator=(Box other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Box() { delete value_; }

  explicit operator bool() const { return value_ != nullptr; }
  bool has_value() const { return value_ != nullptr; }
  T& operator*() { return *value_; }
  const T& operator*() const { return *value_; }
  T* operator->() { return value_; }
  const T* operator->() const { return value_; }

  // The value, made when there is none yet.
  T& emplace() {
    if (!value_) value_ = new T();
    return *value_;
  }
  void reset() { *this = Box(); }

 private:
  T* value_ = nullptr;
};

// The texts of an enumeration in the order of its enumerators, the first of which is
// kUnrecognized and has none: names[i] belongs to static_cast<E>(i + 1).
struct EnumNames {
  const std::string_view* names = nullptr;
  uint16_t count = 0;

  // 0 when `text` is not one of the names.
  uint16_t Find(std::string_view text) const {
    for (uint16_t i = 0; i < count; ++i) {
      if (names[i] == text) return static_cast<uint16_t>(i + 1);
    }
    return 0;
  }
};

// An enumeration value that keeps a text it does not know. Generated code declares
// `const EnumNames& NamesOf(E)` for each enumeration.
template <class E>
class OpenEnum {
 public:
  OpenEnum() = default;
  OpenEnum(E value) : value_(value) {}
  static OpenEnum FromText(std::string_view text) {
    OpenEnum result;
    result.value_ = static_cast<E>(NamesOf(E{}).Find(text));
    if (result.value_ == E{}) result.unrecognized_ = text;
    return result;
  }

  E value() const { return value_; }  // E::kUnrecognized for a text the model does not list
  std::string_view text() const {
    if (value_ == E{}) return unrecognized_;
    return NamesOf(value_).names[static_cast<uint16_t>(value_) - 1];
  }
  friend bool operator==(const OpenEnum& a, E b) { return a.value_ == b; }

  // For the codecs: the numeric value (0: unrecognized) and the text that belongs to 0.
  void Assign(uint16_t value, std::string_view unrecognized) {
    value_ = static_cast<E>(value);
    unrecognized_ = unrecognized;
  }

 private:
  E value_{};
  std::string unrecognized_;
};

// Bytes; base64 where the protocol is text.
struct Blob {
  std::string bytes;
};

// A point in time since 1970-01-01T00:00:00Z. nanoseconds is in [0, 999'999'999], also for times
// before 1970.
struct Timestamp {
  int64_t seconds = 0;
  int32_t nanoseconds = 0;
};

// Free-form JSON (Smithy's document). Holds the text, validated when it was read, so that a value
// passes through exactly: numbers keep their digits, objects the order of their keys.
class Document {
 public:
  Document() : json_("null") {}
  // `json` must be one valid JSON value: text from a json::Reader or a json::Writer.
  static Document FromValidJson(std::string json) {
    Document document;
    document.json_ = std::move(json);
    return document;
  }
  static Document FromValue(const json::Value& value);

  const std::string& json() const { return json_; }
  json::Value ToValue() const;

 private:
  std::string json_;
};

}  // namespace bedplate::wire
