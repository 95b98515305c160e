#include "models/citations/sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "models/cache_points.h"
#include "models/citations/source_index.h"

namespace bedplate::models {
namespace {

std::string JoinLines(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    if (!all.empty()) all += '\n';
    all += text;
  }
  return all;
}

bool HasBlocks(const ChatTurn& turn) {
  return std::ranges::any_of(turn.parts, [](const ChatPart& part) {
    return std::holds_alternative<ChatSource>(part) || std::holds_alternative<ChatCitedText>(part);
  });
}

// Rewrites the parts of one turn.
class TurnRenderer {
 public:
  explicit TurnRenderer(ChatTurn& turn) : turn_(turn) {}

  void Render(std::vector<ChatSource>& cited) {
    std::vector<ChatPart> parts = std::exchange(turn_.parts, {});
    auto point = turn_.cache_points.begin();
    for (size_t i = 0; i < parts.size(); ++i) {
      Add(std::move(parts[i]), cited);
      for (; point != turn_.cache_points.end() && point->at <= i + 1; ++point) {
        point->at = turn_.parts.size();
        open_ = Open::kNo;
      }
    }
    JoinTexts(turn_);
  }

 private:
  // What the last part is that a text may go on with.
  enum class Open : uint8_t { kNo, kText, kCited };

  void Add(ChatPart&& part, std::vector<ChatSource>& cited) {
    if (auto* source = std::get_if<ChatSource>(&part)) {
      turn_.parts.emplace_back(RenderSource(*source));
      if (source->citations) cited.push_back(std::move(*source));
      open_ = Open::kNo;
    } else if (auto* text = std::get_if<ChatCitedText>(&part)) {
      AddText(std::move(text->text), open_ != Open::kNo, Open::kCited);
    } else if (auto* plain = std::get_if<std::string>(&part)) {
      AddText(std::move(*plain), open_ == Open::kCited, Open::kText);
    } else {
      turn_.parts.push_back(std::move(part));
      open_ = Open::kNo;
    }
  }

  void AddText(std::string&& text, bool goes_on, Open kind) {
    if (goes_on) {
      std::get<std::string>(turn_.parts.back()) += text;
    } else {
      turn_.parts.emplace_back(std::move(text));
    }
    open_ = kind;
  }

  ChatTurn& turn_;
  Open open_ = Open::kNo;
};

template <class Visit>
void ForEachCitedText(const ChatRequest& request, Visit visit) {
  for (const ChatTurn& turn : request.turns) {
    for (const ChatPart& part : turn.parts) {
      const auto* source = std::get_if<ChatSource>(&part);
      if (source == nullptr || !source->citations) continue;
      for (const std::string& text : source->content) visit(text);
    }
  }
}

}  // namespace

std::string RenderSource(const ChatSource& source) {
  std::string text = JoinLines(source.content);
  // A model is shown no ends of pages.
  if (source.kind == ChatSource::Kind::kPages) std::erase(text, '\f');
  if (!source.IsDocument()) {
    return fmt::format("<search_result title=\"{}\" source=\"{}\">\n{}\n</search_result>",
                       source.title, source.source, text);
  }
  const std::string name =
      source.title.empty() ? std::string() : fmt::format(" name=\"{}\"", source.title);
  const std::string context =
      source.context.empty() ? std::string() : fmt::format("Context: {}\n", source.context);
  return fmt::format("<document{}>\n{}{}\n</document>", name, context, text);
}

std::vector<ChatSource> RenderSources(ChatRequest& request) {
  std::vector<ChatSource> cited;
  for (ChatTurn& turn : request.turns) {
    if (HasBlocks(turn)) TurnRenderer(turn).Render(cited);
  }
  if (!std::ranges::is_sorted(cited, {}, &ChatSource::order)) {
    std::ranges::sort(cited, {}, &ChatSource::order);
  }
  return cited;
}

Result<void> CheckSourceWords(const ChatRequest& request) {
  size_t bytes = 0;
  ForEachCitedText(request, [&](const std::string& text) { bytes += text.size() + 1; });
  if (bytes <= SourceIndex::kWordsMax) return {};
  size_t words = 0;
  ForEachCitedText(request, [&](const std::string& text) {
    Word word;
    for (size_t at = 0; ReadWord(text, at, true, word); at = word.end) ++words;
    ++words;  // the gap between texts
  });
  if (words <= SourceIndex::kWordsMax) return {};
  return Fail(Fault::kValidation,
              fmt::format("The documents and search results with citations enabled have {} words "
                          "and marks. Citations can be found in at most {} of a request.",
                          words, SourceIndex::kWordsMax));
}

std::optional<std::string> CitationRule::Add(bool document, bool enabled, std::string_view place) {
  First& first = document ? documents_ : results_;
  if (first.place.empty()) {
    first = {.place = std::string(place), .enabled = enabled};
    return std::nullopt;
  }
  if (first.enabled == enabled) return std::nullopt;
  return first.place;
}

}  // namespace bedplate::models
