// The catalog: the models this program knows by itself, from catalog/*.json, compiled in: those
// that Amazon Bedrock lists, and those that Bedplate brings weights for. Its facts are figures of
// the date that stands with each provider.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/model.h"

namespace bedplate::models {

// The texts of catalog/*.json, one provider each, as one JSON object.
std::string_view BuiltInCatalogJson();

// Reads a catalog: {"providers": [...]}, each with its models and what they share ("defaults").
// Weight files are looked up below `models_folder`; a file that is not there yet is no error here
// (the first request of that model says so), and a model without one is unbound. kInternal when
// the text is wrong.
Result<std::vector<Model>> ParseCatalog(std::string_view json, const std::string& models_folder);

}  // namespace bedplate::models
