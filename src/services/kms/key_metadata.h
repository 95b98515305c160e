// What is told of a key, as wire types.
//
// Errors: TagException. Threads: pure functions.
#pragma once

#include <vector>

#include "account/keys/key.h"
#include "base/result.h"
#include "kms/shapes/KeyMetadata.h"
#include "kms/shapes/Tag.h"
#include "state/tag_table.h"

namespace bedplate::services::kms {

::bedplate::gen::kms::KeyMetadata ToMetadata(const account::keys::Key& key);

// Each key once, and none that is AWS's own.
Result<state::Tags> ToTags(const std::vector<::bedplate::gen::kms::Tag>& list);

}  // namespace bedplate::services::kms
