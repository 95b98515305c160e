#include "gateway/metrics/exposition.h"

#include <array>
#include <charconv>
#include <cmath>

namespace bedplate::gateway {
namespace {

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '"') {
      out += "\\\"";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

// Without an exponent where people read it: 0.0005, not 5e-04.
void AppendNumber(std::string& out, double value) {
  const double size = std::abs(value);
  const auto format = size == 0 || (size >= 1e-6 && size < 1e15) ? std::chars_format::fixed
                                                                 : std::chars_format::general;
  std::array<char, 64> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, format).ptr;
  out.append(digits.data(), end);
}

}  // namespace

void Exposition::Family(std::string_view name, std::string_view type, std::string_view help) {
  family_ = name;
  text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
  text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
}

void Exposition::Name(std::string_view suffix, Labels labels, std::string_view less_or_equal) {
  text_.append(family_).append(suffix);
  char before = '{';
  const auto append = [&](std::string_view name, std::string_view value) {
    text_ += before;
    before = ',';
    text_.append(name).append("=\"");
    AppendEscaped(text_, value);
    text_ += '"';
  };
  for (const auto& label : labels) append(label.name, label.value);
  if (!less_or_equal.empty()) append("le", less_or_equal);
  if (before == ',') text_ += '}';
  text_ += ' ';
}

void Exposition::Number(double value) {
  AppendNumber(text_, value);
  text_ += '\n';
}

void Exposition::Sample(Labels labels, uint64_t value) {
  Name("", labels, "");
  text_.append(std::to_string(value)).append("\n");
}

void Exposition::Sample(Labels labels, double value) {
  Name("", labels, "");
  Number(value);
}

void Exposition::Histogram(Labels labels, std::span<const double> bounds,
                           std::span<const uint64_t> counts, double sum) {
  uint64_t total = 0;
  for (size_t i = 0; i < counts.size(); ++i) {
    total += counts[i];
    std::string bound = "+Inf";
    if (i < bounds.size()) {
      bound.clear();
      AppendNumber(bound, bounds[i]);
    }
    Name("_bucket", labels, bound);
    text_.append(std::to_string(total)).append("\n");
  }
  Name("_sum", labels, "");
  Number(sum);
  Name("_count", labels, "");
  text_.append(std::to_string(total)).append("\n");
}

}  // namespace bedplate::gateway
