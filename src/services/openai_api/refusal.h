// What OpenAI's errors say beside their message: a code, and the member that is wrong.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "models/directory.h"
#include "wire/call.h"
#include "wire/facade_exchange.h"

namespace bedplate::services::openai_api {

// "messages[0].role" of a message that begins with that place, in either way of writing it
// (#/messages/0/role, messages[0].role); empty when it begins with none.
std::string MemberIn(std::string_view message);

// Tells `exchange` what is known of the error, and hands it on.
std::unexpected<Error> Explained(wire::FacadeExchange& exchange, Error error);

inline models::Scope ScopeOf(const wire::Call& call) {
  return {.account = call.account, .region = call.region};
}

}  // namespace bedplate::services::openai_api
