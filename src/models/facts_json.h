// Model facts as JSON: in the catalog and in the details of an added model.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/json/value.h"
#include "base/result.h"
#include "models/model.h"

namespace bedplate::models {

// The texts of each list, as the service model spells them. Read gives false for another text.
std::string_view Text(Modality value);
std::string_view Text(Customization value);
std::string_view Text(InferenceType value);
std::string_view Text(Lifecycle value);
std::string_view Text(BodyFormat value);
std::string_view Text(Use value);
bool Read(std::string_view text, Modality& value);
bool Read(std::string_view text, Customization& value);
bool Read(std::string_view text, InferenceType& value);
bool Read(std::string_view text, Lifecycle& value);
bool Read(std::string_view text, BodyFormat& value);

// Reads the members of an object, or of `defaults` (may be null) where the object lacks one;
// members it does not know are left alone. kInternal naming the member that is missing or wrong.
Result<ModelFacts> ReadModelFacts(const json::Value& object, const json::Value* defaults = nullptr);
std::string WriteModelFacts(const ModelFacts& facts);

}  // namespace bedplate::models
