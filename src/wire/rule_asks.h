// What is asked for one request by the rules of its operation.
//
// Threads: pure functions of what they are given, but for CheckRequest.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http.h"
#include "net/task.h"
#include "wire/call.h"
#include "wire/member_texts.h"
#include "wire/permits.h"
#include "wire/router.h"

namespace bedplate::wire {

// One for each rule that applies; several of a rule whose resource is named several times.
std::vector<Ask> AsksOf(const Permits& permits, const MemberTexts& texts,
                        const CallerNames& caller);

// kValidation when two keys differ in case alone, by which a policy could be made to see one of two
// tags, or of two pairs of an encryption context, and the handler the other.
Result<void> CheckNames(const AskContext& context);

// Asks what the rules say of a request that somebody else than its handler answers (wire/detour.h),
// by what its path, query, headers and body say. kValidation for a request that whoever answers it
// might read in another way: as ReadBodyTexts says, and a header of AWS's that stands there twice.
// Nothing is asked without a Call::permission.
net::Task<Result<void>> CheckRequest(const Match& match, const Call& call,
                                     const net::Request& request, std::string_view body);

}  // namespace bedplate::wire
