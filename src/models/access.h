// What a caller is told who may see a model but not use it.
//
// Threads: pure functions.
#pragma once

#include "base/result.h"
#include "models/model.h"

namespace bedplate::models {

// Nothing answers for the model: kAccessDenied in the words Bedrock has for a model that the
// account has no access to, and what to do about it here.
Error NothingBound(const ModelFacts& facts);

// The service runs the model for its inference profiles alone, or for who provisioned it, and it is
// called by its own id: kValidation in Bedrock's words, and what to do about it here.
Error NotOnDemand(const Model& model);

// Whether its provider wants an agreement before the model is used.
bool WantsAgreement(const Model& model);

// The operator denies the model, by the setting access.deny: kAccessDenied.
Error Denied(const ModelFacts& facts);

// The server insists on agreements, and there is none for this model: kAccessDenied.
Error NoAgreement(const ModelFacts& facts);

}  // namespace bedplate::models
