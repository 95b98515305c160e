#include "engine/server/completion_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <span>
#include <utility>

#include "base/ids.h"
#include "base/json/value.h"
#include "engine/server/fields.h"
#include "engine/server/form_request.h"

namespace bedplate::engine {
namespace {

constexpr size_t kStopsMax = 2500;  // as many as Converse allows
constexpr double kTemperatureMax = 2;
// As OpenAI's API has them.
constexpr int64_t kTopLogProbabilitiesMaxOfChat = 20;
constexpr int64_t kTopLogProbabilitiesMaxOfText = 5;

// All names of a completion's members beside "messages" or "prompt".
constexpr std::string_view kServed[] = {
    "model",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "repeat_penalty",
    "presence_penalty",
    "frequency_penalty",
    "seed",
    "max_tokens",
    "max_completion_tokens",
    "stop",
    "stream",
    "stream_options",
    "ignore_eos",
    "service_tier",
    "user",
    "prompt_cache_key",
    "n",
    "logprobs",
    "top_logprobs",
    "echo",
    "store",
    // OpenAI's notes for its own archive and cache, which ask nothing of an engine.
    "metadata",
    "safety_identifier",
    "prompt_cache_retention",
};
constexpr std::string_view kNotServed[] = {"functions", "function_call", "logit_bias",
                                           "audio",     "suffix",        "best_of",
                                           "grammar",   "json_schema"};

Result<PromptSource> ReadConversation(const json::Value& messages) {
  auto conversation = ReadMessages(messages);
  if (!conversation) return std::unexpected(conversation.error());
  return std::move(*conversation);
}

// A text, a list of one text, or a list of tokens.
Result<PromptSource> ReadPrompt(const json::Value& prompt) {
  if (const std::string* text = prompt.AsString()) return *text;
  const json::Value::Array* list = prompt.AsArray();
  if (list != nullptr && list->size() == 1 && list->front().is_string()) {
    return *list->front().AsString();
  }
  Tokens tokens;
  if (list != nullptr) {
    for (const json::Value& element : *list) {
      int64_t token = 0;
      if (!element.ToInt64(token) || token < 0 || token > std::numeric_limits<TokenId>::max()) {
        return Fail(
            Fault::kValidation,
            fmt::format("prompt: expected tokens (integers from 0), got {}", Shown(element)));
      }
      tokens.push_back(static_cast<TokenId>(token));
    }
  }
  if (tokens.empty()) {
    return Fail(
        Fault::kValidation,
        fmt::format("prompt: expected one string or a list of tokens, got {}", Shown(prompt)));
  }
  return tokens;
}

void ReadSampling(Fields& fields, const SamplingDefaults& defaults, SamplingParams& sampling) {
  const auto number = [&](std::string_view name, double least, double most, float absent) {
    return static_cast<float>(fields.Number(name, least, most).value_or(absent));
  };
  sampling.temperature = number("temperature", 0, kTemperatureMax, defaults.temperature);
  sampling.top_p = number("top_p", 0, 1, defaults.top_p);
  sampling.min_p = number("min_p", 0, 1, defaults.min_p);
  const auto top_k = fields.Integer("top_k", 0, std::numeric_limits<int32_t>::max());
  sampling.top_k = static_cast<int>(top_k.value_or(defaults.top_k));
  sampling.repeat_penalty = number("repeat_penalty", 0.01, 100, 1);
  sampling.presence_penalty = number("presence_penalty", -2, 2, 0);
  sampling.frequency_penalty = number("frequency_penalty", -2, 2, 0);
  const auto seed = fields.Integer("seed", std::numeric_limits<int64_t>::min(),
                                   std::numeric_limits<int64_t>::max());
  if (seed) {
    sampling.seed = static_cast<uint64_t>(*seed);
  } else {
    uint8_t bytes[sizeof sampling.seed];
    FillRandom(bytes);
    std::memcpy(&sampling.seed, bytes, sizeof bytes);
  }
}

// `own` are names that only the path of the request knows.
void RefuseWhatIsNotServed(Fields& fields, CompletionKind kind,
                           std::span<const std::string_view> own) {
  const json::Value* n = fields.Find("n");
  int64_t count = 1;
  if (n != nullptr && (!n->ToInt64(count) || count != 1)) {
    fields.Wrong("n", "expected 1: one answer is made for each request", *n);
  }
  for (const std::string_view name : {"echo", "store"}) {
    const json::Value* value = fields.Find(name);
    const bool* flag = value == nullptr ? nullptr : value->AsBoolean();
    if (value != nullptr && (flag == nullptr || *flag)) {
      fields.Wrong(name, "not served by this engine", *value);
    }
  }
  for (const std::string_view name : kNotServed) {
    fields.Refuse(name, "not served by this engine yet");
  }
  std::vector<std::string_view> known(std::begin(kServed), std::end(kServed));
  known.insert(known.end(), std::begin(kNotServed), std::end(kNotServed));
  known.insert(known.end(), own.begin(), own.end());
  for (const std::string_view name : kFormFields) {
    known.push_back(name);
    if (kind == CompletionKind::kText) fields.Refuse(name, "only served with messages");
  }
  fields.RefuseOthersThan(known);
}

// A chat says with a flag that they are wanted, a completion with their number.
std::optional<uint32_t> ReadLogProbabilities(Fields& fields, CompletionKind kind) {
  std::optional<int64_t> count;
  if (kind == CompletionKind::kText) {
    fields.Refuse("top_logprobs", "only served with messages");
    count = fields.Integer("logprobs", 0, kTopLogProbabilitiesMaxOfText);
  } else {
    const bool wanted = fields.Boolean("logprobs").value_or(false);
    const auto top = fields.Integer("top_logprobs", 0, kTopLogProbabilitiesMaxOfChat);
    if (top && !wanted) {
      fields.Wrong("top_logprobs", "only taken with \"logprobs\": true", json::Value(*top));
    }
    if (wanted) count = top.value_or(0);
  }
  if (!count) return {};
  return static_cast<uint32_t>(*count);
}

void ReadTier(Fields& fields, CompletionRequest& request) {
  const auto tier = fields.Text("service_tier");
  request.tells_tier = tier.has_value();
  if (!tier || *tier == "auto" || *tier == "default") return;
  if (*tier == "flex") {
    request.tier = scheduler::Tier::kFlex;
  } else if (*tier == "priority") {
    request.tier = scheduler::Tier::kPriority;
  } else {
    fields.Wrong("service_tier", "expected auto, default, flex or priority", json::Value(*tier));
  }
}

Result<CompletionRequest> ReadCompletion(Fields& fields, CompletionKind kind,
                                         const SamplingDefaults& defaults,
                                         std::span<const std::string_view> own) {
  CompletionRequest request;
  request.model = fields.Text("model").value_or("");
  const std::string_view prompt_name = kind == CompletionKind::kChat ? "messages" : "prompt";
  const json::Value* prompt = fields.Find(prompt_name);
  if (fields.ok() && prompt == nullptr) fields.Missing(prompt_name);
  if (!fields.ok()) return Fail(Fault::kValidation, fields.error());
  auto source = kind == CompletionKind::kChat ? ReadConversation(*prompt) : ReadPrompt(*prompt);
  if (!source) return std::unexpected(source.error());
  request.prompt = std::move(*source);
  if (kind == CompletionKind::kChat) {
    auto form = ReadAnswerForm(fields);
    if (!form) return std::unexpected(form.error());
    request.form = std::move(*form);
  }

  ReadSampling(fields, defaults, request.sampling);
  request.top_log_probabilities = ReadLogProbabilities(fields, kind);
  constexpr int64_t kTokensMax = std::numeric_limits<int32_t>::max();
  auto new_tokens_max = fields.Integer("max_completion_tokens", 1, kTokensMax);
  if (!new_tokens_max) new_tokens_max = fields.Integer("max_tokens", 1, kTokensMax);
  if (new_tokens_max) request.new_tokens_max = static_cast<uint32_t>(*new_tokens_max);
  request.stops = fields.TextOrTexts("stop", kStopsMax);
  request.stream = fields.Boolean("stream").value_or(false);
  if (const json::Value* options = fields.Find("stream_options")) {
    Fields option_fields(*options, "stream_options");
    request.include_usage = option_fields.Boolean("include_usage").value_or(false);
    request.prompt_usage = option_fields.Boolean("prompt_usage").value_or(false);
    if (!option_fields.ok()) return Fail(Fault::kValidation, option_fields.error());
  }
  request.ignore_end = fields.Boolean("ignore_eos").value_or(false);
  if (request.ignore_end && request.form.HasGrammar()) {
    fields.Wrong("ignore_eos", "an answer that is held to a form ends with it", json::Value(true));
  }
  ReadTier(fields, request);
  request.tenant = fields.Text("user").value_or("");
  request.share_scope = fields.Text("prompt_cache_key").value_or("");
  RefuseWhatIsNotServed(fields, kind, own);
  if (!fields.ok()) return Fail(Fault::kValidation, fields.error());
  return request;
}

}  // namespace

Result<CompletionRequest> ParseCompletionRequest(std::string_view body, CompletionKind kind,
                                                 const SamplingDefaults& defaults) {
  auto parsed = json::Value::Parse(body);
  if (!parsed) return Fail(Fault::kValidation, "body: " + parsed.error().message);
  Fields fields(*parsed);
  const std::string_view own[] = {kind == CompletionKind::kChat ? "messages" : "prompt"};
  return ReadCompletion(fields, kind, defaults, own);
}

Result<TokenizeRequest> ParseTokenizeRequest(std::string_view body) {
  auto parsed = json::Value::Parse(body);
  if (!parsed) return Fail(Fault::kValidation, "body: " + parsed.error().message);
  Fields fields(*parsed);
  TokenizeRequest request;
  request.with_tokens = fields.Boolean("tokens").value_or(false);
  const bool chat = fields.Find("messages") != nullptr;
  const json::Value* prompt = fields.Find("prompt");
  if (chat && prompt != nullptr) {
    fields.Wrong("prompt", "expected only one of messages and prompt", *prompt);
  }
  constexpr std::string_view kOwn[] = {"messages", "prompt", "tokens"};
  auto read = ReadCompletion(
      fields, chat || prompt == nullptr ? CompletionKind::kChat : CompletionKind::kText, {}, kOwn);
  if (!read) return std::unexpected(read.error());
  request.model = std::move(read->model);
  request.prompt = std::move(read->prompt);
  request.form = std::move(read->form);
  return request;
}

}  // namespace bedplate::engine
