// Bytes that have been read and not yet used, in one piece of memory so that a request head can be
// parsed in place and a body handed out without copying.
//
//   [ held | input | room ]
// `held` is what the consumer was given a view of; it does not move until Release.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace bedplate::net {

class InputBuffer {
 public:
  explicit InputBuffer(size_t capacity) : capacity_(capacity) {}

  std::string_view input() const { return {data_.get() + begin_ + held_, end_ - begin_ - held_}; }
  size_t capacity() const { return capacity_; }
  bool holding() const { return held_ > 0; }
  bool full() const { return end_ - begin_ - held_ >= capacity_; }

  // Drops the first `bytes` of the input; nothing may be held.
  void Consume(size_t bytes) {
    assert(held_ == 0 && bytes <= end_ - begin_);
    begin_ += bytes;
  }
  // Marks the first `bytes` of the input as held.
  void Hold(size_t bytes) {
    assert(held_ == 0 && bytes <= end_ - begin_);
    held_ = bytes;
  }
  void Release() {
    begin_ += held_;
    held_ = 0;
  }

  // Where to read next: at least `room_min` bytes (or the whole room that is left), empty when what
  // is held or unused leaves none. Moves the bytes only when nothing is held.
  std::span<char> Room(size_t room_min = 512) {
    if (!data_) data_ = std::make_unique_for_overwrite<char[]>(capacity_);
    if (begin_ == end_) {
      begin_ = end_ = 0;
    } else if (held_ == 0 && begin_ > 0 && capacity_ - end_ < std::max(room_min, capacity_ / 2)) {
      std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (held_ > 0 && capacity_ - end_ < room_min) return {};
    return {data_.get() + end_, capacity_ - end_};
  }
  void Filled(size_t bytes) {
    end_ += bytes;
    assert(end_ <= capacity_);
  }

  // Makes room for at least `capacity` bytes; nothing may be held or being read into.
  void Grow(size_t capacity) {
    if (capacity <= capacity_) return;
    assert(held_ == 0);
    auto larger = std::make_unique_for_overwrite<char[]>(capacity);
    if (data_) std::memcpy(larger.get(), data_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    data_ = std::move(larger);
    capacity_ = capacity;
  }

 private:
  std::unique_ptr<char[]> data_;  // made at the first read
  size_t capacity_;
  size_t begin_ = 0;
  size_t held_ = 0;
  size_t end_ = 0;
};

}  // namespace bedplate::net
