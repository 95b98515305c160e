// The server's log: one line an event, on standard error, as text for people or JSON for
// machines. An event has a module, a message that stays the same each time, and fields:
//
//   log::Info("models", "engine started", {{"model", id}, {"load_ms", elapsed_ms}});
//
// A secret is never a field's plain value: wrap it, {"key", log::Sensitive{secret}}, and its
// length is all that is written.
//
// Threads: any. A call formats on its own thread and appends to a bounded buffer that one
// background thread writes out, so a slow terminal or pipe never holds up a request; lines that
// find the buffer full are dropped, counted and reported in the next line that is written.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace bedplate::log {

enum class Level : uint8_t { kDebug, kInfo, kWarning, kError, kOff };
enum class Format : uint8_t { kText, kJson };

struct Sensitive {
  std::string_view value;
};

using Value = std::variant<std::string_view, int64_t, uint64_t, double, bool, Sensitive>;

struct Field {
  std::string_view key;  // snake_case, unit last: "load_ms"
  Value value;

  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
  Field(std::string_view k, Sensitive v) : key(k), value(v) {}
  template <std::signed_integral T>
  Field(std::string_view k, T v) : key(k), value(static_cast<int64_t>(v)) {}
  template <std::unsigned_integral T>
  Field(std::string_view k, T v) : key(k), value(static_cast<uint64_t>(v)) {}
  template <std::floating_point T>
  Field(std::string_view k, T v) : key(k), value(static_cast<double>(v)) {}
};

struct Options {
  Level level = Level::kInfo;
  Format format = Format::kText;
  int file_descriptor = 2;  // stays open and is not owned
};

// Starts the background writer; before it, and after Stop, lines are written at once. Called by
// main, while no other thread logs.
void Start(const Options& options);
// Writes out what is waiting and ends the background writer.
void Stop();

// What is less important than `level` is not written; Start sets it too.
void SetLevel(Level level);
bool Enabled(Level level);
void Write(Level level, std::string_view module, std::string_view message,
           std::span<const Field> fields);

inline void Debug(std::string_view module, std::string_view message,
                  std::initializer_list<Field> fields = {}) {
  if (Enabled(Level::kDebug))
    Write(Level::kDebug, module, message, {fields.begin(), fields.size()});
}
inline void Info(std::string_view module, std::string_view message,
                 std::initializer_list<Field> fields = {}) {
  if (Enabled(Level::kInfo)) Write(Level::kInfo, module, message, {fields.begin(), fields.size()});
}
inline void Warning(std::string_view module, std::string_view message,
                    std::initializer_list<Field> fields = {}) {
  if (Enabled(Level::kWarning)) {
    Write(Level::kWarning, module, message, {fields.begin(), fields.size()});
  }
}
inline void Error(std::string_view module, std::string_view message,
                  std::initializer_list<Field> fields = {}) {
  if (Enabled(Level::kError))
    Write(Level::kError, module, message, {fields.begin(), fields.size()});
}

}  // namespace bedplate::log
