// What the body of a request says that somebody else than its handler answers (wire/detour.h): the
// texts of an input's members, with no object made of them.
//
// Threads: pure functions.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/router.h"

namespace bedplate::wire {

using BodyTexts = std::map<std::string, std::string, std::less<>>;  // by paths, "a.b"

// Of the strings in structures within each other; what lies in lists, maps and documents is not
// told. Nothing where the body is the payload of one member, or not JSON by its protocol. What else
// than us might read it in another way is kValidation: what is no JSON, a member that stands there
// twice, another value in a string's place.
Result<BodyTexts> ReadBodyTexts(const Match& match, std::string_view body);

// The string of that name in a JSON object, as facades' bodies are; empty where there is none, or
// no such object, which is for its handler to say.
std::string ReadTopText(std::string_view body, std::string_view name);

}  // namespace bedplate::wire
