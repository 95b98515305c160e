#include "models/formats/settings.h"

#include <fmt/format.h>

#include <utility>

namespace bedplate::models {

void PassNumber(Members& members, std::string_view key, double least, double most,
                ChatRequest& request, std::string_view as) {
  if (!members.Number(key, least, most)) return;
  request.extra_members.emplace_back(as, members.Any(key)->ToJson());
}

void PassInteger(Members& members, std::string_view key, int least, int most, ChatRequest& request,
                 std::string_view as) {
  if (const auto value = members.Integer(key, least, most)) {
    request.extra_members.emplace_back(as, fmt::to_string(*value));
  }
}

void PassSeed(Members& members, std::string_view key, ChatRequest& request) {
  const json::Value* member = members.Any(key);
  if (member == nullptr) return;
  int64_t seed = 0;
  if (!member->ToInt64(seed)) {
    return members.malformed().WrongType(members.PointerOf(key), "Integer", *member);
  }
  request.extra_members.emplace_back("seed", fmt::to_string(seed));
}

void TakeOnly(Members& members, std::string_view key, const json::Value& only) {
  const json::Value* value = members.Any(key);
  if (value == nullptr || *value == only) return;
  members.malformed().Add(members.PointerOf(key), fmt::format("{} is not supported, only {}",
                                                              value->ToJson(), only.ToJson()));
}

void AskLogProbabilities(ChatRequest& request, int top_count) {
  request.extra_members.emplace_back("logprobs", "true");
  if (top_count == 0) return;
  request.extra_members.emplace_back("top_logprobs", fmt::to_string(top_count));
}

void TakeStream(Members& body, const NativeCall& call) {
  const auto asked = body.Boolean("stream");
  if (!asked || call.use == NativeUse::kCountTokens) return;
  const bool stream = call.use == NativeUse::kStream;
  if (*asked == stream) return;
  body.malformed().Add("/stream", stream ? "false does not fit InvokeModelWithResponseStream"
                                         : "true does not fit InvokeModel; use "
                                           "InvokeModelWithResponseStream");
}

std::vector<std::string> ReadTextOrTexts(Members& members, std::string_view key) {
  const json::Value* member = members.Any(key);
  if (member == nullptr || !member->is_string()) return members.Texts(key);
  const std::string* text = members.NeedNonEmptyText(key);
  if (text == nullptr) return {};
  return {*text};
}

}  // namespace bedplate::models
