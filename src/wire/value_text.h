// Simple values as the text of XML elements and query parameters, both ways.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "wire/schema.h"

namespace bedplate::wire {

// Appends text with what XML gives a meaning to escaped. Characters that XML cannot hold at all
// become U+FFFD.
void AppendXmlEscaped(std::string& out, std::string_view text);

// The shortest text that reads back the same; NaN, Infinity, -Infinity.
std::string NumberText(float value);
std::string NumberText(double value);

// False when the text is no such number.
bool ParseNumber(std::string_view text, int32_t& value);
bool ParseNumber(std::string_view text, int64_t& value);
bool ParseNumber(std::string_view text, float& value);
bool ParseNumber(std::string_view text, double& value);

}  // namespace bedplate::wire
