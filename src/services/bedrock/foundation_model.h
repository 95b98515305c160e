// A model's facts in wire types. FoundationModelSummary and FoundationModelDetails have the same
// members.
//
// Threads: pure functions.
#pragma once

#include <string_view>

#include "bedrock/shapes/FoundationModelDetails.h"
#include "bedrock/shapes/FoundationModelSummary.h"
#include "models/model.h"

namespace bedplate::services::bedrock {

namespace gen = ::bedplate::gen::bedrock;

gen::FoundationModelSummary ToSummary(const models::ModelFacts& facts, std::string_view region);
gen::FoundationModelDetails ToDetails(const models::ModelFacts& facts, std::string_view region);

}  // namespace bedplate::services::bedrock
