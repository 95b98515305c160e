// Answers and chunks of completion-style bodies: a text, and at its end why it stopped.
//
// A family's words are in a class of its own, `Format`:
//   static std::optional<std::string_view> StopReason(const ChatFinish&);
//       nothing for an answer that the format has no word for
//   std::string Text(const ChatChunk&);
//       what a chunk adds to the text
//   void WriteAnswer(json::Writer&, const ChatAnswer&, std::string_view reason) const;
//   void WriteChunk(json::Writer&, std::string_view text, const CompletionEnd*,
//                   const std::optional<ChatUsage>& counted) const;
//       the members of a body; the last chunk has an end, and no text
// It is copied into each stream.
//
// Errors: as native_format.h says. Threads: one answer, one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json/writer.h"
#include "models/formats/content_blocks.h"
#include "models/formats/native_format.h"

namespace bedplate::models {

struct CompletionEnd {
  std::string_view reason{};
  const ChatFinish& finish;
  ChatUsage usage{};
};

// For formats that take the text as it comes.
struct PlainText {
  static std::string Text(const ChatChunk& chunk) { return chunk.text; }
};

// The member `key`: a list of one text, and why it stopped, where it has.
inline void WriteStoppedText(json::Writer& writer, std::string_view key, std::string_view text,
                             std::optional<std::string_view> reason) {
  writer.Key(key);
  writer.BeginArray();
  writer.BeginObject();
  writer.Key("text");
  writer.String(text);
  writer.Key("stop_reason");
  reason ? writer.String(*reason) : writer.Null();
  writer.EndObject();
  writer.EndArray();
}

template <class Format>
class CompletionChunks final : public NativeChunks {
 public:
  explicit CompletionChunks(Format format) : format_(std::move(format)) {}

  Result<void> Add(const ChatChunk& chunk, std::string_view,
                   std::vector<std::string>& out) override {
    const std::string text = format_.Text(chunk);
    if (text.empty()) return {};
    json::Writer writer(out.emplace_back());
    writer.BeginObject();
    format_.WriteChunk(writer, text, nullptr, chunk.usage);
    writer.EndObject();
    return {};
  }

  Result<void> End(const ChatFinish& finish, const InvocationMetrics& metrics,
                   std::vector<std::string>& out) override {
    const auto reason = Format::StopReason(finish);
    if (!reason) return std::unexpected(MalformedCall());
    const ChatUsage usage{.prompt_tokens = metrics.input_tokens,
                          .completion_tokens = metrics.output_tokens};
    const CompletionEnd end{.reason = *reason, .finish = finish, .usage = usage};
    json::Writer writer(out.emplace_back());
    writer.BeginObject();
    format_.WriteChunk(writer, "", &end, usage);
    WriteMetrics(writer, metrics);
    writer.EndObject();
    return {};
  }

 private:
  Format format_;
};

template <class Format>
class Completion final : public NeutralChat {
 public:
  explicit Completion(ChatRequest request, Format format = {})
      : NeutralChat(std::move(request)), format_(std::move(format)) {}

  Result<std::string> WriteAnswer(const ChatAnswer& answer, std::string_view) const override {
    const auto reason = Format::StopReason(answer.finish);
    if (!reason) return std::unexpected(MalformedCall());
    std::string body;
    json::Writer writer(body);
    writer.BeginObject();
    format_.WriteAnswer(writer, answer, *reason);
    writer.EndObject();
    return body;
  }

  std::unique_ptr<NativeChunks> StartChunks() const override {
    return std::make_unique<CompletionChunks<Format>>(format_);
  }

 private:
  Format format_;
};

}  // namespace bedplate::models
