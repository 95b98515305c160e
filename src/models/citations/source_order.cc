#include "models/citations/source_order.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <variant>

namespace bedplate::models {
namespace {

template <class Turns, class Visit>
void ForEachPart(Turns& turns, Visit visit) {
  for (auto& turn : turns) {
    for (auto& part : turn.parts) visit(part);
  }
}

// `orders` of the sources of one kind, as the server counts them; gives the server's index of each
// of the request's.
std::vector<int64_t> Sorted(const std::vector<int64_t>& orders) {
  std::vector<std::pair<int64_t, int64_t>> sorted;  // order and server's index
  sorted.reserve(orders.size());
  for (const int64_t order : orders) sorted.emplace_back(order, std::ssize(sorted));
  std::ranges::sort(sorted);
  std::vector<int64_t> indices;
  indices.reserve(sorted.size());
  for (const auto& [order, index] : sorted) indices.push_back(index);
  return indices;
}

std::vector<int64_t> Inverse(const std::vector<int64_t>& indices) {
  std::vector<int64_t> inverse(indices.size());
  for (size_t i = 0; i < indices.size(); ++i) {
    inverse[static_cast<size_t>(indices[i])] = static_cast<int64_t>(i);
  }
  return inverse;
}

void Map(const std::vector<int64_t>& indices, ChatCitation& citation) {
  if (std::cmp_less(citation.index, indices.size())) {
    citation.index = indices[static_cast<size_t>(citation.index)];
  }
}

bool CitesDocument(const ChatCitation& citation) {
  return citation.kind != ChatCitation::Kind::kSearchResult;
}

}  // namespace

SourceOrderPtr SourceOrder::Of(const ChatRequest& request) {
  std::vector<int64_t> documents;
  std::vector<int64_t> results;
  ForEachPart(request.turns, [&](const ChatPart& part) {
    const auto* source = std::get_if<ChatSource>(&part);
    if (source == nullptr) return;
    (source->IsDocument() ? documents : results).push_back(source->order);
  });
  if (std::ranges::is_sorted(documents) && std::ranges::is_sorted(results)) return nullptr;
  std::unique_ptr<SourceOrder> order(new SourceOrder);
  order->documents_.of_server = Sorted(documents);
  order->documents_.of_request = Inverse(order->documents_.of_server);
  order->results_.of_server = Sorted(results);
  order->results_.of_request = Inverse(order->results_.of_server);
  return order;
}

void SourceOrder::ToServer(ChatRequest& request) const {
  ForEachPart(request.turns, [&](ChatPart& part) {
    auto* text = std::get_if<ChatCitedText>(&part);
    if (text == nullptr) return;
    for (ChatCitation& citation : text->citations) {
      if (citation.kind == ChatCitation::Kind::kWeb) continue;
      Map((CitesDocument(citation) ? documents_ : results_).of_server, citation);
    }
  });
}

void SourceOrder::ToRequest(std::vector<ChatCitation>& citations) const {
  for (ChatCitation& citation : citations) {
    if (citation.kind == ChatCitation::Kind::kWeb) continue;
    Map((CitesDocument(citation) ? documents_ : results_).of_request, citation);
  }
}

}  // namespace bedplate::models
