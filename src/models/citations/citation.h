// What an answer may cite, and its citations, as both providers of such things have them.
//
// Characters are Unicode code points from 0, chunks and results count from 0, pages from 1; an end
// is behind the last one. Documents and search results are counted apart, each in the order in
// which they stand in the request, those in tools' results too.
//
// Threads: plain values.
// spec: bedrock-runtime#Citation, https://docs.anthropic.com/en/docs/build-with-claude/citations,
// https://docs.anthropic.com/en/docs/build-with-claude/search-results
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace bedplate::models {

// A document or a search result of a request.
struct ChatSource {
  enum class Kind : uint8_t {
    kText,          // one text
    kPages,         // likewise, of pages that each end with a form feed
    kPdf,           // the bytes of a file, for a server that reads it itself
    kChunks,        // texts that are cited whole ones at a time
    kSearchResult,  // likewise
  };
  Kind kind = Kind::kText;
  std::string title{};
  std::string context{};               // of a document; may be empty
  std::string source{};                // of a search result: where it is from
  std::vector<std::string> content{};  // one, but for kChunks and kSearchResult
  bool citations = false;              // the answer may cite it
  // Greater from source to source as the request has them; turns have them otherwise at times
  // (models/citations/source_order.h).
  int64_t order = 0;

  bool IsDocument() const { return kind != Kind::kSearchResult; }
};

// One place that a text of an answer rests on.
struct ChatCitation {
  enum class Kind : uint8_t { kCharacters, kPages, kChunks, kSearchResult, kWeb };
  Kind kind = Kind::kCharacters;
  int64_t index = 0;  // of the document or search result
  int64_t start = 0;
  int64_t end = 0;
  std::string title{};
  std::string source{};      // of kSearchResult where it is from, of kWeb its address
  std::string cited_text{};  // as it stands there
  std::string sealed{};      // of kWeb: for its provider alone

  friend bool operator==(const ChatCitation&, const ChatCitation&) = default;
};

// A text of an earlier answer, with what it cited.
struct ChatCitedText {
  std::string text{};
  std::vector<ChatCitation> citations{};
};

// A piece of an answer's text that cites something: from byte to byte.
struct ChatCitedSpan {
  size_t begin = 0;
  size_t end = 0;
  std::vector<ChatCitation> citations{};
};

}  // namespace bedplate::models
