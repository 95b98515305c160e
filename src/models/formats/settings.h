// Settings of native bodies that several families have: those that go to the model's server under
// OpenAI's name, and those that can only be what they are anyway.
//
// Each takes one member and reports what is wrong with it, as Members does. Threads: pure
// functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json/value.h"
#include "models/chat.h"
#include "models/formats/members.h"
#include "models/formats/native_format.h"

namespace bedplate::models {

// A number that the server is asked with under the name `as`.
void PassNumber(Members& members, std::string_view key, double least, double most,
                ChatRequest& request, std::string_view as);
void PassInteger(Members& members, std::string_view key, int least, int most, ChatRequest& request,
                 std::string_view as);
void PassSeed(Members& members, std::string_view key, ChatRequest& request);

// A setting of which nothing but one value can be served.
void TakeOnly(Members& members, std::string_view key, const json::Value& only);

// The log probabilities of the answer's tokens are wanted, and of so many of the likeliest.
void AskLogProbabilities(ChatRequest& request, int top_count);

// Only the operation says whether the answer is streamed; the member `stream` may only repeat it.
void TakeStream(Members& body, const NativeCall& call);

// One text or an array of texts, none of them empty.
std::vector<std::string> ReadTextOrTexts(Members& members, std::string_view key);

}  // namespace bedplate::models
