// The catalog: models this program knows by itself, from catalog.json, compiled in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/model.h"

namespace bedplate::models {

// The text of catalog.json.
std::string_view BuiltInCatalogJson();

// Reads a catalog. Weight files are looked up below `models_folder`; a file that is not there yet
// is no error here (the first request of that model says so). kInternal when the text is wrong.
Result<std::vector<Model>> ParseCatalog(std::string_view json, const std::string& models_folder);

}  // namespace bedplate::models
