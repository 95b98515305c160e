// The images of a request for a model on this machine, as pixels, for a coroutine. Requests take
// turns on the pool, image by image: one with many images that take long holds up the others by
// one.
//
// Errors: as ImageProgram.
#pragma once

#include <string>

#include "base/byte_budget.h"
#include "base/result.h"
#include "models/model.h"
#include "net/blocking_pool.h"
#include "net/task.h"
#include "runtime/conversation.h"
#include "runtime/image_program.h"

namespace bedplate::runtime {

// All outlive the task. `held` is what the pixels take, until they are sent.
net::Task<Result<void>> ReadImages(const ImageProgram& program, net::BlockingPool& pool,
                                   Conversation& conversation, ByteBudget::Share& held);
// Of a request in OpenAI's protocol to `model`; nothing for a model that needs no pixels.
net::Task<Result<void>> ReadImages(const ImageProgram& program, net::BlockingPool& pool,
                                   const models::Model& model, std::string& body,
                                   ByteBudget::Share& held);

}  // namespace bedplate::runtime
