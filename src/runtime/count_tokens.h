// What CountTokens of a conversation and of a native body have in common.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "models/model.h"
#include "models/model_client.h"
#include "models/protocol/chat_request.h"
#include "net/task.h"

namespace bedplate::runtime {

// What the server of the model wants to have of a request whose tokens it counts.
models::TokenizeMembers TokenizeMembersFor(const models::Model& model);

// Asks the model's own tokenizer. kValidation when its server has none to ask.
net::Task<Result<int64_t>> AskTokenCount(models::ModelClient& client, const models::Model& model,
                                         std::string body);

}  // namespace bedplate::runtime
