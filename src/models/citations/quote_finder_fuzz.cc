// Whatever source and answer are: all of the answer is said once, whatever its pieces, and each
// citation is what stands in the source there; all of them together are not much more than the
// answer, though the source has more space.
//
// The first byte is the length of the pieces; source and answer are parted by the first zero byte.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json/reader.h"
#include "models/citations/quote_finder.h"

namespace bedplate::models {
namespace {

using IndexPtr = std::shared_ptr<const SourceIndex>;

void Demand(bool holds) {
  if (!holds) std::abort();
}

// Bytes of the character number `index`.
size_t ByteOf(std::string_view text, int64_t index) {
  size_t byte = 0;
  for (; index > 0 && byte < text.size(); --index) {
    do ++byte;
    while (byte < text.size() && (static_cast<uint8_t>(text[byte]) & 0xC0) == 0x80);
  }
  return byte;
}

// The citations of the answer, given `step` characters at a time.
std::vector<ChatCitation> Find(const IndexPtr& index, std::string_view answer, size_t step) {
  QuoteFinder finder(index);
  std::vector<QuotePiece> pieces;
  for (std::string_view rest = answer; !rest.empty();) {
    const size_t bytes = ByteOf(rest, static_cast<int64_t>(step));
    finder.Add(rest.substr(0, bytes), pieces);
    rest.remove_prefix(bytes);
  }
  finder.Finish(pieces);
  std::string said;
  std::vector<ChatCitation> citations;
  for (const QuotePiece& piece : pieces) {
    said += piece.text;
    if (piece.kind == QuotePiece::Kind::kCitation) citations.push_back(piece.citation);
  }
  Demand(said == answer);
  return citations;
}

void Fuzz(std::string_view data) {
  if (data.empty() || !json::IsUtf8(data.substr(1))) return;
  const size_t step = 1 + static_cast<uint8_t>(data[0]);
  data.remove_prefix(1);
  const size_t end = std::min(data.find('\0'), data.size());
  const std::string source(data.substr(0, end));
  const std::string_view answer = data.substr(std::min(end + 1, data.size()));
  std::vector<ChatSource> sources(1);
  sources[0].content = {source};
  const auto index = std::make_shared<const SourceIndex>(std::move(sources));
  const auto citations = Find(index, answer, step);
  Demand(citations == Find(index, answer, answer.size() + 1));
  size_t cited = 0;
  for (const ChatCitation& citation : citations) {
    cited += citation.cited_text.size();
    const size_t begin = ByteOf(source, citation.start);
    Demand(!citation.cited_text.empty() &&
           source.substr(begin, ByteOf(source, citation.end) - begin) == citation.cited_text);
  }
  // A word of the source has at most twice the bytes of the answer's, and the space before it.
  Demand(cited <= answer.size() * (2 + SourceIndex::kSpaceBytesMax));
}

}  // namespace
}  // namespace bedplate::models

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  bedplate::models::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
