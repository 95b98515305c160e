// Numbers from their JSON text, exactly: std::from_chars does the work, the rest is what JSON
// allows and C++ integers do not (1.0, 1e3) and telling too large from too small.
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/json/reader.h"

namespace bedplate::json {
namespace {

// Past this a number is out of range or zero, whatever its digits (inputs are below 2^32 bytes).
constexpr int64_t kExponentMax = int64_t{1} << 40;

template <class T>
bool Whole(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

int64_t Exponent(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  int64_t exponent = 0;
  if (Whole(text, exponent) && exponent > -kExponentMax && exponent < kExponentMax) {
    return exponent;
  }
  return text.starts_with('-') ? -kExponentMax : kExponentMax;
}

template <class T>
bool ToFloating(std::string_view number, T& value) {
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (end != number.data() + number.size()) return false;
  if (error == std::errc()) return true;
  if (error != std::errc::result_out_of_range) return false;
  // from_chars does not say which end of the range was passed; too small is zero (or near it).
  const double nearest = std::strtod(std::string(number).c_str(), nullptr);
  if (nearest > 1 || nearest < -1) return false;
  value = static_cast<T>(nearest);
  return true;
}

}  // namespace

bool ToInt64(std::string_view number, int64_t& value) {
  if (Whole(number, value)) return true;
  // digits * 10^exponent, with the point taken out and the trailing zeros into the exponent
  const bool negative = number.starts_with('-');
  if (negative) number.remove_prefix(1);
  const size_t e = number.find_first_of("eE");
  int64_t exponent = e == std::string_view::npos ? 0 : Exponent(number.substr(e + 1));
  const std::string_view mantissa = number.substr(0, e);
  const size_t point = mantissa.find('.');
  std::string digits(mantissa.substr(0, point));
  if (point != std::string_view::npos) {
    digits += mantissa.substr(point + 1);
    exponent -= static_cast<int64_t>(mantissa.size() - point - 1);
  }
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return false;
  const size_t last = digits.find_last_not_of('0');
  if (last == std::string::npos) {
    value = 0;
    return true;
  }
  exponent += static_cast<int64_t>(digits.size() - 1 - last);
  digits.resize(last + 1);
  if (exponent < 0 || exponent > 19) return false;
  digits.append(static_cast<size_t>(exponent), '0');
  digits.erase(0, digits.find_first_not_of('0'));
  if (negative) digits.insert(digits.begin(), '-');
  return Whole(std::string_view(digits), value);
}

bool ToDouble(std::string_view number, double& value) { return ToFloating(number, value); }

bool ToFloat(std::string_view number, float& value) { return ToFloating(number, value); }

}  // namespace bedplate::json
