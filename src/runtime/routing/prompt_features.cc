#include "runtime/routing/prompt_features.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>
#include <vector>

namespace bedplate::runtime {
namespace {

using Words = std::initializer_list<std::string_view>;

// Of a question's beginning.
constexpr Words kYesNo = {"is",  "are", "was",  "were", "do",   "does",  "did",
                          "can", "has", "have", "had",  "will", "would", "could"};
// Of tasks, wherever they stand.
constexpr Words kCode = {"code",   "function", "python", "javascript", "java",  "sql",  "regex",
                         "script", "program",  "html",   "api",        "class", "json", "bash"};
constexpr Words kMaths = {"calculate",  "solve",    "equation", "integral",
                          "derivative", "percent",  "sum",      "probability",
                          "average",    "multiply", "divide",   "prove"};
constexpr Words kReasoning = {"why",          "explain", "compare", "analyze",    "reason",
                              "because",      "versus",  "vs",      "difference", "step",
                              "implications", "analyse", "evaluate"};
constexpr Words kWriting = {"write", "poem", "story",   "essay",   "letter",
                            "email", "song", "compose", "imagine", "draft"};
constexpr Words kListing = {"list",      "name",    "give", "ideas", "examples",
                            "recommend", "suggest", "tips", "best",  "top"};
constexpr Words kTransforming = {"summarize", "summarise", "rewrite",  "translate",  "classify",
                                 "extract",   "convert",   "identify", "categorize", "paragraph",
                                 "text",      "following", "passage"};
constexpr Words kPersonal = {"i", "me", "my", "you", "your", "we", "should", "favorite"};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordByte(char c) {
  return IsUpper(c) || (c >= 'a' && c <= 'z') || IsDigit(c) || c == '\'' ||
         static_cast<unsigned char>(c) >= 0x80;
}

struct Text {
  std::vector<std::string> words;  // in lower case
  size_t word_bytes = 0;
  size_t capitalized = 0;  // words behind the first that begin with a capital
  size_t digits = 0;
  size_t foreign = 0;  // bytes that are not ASCII
  size_t marks_of_code = 0;
  size_t marks_of_maths = 0;
  size_t quotes = 0;
};

void CountByte(char c, Text& text) {
  if (IsDigit(c)) ++text.digits;
  if (static_cast<unsigned char>(c) >= 0x80) ++text.foreign;
  if (c == '{' || c == '}' || c == ';' || c == '`' || c == '_') ++text.marks_of_code;
  if (c == '=' || c == '+' || c == '*' || c == '^' || c == '%') ++text.marks_of_maths;
  if (c == '"') ++text.quotes;
}

Text Read(std::string_view prompt) {
  Text text;
  std::string word;
  bool capital = false;
  const auto end_word = [&] {
    if (word.empty()) return;
    text.word_bytes += word.size();
    if (capital && !text.words.empty()) ++text.capitalized;
    text.words.push_back(std::move(word));
    word.clear();
  };
  for (const char c : prompt) {
    CountByte(c, text);
    if (!IsWordByte(c)) {
      end_word();
      continue;
    }
    if (word.empty()) capital = IsUpper(c);
    word += Lower(c);
  }
  end_word();
  return text;
}

bool IsOneOf(const std::string& word, Words words) {
  return std::ranges::find(words, word) != words.end();
}

double Has(const Text& text, Words words) {
  return std::ranges::any_of(text.words, [&](const std::string& w) { return IsOneOf(w, words); })
             ? 1
             : 0;
}

double Share(size_t part, size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double Log(size_t count) { return std::log1p(static_cast<double>(count)); }

}  // namespace

const std::array<std::string_view, kPromptFeatures> kPromptFeatureNames = {
    "log words",     "log bytes",      "bytes a word", "capitalized words",
    "digits",        "non-ASCII",      "who",          "when",
    "where",         "what, which",    "how",          "how many, how much",
    "yes or no",     "code",           "maths",        "reasoning",
    "writing",       "listing",        "transforming", "personal",
    "marks of code", "marks of maths", "quotes"};

PromptFeatures FeaturesOf(std::string_view prompt) {
  prompt = prompt.substr(0, kJudgedBytesMax);
  const Text text = Read(prompt);
  const std::string first = text.words.empty() ? "" : text.words[0];
  const std::string second = text.words.size() < 2 ? "" : text.words[1];
  const bool quantity = first == "how" && (second == "many" || second == "much");
  const auto is = [](bool value) { return value ? 1.0 : 0.0; };
  return {Log(text.words.size()),
          Log(prompt.size()),
          Share(text.word_bytes, text.words.size()),
          Share(text.capitalized, text.words.size()),
          Share(text.digits, prompt.size()),
          Share(text.foreign, prompt.size()),
          is(first == "who" || first == "whose"),
          is(first == "when"),
          is(first == "where"),
          is(first == "what" || first == "which"),
          is(first == "how" && !quantity),
          is(quantity),
          is(IsOneOf(first, kYesNo)),
          Has(text, kCode),
          Has(text, kMaths),
          Has(text, kReasoning),
          Has(text, kWriting),
          Has(text, kListing),
          Has(text, kTransforming),
          Has(text, kPersonal),
          Log(text.marks_of_code),
          Log(text.marks_of_maths),
          Log(text.quotes)};
}

}  // namespace bedplate::runtime
