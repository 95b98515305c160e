// Tags of requests.
//
// Errors: kValidation naming the tag. Threads: pure function.
#pragma once

#include <vector>

#include "base/result.h"
#include "bedrock/shapes/Tag.h"
#include "state/tag_table.h"

namespace bedplate::services::bedrock {

// Each key once, and none that is AWS's own.
Result<state::Tags> ToTags(const std::vector<::bedplate::gen::bedrock::Tag>& list);

}  // namespace bedplate::services::bedrock
