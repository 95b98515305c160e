// Bytes that wait for the peer to take them, in pieces: small ones are gathered, large ones are
// moved in whole, and all leave together in one system call.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bedplate::net {

class OutputQueue {
 public:
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  void Append(std::string_view bytes);
  void Append(std::string&& bytes);  // moves it when that is cheaper than copying
  // The last piece, to append small things to directly; call Appended with what was added.
  std::string& Tail();
  void Appended(size_t bytes) { size_ += bytes; }
  // The last piece, if its last `bytes` bytes are the queue's last and none of them has gone; else
  // null. For a caller that changes what it appended; call Appended if it grows.
  std::string* UnsentTail(size_t bytes);

  // The first pieces, at most `pieces_max`; valid until the next change.
  size_t Front(std::span<iovec> pieces) const;
  void Consume(size_t bytes);
  void Clear();

 private:
  std::vector<std::string> pieces_;  // a few at most; the first is reused
  size_t first_ = 0;                 // index of the first piece not yet gone
  size_t first_offset_ = 0;          // bytes of it that are gone
  size_t size_ = 0;
  bool tail_open_ = false;  // the last piece may be appended to
};

}  // namespace bedplate::net
