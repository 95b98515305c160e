#include "gateway/recording/request_difference.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace bedplate::gateway {
namespace {

using json::Value;

constexpr size_t kTold = 3;
constexpr size_t kValueBytesMax = 80;

std::string Short(const Value& value) {
  std::string text = value.ToJson();
  if (text.size() <= kValueBytesMax) return text;
  size_t end = kValueBytesMax;
  while (end > 0 && (text[end] & 0xC0) == 0x80) --end;  // keep characters whole
  return text.substr(0, end) + "…";
}

class Comparison {
 public:
  void Compare(const std::string& place, const Value& asked, const Value& recorded) {
    if (asked == recorded) return;
    if (asked.AsObject() != nullptr && recorded.AsObject() != nullptr) {
      return CompareObjects(place, asked, recorded);
    }
    if (asked.AsArray() != nullptr && recorded.AsArray() != nullptr) {
      return CompareArrays(place, *asked.AsArray(), *recorded.AsArray());
    }
    Tell(fmt::format("{} is {} here and {} there", place.empty() ? "the body" : place, Short(asked),
                     Short(recorded)));
  }

  void Tell(const std::string& difference) {
    if (++found_.members > kTold) return;
    found_.text += (found_.text.empty() ? "" : "; ") + difference;
  }

  RequestDifference Finish() {
    if (found_.members > kTold) {
      found_.text += fmt::format("; and {} more", found_.members - kTold);
    }
    return std::move(found_);
  }

 private:
  void CompareObjects(const std::string& place, const Value& asked, const Value& recorded) {
    for (const auto& [name, value] : *asked.AsObject()) {
      const Value* other = recorded.Find(name);
      if (other != nullptr) {
        Compare(fmt::format("{}/{}", place, name), value, *other);
      } else {
        Tell(fmt::format("{}/{} is only here", place, name));
      }
    }
    for (const auto& [name, value] : *recorded.AsObject()) {
      if (asked.Find(name) == nullptr) Tell(fmt::format("{}/{} is only there", place, name));
    }
  }

  void CompareArrays(const std::string& place, const Value::Array& asked,
                     const Value::Array& recorded) {
    const size_t both = std::min(asked.size(), recorded.size());
    for (size_t i = 0; i < both; ++i) {
      Compare(fmt::format("{}/{}", place, i), asked[i], recorded[i]);
    }
    for (size_t i = both; i < std::max(asked.size(), recorded.size()); ++i) {
      Tell(fmt::format("{}/{} is only {}", place, i, i < asked.size() ? "here" : "there"));
    }
  }

  RequestDifference found_;
};

}  // namespace

RequestDifference DifferenceOf(const RecordedRequest& asked, const RecordedRequest& recorded) {
  Comparison comparison;
  Value::Object asked_headers;
  for (const auto& [name, value] : asked.headers) asked_headers.emplace_back(name, value);
  Value::Object recorded_headers;
  for (const auto& [name, value] : recorded.headers) recorded_headers.emplace_back(name, value);
  comparison.Compare("the headers ", Value(std::move(asked_headers)),
                     Value(std::move(recorded_headers)));
  if (asked.body && recorded.body) {
    comparison.Compare("", *asked.body, *recorded.body);
  } else if (asked.body.has_value() != recorded.body.has_value() || asked.bytes != recorded.bytes) {
    comparison.Tell("the body, which is no JSON");
  }
  return comparison.Finish();
}

}  // namespace bedplate::gateway
