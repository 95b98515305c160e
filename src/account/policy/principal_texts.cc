#include "account/policy/principal_texts.h"

#include <algorithm>
#include <cstdint>

#include "base/json/value.h"

namespace bedplate::account::policy {
namespace {

// Where in a policy a value stands.
enum class Place : uint8_t { kPolicy, kStatement, kPrincipal, kAws, kElsewhere };

Place Below(Place place, std::string_view key) {
  if (place == Place::kPolicy && key == "Statement") return Place::kStatement;
  if (place == Place::kStatement && (key == "Principal" || key == "NotPrincipal")) {
    return Place::kPrincipal;
  }
  return place == Place::kPrincipal && key == "AWS" ? Place::kAws : Place::kElsewhere;
}

// Goes through a text that is known to be JSON.
class Scanner {
 public:
  Scanner(std::string_view text, const Rename& rename) : text_(text), rename_(rename) {}

  std::string Run() {
    Value(Place::kPolicy, 0);
    return made_.append(text_.substr(copied_));
  }

 private:
  char Next() {
    constexpr std::string_view kBlanks = " \t\r\n";
    at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  // The string token here, quotation marks and all.
  std::string_view Token() {
    const size_t begin = at_++;
    while (at_ < text_.size() && text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    at_ = std::min(at_ + 1, text_.size());
    return text_.substr(begin, at_ - begin);
  }

  static std::string Decoded(std::string_view token) {
    const auto value = json::Value::Parse(token);
    return value && value->is_string() ? *value->AsString() : std::string();
  }

  void String(Place place) {
    const size_t begin = at_;
    const std::string_view token = Token();
    if (place != Place::kAws) return;
    const auto other = rename_(Decoded(token));
    if (!other) return;
    made_.append(text_.substr(copied_, begin - copied_));
    made_ += json::Value(*other).ToJson();
    copied_ = at_;
  }

  void Value(Place place, int depth) {
    constexpr int kDepthMax = 16;
    const char first = Next();
    if (first == '"') return String(place);
    const bool object = first == '{';
    if (!object && first != '[') {
      at_ = std::min(text_.find_first_of(",]} \t\r\n", at_), text_.size());
      return;
    }
    if (depth == kDepthMax) {
      at_ = text_.size();
      return;
    }
    ++at_;
    while (true) {
      char next = Next();
      if (next == ',') {
        ++at_;
        next = Next();
      }
      if (next == '\0') return;
      if (next == ']' || next == '}') {
        ++at_;
        return;
      }
      Place below = place;
      if (object) {
        if (next != '"') return;
        below = Below(place, Decoded(Token()));
        if (Next() == ':') ++at_;
      }
      Value(below, depth + 1);
    }
  }

  const std::string_view text_;
  const Rename& rename_;
  size_t at_ = 0;
  size_t copied_ = 0;
  std::string made_;
};

}  // namespace

std::string RenamePrincipals(std::string_view policy, const Rename& rename) {
  return json::Value::Parse(policy) ? Scanner(policy, rename).Run() : std::string(policy);
}

}  // namespace bedplate::account::policy
