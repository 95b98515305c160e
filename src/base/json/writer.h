// Appends JSON to a string: separators and escapes are its work, a well-formed sequence of calls is
// the caller's. Numbers are written in the shortest form that reads back the same.
//
//   json::Writer w(out);
//   w.BeginObject(); w.Key("stop"); w.String("a\"b"); w.EndObject();   // {"stop":"a\"b"}
//
// Threads: one writer, one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace bedplate::json {

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }
  void Key(std::string_view key);

  void String(std::string_view text);  // must be UTF-8
  void Integer(int64_t value);
  void Unsigned(uint64_t value);
  void Double(double value);  // null when it is not finite: JSON has no such number
  void Float(float value);
  void Boolean(bool value);
  void Null();
  void Raw(std::string_view json);  // one valid value, e.g. from Reader::Raw

  std::string& out() { return out_; }

 private:
  void Separate() {
    if (comma_) out_ += ',';
    comma_ = true;
  }
  void Open(char c) {
    Separate();
    out_ += c;
    comma_ = false;
  }
  void Close(char c) {
    out_ += c;
    comma_ = true;
  }

  std::string& out_;
  bool comma_ = false;  // the next value or key needs a comma before it
};

// Appends `text` in quotes, escaped.
void AppendQuoted(std::string& out, std::string_view text);

}  // namespace bedplate::json
