#include "net/io/byte_stream.h"

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>

namespace bedplate::net {

namespace {

constexpr size_t kPiecesMax = 16;             // of the queue in one system call
constexpr size_t kFlushNowBytes = 16 * 1024;  // enough for a packet train: no use in waiting

}  // namespace

ByteStream::ByteStream(Reactor& reactor, std::unique_ptr<Transport> transport,
                       size_t input_capacity)
    : reactor_(reactor), transport_(std::move(transport)), buffer_(input_capacity) {}

ByteStream::~ByteStream() { Close(); }

void ByteStream::KeepReading() {
  if (reading_ || ended_ || closed_) return;
  if (capacity_wanted_ > buffer_.capacity() && !buffer_.holding()) buffer_.Grow(capacity_wanted_);
  const auto room = buffer_.Room();
  if (room.empty()) return;
  reading_ = true;
  transport_->StartRead(room, shared_from_this());
}

void ByteStream::OnRead(size_t bytes, bool failed) {
  reading_ = false;
  if (closed_) return;
  const auto keep = shared_from_this();
  if (bytes > 0) {
    buffer_.Filled(bytes);
    bytes_in_ += bytes;
  } else {
    ended_ = true;
    if (failed) broken_ = true;
  }
  if (events_) events_->OnInput();
  KeepReading();
}

void ByteStream::FlushNow() {
  while (!output_.empty() && !waiting_writable_ && !closed_ && !broken_) {
    // As many as WriteThrough may have offered: TLS must be offered at least the same again.
    std::array<iovec, kPiecesMax + 1> pieces;
    const auto count = output_.Front(pieces);
    Send({pieces.data(), count});
  }
  if (output_.empty() && shutdown_wanted_ && !closed_) {
    shutdown_wanted_ = false;
    transport_->ShutdownSend();
  }
}

void ByteStream::Send(std::span<const iovec> pieces) {
  size_t offered = 0;
  for (const auto& piece : pieces) offered += piece.iov_len;
  const auto taken = transport_->TryWrite(pieces);
  if (!taken) return Broke();
  bytes_out_ += *taken;
  output_.Consume(*taken);
  if (*taken < offered) {
    waiting_writable_ = true;
    transport_->WaitWritable(shared_from_this());
  }
}

void ByteStream::FlushSoon() {
  if (output_.size() >= kFlushNowBytes) return FlushNow();
  if (flush_posted_ || closed_ || output_.empty()) return;
  flush_posted_ = true;
  boost::asio::post(reactor_.context(), [self = shared_from_this()] {
    self->flush_posted_ = false;
    self->FlushNow();
  });
}

void ByteStream::WriteThrough(std::string_view bytes) {
  if (closed_ || broken_) return;
  if (waiting_writable_) return output_.Append(bytes);
  std::array<iovec, kPiecesMax + 1> pieces;
  auto count = output_.Front({pieces.data(), kPiecesMax});
  size_t queued = 0;
  for (size_t i = 0; i < count; ++i) queued += pieces[i].iov_len;
  if (queued < output_.size()) {  // more pieces than fit beside it
    output_.Append(bytes);
    return FlushNow();
  }
  pieces[count++] = {const_cast<char*>(bytes.data()), bytes.size()};
  const auto taken = transport_->TryWrite({pieces.data(), count});
  if (!taken) return Broke();
  bytes_out_ += *taken;
  if (*taken >= queued) bytes.remove_prefix(*taken - queued);
  output_.Consume(std::min(*taken, queued));
  if (!bytes.empty()) {
    output_.Append(bytes);
    waiting_writable_ = true;
    transport_->WaitWritable(shared_from_this());
  }
}

void ByteStream::OnWritable() {
  waiting_writable_ = false;
  if (closed_) return;
  const auto keep = shared_from_this();
  FlushNow();
  if (events_) events_->OnOutput();
}

void ByteStream::Broke() {
  // The listener hears of it on the next turn, never from inside a write of its own.
  broken_ = ended_ = true;
  output_.Clear();
  boost::asio::post(reactor_.context(), [self = shared_from_this()] {
    if (self->closed_) return;
    if (self->events_) self->events_->OnInput();
  });
}

void ByteStream::ShutdownSend() {
  shutdown_wanted_ = true;
  FlushNow();
}

void ByteStream::Close(bool reset) {
  if (closed_) return;
  closed_ = ended_ = true;
  output_.Clear();
  transport_->Close(reset);
}

}  // namespace bedplate::net
