#include "runtime/response_fields.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "base/json/value.h"

namespace bedplate::runtime {
namespace {

// The reference tokens of a pointer, unescaped; nothing when it is not well formed.
std::optional<std::vector<std::string>> Tokens(std::string_view pointer) {
  if (!pointer.starts_with('/')) return std::nullopt;
  std::vector<std::string> tokens;
  for (size_t i = 0; i < pointer.size(); ++i) {
    char c = pointer[i];
    if (c == '/') {
      tokens.emplace_back();
    } else if (c != '~') {
      tokens.back() += c;
    } else if (i + 1 < pointer.size() && (pointer[i + 1] == '0' || pointer[i + 1] == '1')) {
      tokens.back() += pointer[++i] == '0' ? '~' : '/';
    } else {
      return std::nullopt;
    }
  }
  return tokens;
}

// spec: RFC 6901, section 4: an index has no leading zeros.
const json::Value* Element(const json::Value::Array& array, std::string_view token) {
  size_t index = 0;
  auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc{} || end != token.data() + token.size()) return nullptr;
  if (token.size() > 1 && token[0] == '0') return nullptr;
  return index < array.size() ? &array[index] : nullptr;
}

const json::Value* Follow(const json::Value& root, const std::vector<std::string>& tokens) {
  const json::Value* value = &root;
  for (const std::string& token : tokens) {
    const json::Value::Array* array = value->AsArray();
    value = array != nullptr ? Element(*array, token) : value->Find(token);
    if (value == nullptr) return nullptr;
  }
  return value;
}

// Two paths may lead into each other ("/a" and "/a/b"): what is set already stays.
void Place(json::Value& root, const std::vector<std::string>& tokens, const json::Value& found) {
  json::Value* at = &root;
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    json::Value* next = at->Find(tokens[i]);
    if (next == nullptr) next = &at->Set(tokens[i], json::Value(json::Value::Object{}));
    if (!next->is_object()) return;
    at = next;
  }
  if (at->Find(tokens.back()) == nullptr) at->Set(tokens.back(), found);
}

}  // namespace

Result<void> CheckFieldPaths(const std::vector<std::string>& paths) {
  for (size_t i = 0; i < paths.size(); ++i) {
    if (Tokens(paths[i])) continue;
    return Fail(Fault::kValidation,
                fmt::format("The value '{}' at additionalModelResponseFieldPaths.{} is not a valid "
                            "JSON Pointer. Provide a pointer such as /stop_sequence and try again.",
                            paths[i], i));
  }
  return {};
}

std::string SelectFields(const std::vector<std::string>& paths,
                         std::span<const std::string_view> answers) {
  std::vector<json::Value> roots;
  for (std::string_view answer : answers) {
    if (auto root = json::Value::Parse(answer)) roots.push_back(std::move(*root));
  }
  json::Value fields{json::Value::Object{}};
  for (const std::string& path : paths) {
    auto tokens = Tokens(path);
    if (!tokens) continue;
    for (const json::Value& root : roots) {
      const json::Value* found = Follow(root, *tokens);
      if (found == nullptr) continue;
      Place(fields, *tokens, *found);
      break;
    }
  }
  return fields.AsObject()->empty() ? "" : fields.ToJson();
}

}  // namespace bedplate::runtime
