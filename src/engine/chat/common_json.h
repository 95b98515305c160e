// Our JSON values as llama.cpp's. For this folder.
#pragma once

#include <span>
#include <vector>

#include "base/json/value.h"
#include "engine/chat/answer_form.h"
#include "json.h"

namespace bedplate::engine {

// Throws what common_json throws.
common_json ToCommon(const json::Value& value);

// A tool as OpenAI's API and the templates have it, with this schema of its parameters.
json::Value ToolValue(const Tool& tool, const json::Value& parameters);
common_json ToolsJson(std::span<const Tool* const> tools, bool enforceable);

}  // namespace bedplate::engine
