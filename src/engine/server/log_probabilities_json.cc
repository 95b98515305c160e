#include "engine/server/log_probabilities_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/text/utf8_gate.h"

namespace bedplate::engine {
namespace {

bool IsWholeText(const std::string& bytes) {
  Utf8Gate gate;
  std::string text;
  gate.Feed(bytes, text);
  return text == bytes && !gate.holds_part();
}

uint64_t CharactersBegun(const std::string& bytes) {
  return static_cast<uint64_t>(std::ranges::count_if(
      bytes, [](char byte) { return (static_cast<uint8_t>(byte) & 0xC0) != 0x80; }));
}

}  // namespace

void LogProbabilitiesJson::Add(std::vector<StepLogProbabilities> steps) {
  steps_.insert(steps_.end(), std::move_iterator(steps.begin()), std::move_iterator(steps.end()));
}

std::string LogProbabilitiesJson::Take() { return steps_.empty() ? std::string() : TakeWhole(); }

std::string LogProbabilitiesJson::TakeWhole() {
  std::string out;
  if (!top_count_) return out;
  json::Writer writer(out);
  writer.BeginObject();
  if (kind_ == CompletionKind::kChat) {
    WriteChat(writer);
  } else {
    WriteText(writer);
  }
  writer.EndObject();
  steps_.clear();
  return out;
}

LogProbabilitiesJson::Text LogProbabilitiesJson::TextOf(TokenId token) const {
  Text text;
  vocabulary_.AppendPiece(token, text.bytes);
  if (text.bytes.empty()) {
    vocabulary_.AppendControlText(token, text.bytes);
    text.has_bytes = std::ranges::find(shown_, token) != shown_.end();
  }
  if (IsWholeText(text.bytes)) {
    text.text = text.bytes;
    return text;
  }
  if (kind_ == CompletionKind::kText) text.text = "bytes:";
  for (const char byte : text.bytes) {
    text.text += fmt::format("\\x{:02x}", static_cast<uint8_t>(byte));
  }
  return text;
}

void LogProbabilitiesJson::WriteChatToken(const TokenLogProbability& token,
                                          json::Writer& writer) const {
  const Text text = TextOf(token.token);
  writer.Key("token");
  writer.String(text.text);
  writer.Key("logprob");
  writer.Float(token.log_probability);
  writer.Key("bytes");
  if (!text.has_bytes) {
    writer.Null();
    return;
  }
  writer.BeginArray();
  for (const char byte : text.bytes) writer.Unsigned(static_cast<uint8_t>(byte));
  writer.EndArray();
}

void LogProbabilitiesJson::WriteChat(json::Writer& writer) const {
  writer.Key("content");
  writer.BeginArray();
  for (const StepLogProbabilities& step : steps_) {
    writer.BeginObject();
    WriteChatToken(step.chosen, writer);
    writer.Key("top_logprobs");
    writer.BeginArray();
    for (const TokenLogProbability& token : step.top) {
      writer.BeginObject();
      WriteChatToken(token, writer);
      writer.EndObject();
    }
    writer.EndArray();
    writer.EndObject();
  }
  writer.EndArray();
}

void LogProbabilitiesJson::WriteText(json::Writer& writer) {
  writer.Key("text_offset");
  writer.BeginArray();
  for (const StepLogProbabilities& step : steps_) {
    writer.Unsigned(characters_);
    const Text text = TextOf(step.chosen.token);
    if (text.has_bytes) characters_ += CharactersBegun(text.bytes);
  }
  writer.EndArray();
  writer.Key("token_logprobs");
  writer.BeginArray();
  for (const StepLogProbabilities& step : steps_) writer.Float(step.chosen.log_probability);
  writer.EndArray();
  writer.Key("tokens");
  writer.BeginArray();
  for (const StepLogProbabilities& step : steps_) writer.String(TextOf(step.chosen.token).text);
  writer.EndArray();
  writer.Key("top_logprobs");
  if (*top_count_ == 0) {
    writer.Null();
    return;
  }
  writer.BeginArray();
  for (const StepLogProbabilities& step : steps_) {
    writer.BeginObject();
    bool has_chosen = false;
    for (const TokenLogProbability& token : step.top) {
      writer.Key(TextOf(token.token).text);
      writer.Float(token.log_probability);
      has_chosen |= token.token == step.chosen.token;
    }
    // The protocol tells of the chosen token even where it is not among the likeliest.
    if (!has_chosen) {
      writer.Key(TextOf(step.chosen.token).text);
      writer.Float(step.chosen.log_probability);
    }
    writer.EndObject();
  }
  writer.EndArray();
}

}  // namespace bedplate::engine
