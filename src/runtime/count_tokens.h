// What CountTokens of a conversation and of a native body have in common.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "models/model.h"
#include "models/model_client.h"
#include "net/task.h"

namespace bedplate::runtime {

// Asks the model's own tokenizer. kValidation when its server has none to ask.
net::Task<Result<int64_t>> AskTokenCount(models::ModelClient& client, const models::Model& model,
                                         std::string body);

}  // namespace bedplate::runtime
