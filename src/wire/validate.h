// Holds an input against its model, in the words AWS uses:
//   2 validation errors detected: Value null at 'modelId' failed to satisfy constraint: Member must
//   not be null; Value '9' at 'inferenceConfig.topP' failed to satisfy constraint: Member must have
//   value less than or equal to 1
//
// Values of sensitive members are never shown. Threads: any; compiled patterns are kept a thread.
#pragma once

#include "base/result.h"
#include "wire/schema.h"

namespace bedplate::wire {

// kValidation with all that is wrong. `object` is of `shape`, a structure.
Result<void> Validate(const Shape& shape, const void* object);

}  // namespace bedplate::wire
