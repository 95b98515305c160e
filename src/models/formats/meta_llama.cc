// Meta Llama.
// spec: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-meta.html
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "base/json/writer.h"
#include "models/formats/completion.h"
#include "models/formats/families.h"
#include "models/formats/image_source.h"
#include "models/formats/members.h"
#include "models/formats/prompt_turns.h"
#include "models/formats/stop_reason.h"

namespace bedplate::models {
namespace {

// Those of Llama 3, Llama 4 and Llama 2.
// spec: https://www.llama.com/docs/model-cards-and-prompt-formats/
constexpr std::array kTemplates = {
    PromptTemplate{.user = "<|start_header_id|>user<|end_header_id|>",
                   .assistant = "<|start_header_id|>assistant<|end_header_id|>",
                   .system = "<|start_header_id|>system<|end_header_id|>",
                   .begin = "<|begin_of_text|>",
                   .end = "<|eot_id|>",
                   .reserved = "<|start_header_id|>"},
    PromptTemplate{.user = "<|header_start|>user<|header_end|>",
                   .assistant = "<|header_start|>assistant<|header_end|>",
                   .system = "<|header_start|>system<|header_end|>",
                   .begin = "<|begin_of_text|>",
                   .end = "<|eot|>",
                   .reserved = "<|header_start|>"},
    kInstructions,
};
constexpr std::string_view kImageMark = "<|image|>";
constexpr int kTokensDefault = 512;

void WriteCount(json::Writer& writer, std::string_view key, std::optional<int64_t> count) {
  writer.Key(key);
  count ? writer.Integer(*count) : writer.Null();
}

// Counts that nobody made yet are null.
void WriteMembers(json::Writer& writer, std::string_view text,
                  const std::optional<ChatUsage>& usage, std::optional<std::string_view> reason) {
  writer.Key("generation");
  writer.String(text);
  WriteCount(writer, "prompt_token_count",
             usage.transform([](const ChatUsage& counts) { return counts.prompt_tokens; }));
  WriteCount(writer, "generation_token_count",
             usage.transform([](const ChatUsage& counts) { return counts.completion_tokens; }));
  writer.Key("stop_reason");
  reason ? writer.String(*reason) : writer.Null();
}

struct Llama : PlainText {
  static std::optional<std::string_view> StopReason(const ChatFinish& finish) {
    return OpenAiStopReason(finish);
  }
  static void WriteAnswer(json::Writer& writer, const ChatAnswer& answer, std::string_view reason) {
    WriteMembers(writer, answer.text, answer.usage, reason);
  }
  static void WriteChunk(json::Writer& writer, std::string_view text, const CompletionEnd* end,
                         const std::optional<ChatUsage>& counted) {
    WriteMembers(writer, text, counted, end == nullptr ? std::nullopt : std::optional(end->reason));
  }
};

std::vector<ChatImage> ReadImages(Members& body) {
  std::vector<ChatImage> images;
  for (const std::string& data : body.Texts("images")) {
    ChatImage& image = images.emplace_back();
    const std::string_view format =
        AppendFromBase64(image.bytes, data) ? ImageFormatOf(image.bytes) : std::string_view();
    if (format.empty()) {
      body.malformed().Add("/images", "a value is not base64 of a PNG, JPEG, GIF or WebP image");
      return {};
    }
    image.media_type = fmt::format("image/{}", format);
  }
  return images;
}

// The turn's text with an image in place of each mark, as long as there are images.
void PutImages(ChatTurn& turn, std::span<ChatImage>& images) {
  std::string_view rest = turn.text;
  for (size_t mark = 0; !images.empty() && (mark = rest.find(kImageMark)) != rest.npos;) {
    if (mark > 0) turn.parts.emplace_back(std::string(rest.substr(0, mark)));
    turn.parts.emplace_back(std::move(images.front()));
    images = images.subspan(1);
    rest.remove_prefix(mark + kImageMark.size());
  }
  if (turn.parts.empty()) return;
  if (!rest.empty()) turn.parts.emplace_back(std::string(rest));
  turn.text.clear();
}

size_t CountImageMarks(std::string_view prompt) {
  size_t marks = 0;
  for (size_t at = prompt.find(kImageMark); at != prompt.npos;
       at = prompt.find(kImageMark, at + kImageMark.size())) {
    ++marks;
  }
  return marks;
}

// Images stand where the prompt has their marks; those of a prompt without marks come before the
// last question.
void PutImages(std::string_view prompt, std::span<ChatImage> images, Members& body,
               ChatRequest& request) {
  const size_t marks = CountImageMarks(prompt);
  if (marks == 0) {
    const auto question = std::ranges::find(request.turns.rbegin(), request.turns.rend(),
                                            ChatRole::kUser, &ChatTurn::role);
    for (ChatImage& image : images) question->parts.emplace_back(std::move(image));
    question->parts.emplace_back(std::exchange(question->text, {}));
    return;
  }
  const size_t given = images.size();
  for (ChatTurn& turn : request.turns) {
    if (turn.role == ChatRole::kUser) PutImages(turn, images);
  }
  if (given != marks || !images.empty()) {
    body.malformed().Add("/images", fmt::format("the prompt's questions have not as many marks {} "
                                                "as there are images, {}",
                                                kImageMark, given));
  }
}

}  // namespace

Result<NativeChatPtr> ReadMetaLlama(std::string_view body_text, const NativeCall&) {
  auto root = ParseBody(body_text);
  if (!root) return std::unexpected(std::move(root.error()));
  MalformedInput malformed;
  Members body(*root, "", malformed);
  ChatRequest request;
  const std::string* prompt = body.NeedNonEmptyText("prompt");
  request.tokens_max = kTokensDefault;
  if (body.Has("max_gen_len")) {
    request.tokens_max = body.Integer("max_gen_len", 1, std::numeric_limits<int>::max());
  }
  request.temperature = body.Number("temperature", 0, 1);
  request.top_p = body.Number("top_p", 0, 1);
  std::vector<ChatImage> images = ReadImages(body);
  if (prompt != nullptr) {
    request.turns = PromptTurns(*prompt, kTemplates);
    if (!images.empty()) PutImages(*prompt, images, body, request);
  }
  body.Finish();
  if (malformed.any()) return std::unexpected(malformed.ToError());
  return std::make_unique<Completion<Llama>>(std::move(request));
}

}  // namespace bedplate::models
