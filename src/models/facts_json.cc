#include "models/facts_json.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <chrono>

#include "base/json/writer.h"

namespace bedplate::models {
namespace {

// The texts of an enumeration in the order of its enumerators.
constexpr std::array<std::string_view, 6> kModalities = {"TEXT",  "IMAGE", "EMBEDDING",
                                                         "VIDEO", "AUDIO", "SPEECH"};
constexpr std::array<std::string_view, 3> kCustomizations = {
    "FINE_TUNING", "CONTINUED_PRE_TRAINING", "DISTILLATION"};
constexpr std::array<std::string_view, 3> kInferenceTypes = {"ON_DEMAND", "PROVISIONED",
                                                             "INFERENCE_PROFILE"};
constexpr std::array<std::string_view, 2> kLifecycles = {"ACTIVE", "LEGACY"};
constexpr std::array<std::string_view, 4> kBodyFormats = {"openai-chat", "titan-embeddings",
                                                          "rerank", "none"};
constexpr std::array<std::string_view, 3> kUses = {"text", "embeddings", "ranking"};

template <class E, size_t N>
bool ReadFrom(const std::array<std::string_view, N>& texts, std::string_view text, E& value) {
  for (size_t i = 0; i < N; ++i) {
    if (texts[i] != text) continue;
    value = static_cast<E>(i);
    return true;
  }
  return false;
}

// "2026-02-15" as the Unix second it begins with.
bool ReadDate(std::string_view text, int64_t& seconds) {
  constexpr size_t kYear = 4, kMonth = 2, kDay = 2;
  if (text.size() != kYear + kMonth + kDay + 2 || text[kYear] != '-' || text[7] != '-')
    return false;
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  auto read = [&](size_t at, size_t length, auto& value) {
    const char* end = text.data() + at + length;
    return std::from_chars(text.data() + at, end, value).ptr == end;
  };
  if (!read(0, kYear, year) || !read(5, kMonth, month) || !read(8, kDay, day)) return false;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok()) return false;
  seconds = std::chrono::sys_seconds(std::chrono::sys_days(date)).time_since_epoch().count();
  return true;
}

std::string WriteDate(int64_t seconds) {
  const std::chrono::year_month_day date(std::chrono::floor<std::chrono::days>(
      std::chrono::sys_seconds(std::chrono::seconds(seconds))));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
}

// Takes members off an object, or off its defaults, and remembers the first that does not fit.
class Members {
 public:
  Members(const json::Value& object, const json::Value* defaults)
      : object_(object), defaults_(defaults) {
    if (!object.is_object()) wrong_ = "the model is not an object";
  }

  void Take(std::string_view key, std::string& value, bool required = true) {
    const json::Value* member = Find(key, required);
    if (member == nullptr) return;
    if (const std::string* text = member->AsString()) {
      value = *text;
    } else {
      Wrong(key);
    }
  }

  void Take(std::string_view key, bool& value) {
    const json::Value* member = Find(key, false);
    if (member == nullptr) return;
    if (const bool* boolean = member->AsBoolean()) {
      value = *boolean;
    } else {
      Wrong(key);
    }
  }

  template <std::integral T>
  void Take(std::string_view key, T& value) {
    const json::Value* member = Find(key, false);
    int64_t number = 0;
    if (member == nullptr) return;
    if (member->ToInt64(number) && number >= 0 && std::in_range<T>(number)) {
      value = static_cast<T>(number);
    } else {
      Wrong(key);
    }
  }

  template <class E>
    requires std::is_enum_v<E>
  void Take(std::string_view key, E& value) {
    std::string text;
    Take(key, text);
    if (wrong_.empty() && !Read(text, value)) Wrong(key);
  }

  template <class E>
  void Take(std::string_view key, std::vector<E>& values) {
    const json::Value* member = Find(key, false);
    if (member == nullptr) return;
    const json::Value::Array* array = member->AsArray();
    if (array == nullptr) return Wrong(key);
    for (const json::Value& element : *array) {
      const std::string* text = element.AsString();
      if (text == nullptr || !Read(*text, values.emplace_back())) return Wrong(key);
    }
  }

  void TakeDate(std::string_view key, int64_t& seconds) {
    std::string text;
    Take(key, text, false);
    if (wrong_.empty() && !text.empty() && !ReadDate(text, seconds)) Wrong(key);
  }

  const std::string& wrong() const { return wrong_; }

 private:
  const json::Value* Look(std::string_view key) const {
    const json::Value* member = object_.Find(key);
    return member == nullptr && defaults_ != nullptr ? defaults_->Find(key) : member;
  }
  const json::Value* Find(std::string_view key, bool required) {
    const json::Value* member = Look(key);
    if (member == nullptr && required && wrong_.empty()) {
      wrong_ = fmt::format("the member {} is missing", key);
    }
    return member;
  }
  void Wrong(std::string_view key) {
    if (wrong_.empty()) {
      wrong_ = fmt::format("the member {} can't be {}", key, Look(key)->ToJson());
    }
  }

  const json::Value& object_;
  const json::Value* defaults_;  // may be null
  std::string wrong_;
};

template <class E>
void WriteList(json::Writer& writer, std::string_view key, const std::vector<E>& values) {
  writer.Key(key);
  writer.BeginArray();
  for (E value : values) writer.String(Text(value));
  writer.EndArray();
}

}  // namespace

std::string_view Text(Modality value) { return kModalities.at(static_cast<size_t>(value)); }
std::string_view Text(Customization value) {
  return kCustomizations.at(static_cast<size_t>(value));
}
std::string_view Text(InferenceType value) {
  return kInferenceTypes.at(static_cast<size_t>(value));
}
std::string_view Text(Lifecycle value) { return kLifecycles.at(static_cast<size_t>(value)); }
std::string_view Text(BodyFormat value) { return kBodyFormats.at(static_cast<size_t>(value)); }
std::string_view Text(Use value) { return kUses.at(static_cast<size_t>(value)); }
bool Read(std::string_view text, Modality& value) { return ReadFrom(kModalities, text, value); }
bool Read(std::string_view text, Customization& value) {
  return ReadFrom(kCustomizations, text, value);
}
bool Read(std::string_view text, InferenceType& value) {
  return ReadFrom(kInferenceTypes, text, value);
}
bool Read(std::string_view text, Lifecycle& value) { return ReadFrom(kLifecycles, text, value); }
bool Read(std::string_view text, BodyFormat& value) { return ReadFrom(kBodyFormats, text, value); }

Result<ModelFacts> ReadModelFacts(const json::Value& object, const json::Value* defaults) {
  Members members(object, defaults);
  ModelFacts facts;
  members.Take("id", facts.id);
  members.Take("name", facts.name);
  members.Take("provider", facts.provider);
  members.Take("input_modalities", facts.input_modalities);
  members.Take("output_modalities", facts.output_modalities);
  members.Take("streaming", facts.streaming);
  members.Take("customizations", facts.customizations);
  members.Take("inference_types", facts.inference_types);
  members.Take("lifecycle", facts.lifecycle);
  members.Take("start_of_life_s", facts.start_of_life_s);
  members.TakeDate("legacy_date", facts.legacy_s);
  members.TakeDate("extended_access_date", facts.extended_access_s);
  members.TakeDate("end_of_life_date", facts.end_of_life_s);
  members.Take("context_tokens", facts.context_tokens);
  members.Take("embedding_dimensions", facts.embedding_dimensions);
  members.Take("body_format", facts.body_format);
  members.Take("family", facts.family, false);
  if (!members.wrong().empty()) return Fail(Fault::kInternal, members.wrong());
  return facts;
}

std::string WriteModelFacts(const ModelFacts& facts) {
  std::string out;
  json::Writer writer(out);
  auto text = [&](std::string_view key, std::string_view value) {
    writer.Key(key);
    writer.String(value);
  };
  auto number = [&](std::string_view key, int64_t value) {
    writer.Key(key);
    writer.Integer(value);
  };
  writer.BeginObject();
  text("id", facts.id);
  text("name", facts.name);
  text("provider", facts.provider);
  WriteList(writer, "input_modalities", facts.input_modalities);
  WriteList(writer, "output_modalities", facts.output_modalities);
  writer.Key("streaming");
  writer.Boolean(facts.streaming);
  WriteList(writer, "customizations", facts.customizations);
  WriteList(writer, "inference_types", facts.inference_types);
  text("lifecycle", Text(facts.lifecycle));
  number("start_of_life_s", facts.start_of_life_s);
  auto date = [&](std::string_view key, int64_t seconds) {
    if (seconds != 0) text(key, WriteDate(seconds));
  };
  date("legacy_date", facts.legacy_s);
  date("extended_access_date", facts.extended_access_s);
  date("end_of_life_date", facts.end_of_life_s);
  number("context_tokens", facts.context_tokens);
  number("embedding_dimensions", facts.embedding_dimensions);
  text("body_format", Text(facts.body_format));
  text("family", facts.family);
  writer.EndObject();
  return out;
}

}  // namespace bedplate::models
