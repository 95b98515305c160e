#include "base/config/check_value.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

namespace bedplate {
namespace {

std::unexpected<Error> Refuse(std::string message) {
  return Fail(Fault::kValidation, std::move(message));
}

std::unexpected<Error> WrongType(const Setting& setting, std::string_view given) {
  return Refuse(fmt::format("expected {}, not {}", Expected(setting), given));
}

bool IsLowerOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// us-east-1, eu-west-3, us-gov-west-1, or a name of the user's own such as home-lab-1.
bool IsRegion(std::string_view text) {
  return !text.empty() && text.size() <= 32 && IsLowerOrDigit(text.front()) &&
         IsLowerOrDigit(text.back()) &&
         std::ranges::all_of(text, [](char c) { return IsLowerOrDigit(c) || c == '-'; });
}

template <class T>
T& Member(const Setting& setting, Settings& settings) {
  return *std::get<T*>(setting.at(settings));
}

}  // namespace

std::string Expected(const Setting& setting) {
  switch (setting.type) {
    case SettingType::kString:
      return "a string";
    case SettingType::kPath:
      return "a path";
    case SettingType::kInteger:
      return fmt::format("a whole number ({}) between {} and {}", setting.unit, setting.min,
                         setting.max);
    case SettingType::kBoolean:
      return "true or false";
    case SettingType::kChoice:
      return fmt::format("one of {}", fmt::join(setting.choices, ", "));
    case SettingType::kStringList:
      return "a list of strings";
  }
  return "";
}

Result<void> StoreString(const Setting& setting, std::string value, Settings& settings) {
  if (value.find('\0') != std::string::npos) return Refuse("it holds a zero byte");
  switch (setting.type) {
    case SettingType::kString:
      if (setting.pattern == "aws-region" && !IsRegion(value)) {
        return Refuse(
            fmt::format("\"{}\" is no region: small letters, digits and dashes, at most "
                        "32, such as us-east-1",
                        value));
      }
      break;
    case SettingType::kPath:
      break;
    case SettingType::kChoice:
      if (std::ranges::find(setting.choices, value) == setting.choices.end()) {
        return Refuse(fmt::format("\"{}\" is not {}", value, Expected(setting)));
      }
      break;
    default:
      return WrongType(setting, fmt::format("the string \"{}\"", value));
  }
  Member<std::string>(setting, settings) = std::move(value);
  return {};
}

Result<void> StoreInteger(const Setting& setting, int64_t value, Settings& settings) {
  if (setting.type != SettingType::kInteger) {
    return WrongType(setting, fmt::format("the number {}", value));
  }
  if (value < setting.min || value > setting.max) {
    return Refuse(fmt::format("{} is not {}", value, Expected(setting)));
  }
  Member<int64_t>(setting, settings) = value;
  return {};
}

Result<void> StoreBoolean(const Setting& setting, bool value, Settings& settings) {
  if (setting.type != SettingType::kBoolean) return WrongType(setting, value ? "true" : "false");
  Member<bool>(setting, settings) = value;
  return {};
}

Result<void> StoreList(const Setting& setting, std::vector<std::string> value, Settings& settings) {
  if (setting.type != SettingType::kStringList) return WrongType(setting, "a list");
  Member<std::vector<std::string>>(setting, settings) = std::move(value);
  return {};
}

Result<void> StoreText(const Setting& setting, std::string_view text, Settings& settings) {
  switch (setting.type) {
    case SettingType::kInteger: {
      int64_t value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      if (error != std::errc{} || end != text.data() + text.size()) {
        return Refuse(fmt::format("\"{}\" is not {}", text, Expected(setting)));
      }
      return StoreInteger(setting, value, settings);
    }
    case SettingType::kBoolean:
      if (text == "true" || text == "false") {
        return StoreBoolean(setting, text == "true", settings);
      }
      return Refuse(fmt::format("\"{}\" is not {}", text, Expected(setting)));
    case SettingType::kStringList: {
      std::vector<std::string> items;
      while (!text.empty()) {
        const size_t comma = text.find(',');
        if (comma != 0) items.emplace_back(text.substr(0, comma));
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
      }
      return StoreList(setting, std::move(items), settings);
    }
    default:
      return StoreString(setting, std::string(text), settings);
  }
}

}  // namespace bedplate
