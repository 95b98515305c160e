// Bodies of every format, from anyone: one is read, or refused as the caller's fault. What is read
// is asked in JSON, of servers of either protocol, and answered in JSON.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/value.h"
#include "models/formats/facades.h"
#include "models/protocol/messages_bridge.h"

namespace {

using namespace bedplate;
using namespace bedplate::models;

const std::vector<NativeFormat>& Formats() {
  static const std::vector<NativeFormat> formats = [] {
    std::vector<NativeFormat> all(AllFormats().begin(), AllFormats().end());
    all.insert(all.end(), {kOpenAiFacadeChat, kOpenAiFacadeText, kOpenAiFacadeResponse});
    return all;
  }();
  return formats;
}

void Demand(bool holds) {
  if (!holds) std::abort();
}

bool IsObject(std::string_view text) {
  const auto value = json::Value::Parse(text);
  return value && value->is_object();
}

// Nobody but the caller is to blame, who is told why.
void CheckRefusal(const Error& error) {
  Demand(error.fault == Fault::kValidation && !error.message.empty());
}

void CheckWhole(const NativeChat& chat) {
  ChatAnswer answer{.text = "So \"be\" it.", .usage = {.prompt_tokens = 5, .completion_tokens = 2}};
  answer.reasoning.push_back({.text = "Hm.", .signature = "s"});
  answer.tool_calls.push_back({.id = "c1", .name = "get", .arguments = "{\"a\":1}"});
  const auto whole = chat.WriteAnswer(answer, "{}");
  if (whole) Demand(IsObject(*whole));
  // Some bodies ask for what not every server tells (log probabilities).
  if (!whole) Demand(!whole.error().message.empty());
}

void CheckStream(const NativeChat& chat) {
  const auto chunks = chat.StartChunks();
  std::vector<std::string> out;
  ChatChunk chunk;
  chunk.text = "So.";
  if (!chunks->Add(chunk, R"({"choices":[]})", out)) return;
  if (!chunks->End({}, {.input_tokens = 5, .output_tokens = 2}, out)) return;
  for (const std::string& document : out) Demand(IsObject(document));
}

void ReadChat(const NativeFormat& format, std::string_view body, const NativeCall& call) {
  auto chat = format.read_chat(body, call);
  if (!chat) return CheckRefusal(chat.error());
  const std::string asked = (*chat)->UpstreamBody(call);
  Demand(IsObject(asked));
  const bool count = call.use == NativeUse::kCountTokens;
  const auto messages = count ? MessagesCountFromTokenize(asked) : MessagesFromChat(asked);
  if (messages) Demand(IsObject(messages->body));
  if (!messages) CheckRefusal(messages.error());
  if (call.use == NativeUse::kAnswer) CheckWhole(**chat);
  if (call.use == NativeUse::kStream) CheckStream(**chat);
}

void ReadEmbeddings(const NativeFormat& format, std::string_view body) {
  const auto asked = format.read_embeddings(body);
  if (!asked) return CheckRefusal(asked.error());
  const std::vector<std::string>& texts = (*asked)->request().texts;
  Demand(!texts.empty());
  if (const auto fits = (*asked)->CheckDimensions(3); !fits) return CheckRefusal(fits.error());
  const Embeddings vectors{.vectors = std::vector(texts.size(), std::vector<float>{0.5F, -1, 0}),
                           .prompt_tokens = 7};
  Demand(IsObject((*asked)->WriteAnswer(vectors)));
}

void ReadRanking(const NativeFormat& format, std::string_view body) {
  const auto asked = format.read_ranking(body);
  if (!asked) return CheckRefusal(asked.error());
  const size_t count = asked->request.documents.size();
  Demand(count > 0);
  Demand(IsObject(WriteRankingAnswer(*asked, {.scores = std::vector(count, 0.5)})));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const NativeFormat& format = Formats()[data[0] % Formats().size()];
  const std::string_view body(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (format.read_embeddings != nullptr) {
    ReadEmbeddings(format, body);
  } else if (format.read_ranking != nullptr) {
    ReadRanking(format, body);
  } else {
    constexpr NativeUse kUses[] = {NativeUse::kAnswer, NativeUse::kStream, NativeUse::kCountTokens};
    ReadChat(format, body,
             {.model_id = "a.b",
              .model_as_asked = "a.b",
              .upstream_name = "local",
              .use = kUses[data[1] % 3],
              .tokenize_members =
                  (data[1] & 4) != 0 ? TokenizeMembers::kAll : TokenizeMembers::kOfPrompt,
              .api = (data[1] & 8) != 0 ? NativeApi::kFacade : NativeApi::kInvokeModel,
              .takes_cache_points = (data[1] & 16) != 0,
              .takes_redacted = (data[1] & 32) != 0});
  }
  return 0;
}
