#include "net/io/output_queue.h"

#include <algorithm>
#include <cassert>

namespace bedplate::net {

namespace {

constexpr size_t kMoveBytesMin = 8 * 1024;   // below it copying costs less than another piece
constexpr size_t kTailBytesMax = 32 * 1024;  // a piece is not grown beyond it by appending
constexpr size_t kKeepBytesMax = 64 * 1024;  // memory kept for reuse when the queue runs empty

}  // namespace

std::string& OutputQueue::Tail() {
  if (!tail_open_ || pieces_.back().size() >= kTailBytesMax) {
    pieces_.emplace_back();
    tail_open_ = true;
  }
  return pieces_.back();
}

std::string* OutputQueue::UnsentTail(size_t bytes) {
  if (!tail_open_ || pieces_.empty() || bytes > size_) return nullptr;
  std::string& tail = pieces_.back();
  const size_t gone = pieces_.size() - 1 == first_ ? first_offset_ : 0;
  return tail.size() - gone >= bytes ? &tail : nullptr;
}

void OutputQueue::Append(std::string_view bytes) {
  Tail().append(bytes);
  size_ += bytes.size();
}

void OutputQueue::Append(std::string&& bytes) {
  if (bytes.size() < kMoveBytesMin) return Append(std::string_view(bytes));
  size_ += bytes.size();
  pieces_.push_back(std::move(bytes));
  tail_open_ = false;
}

size_t OutputQueue::Front(std::span<iovec> pieces) const {
  size_t count = 0;
  size_t offset = first_offset_;
  for (size_t i = first_; i < pieces_.size() && count < pieces.size(); ++i) {
    const auto& piece = pieces_[i];
    if (piece.size() > offset) {
      pieces[count++] = {const_cast<char*>(piece.data()) + offset, piece.size() - offset};
    }
    offset = 0;
  }
  return count;
}

void OutputQueue::Consume(size_t bytes) {
  assert(bytes <= size_);
  size_ -= bytes;
  if (size_ == 0) return Clear();
  bytes += first_offset_;
  while (bytes >= pieces_[first_].size()) {
    bytes -= pieces_[first_].size();
    std::string().swap(pieces_[first_]);
    ++first_;
  }
  first_offset_ = bytes;
  if (first_ >= 64) {  // a queue that never runs empty must not grow for ever
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

void OutputQueue::Clear() {
  // One string is kept, with its memory, for the next answer.
  size_ = 0;
  first_ = first_offset_ = 0;
  if (pieces_.empty()) return;
  if (pieces_.front().capacity() > kKeepBytesMax) std::string().swap(pieces_.front());
  pieces_.resize(1);
  pieces_.front().clear();
  tail_open_ = true;
}

}  // namespace bedplate::net
