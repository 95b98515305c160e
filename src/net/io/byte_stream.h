// ByteStream: a connection as the protocols see it. It reads ahead into a bounded buffer all the
// time, so that a peer that leaves is noticed even while nobody wants its bytes, and gathers what
// is written until the reactor's next turn.
//
// Threads: one reactor's. Shared: by its protocol, and by the operations under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/io/input_buffer.h"
#include "net/io/output_queue.h"
#include "net/io/transport.h"
#include "net/reactors.h"

namespace bedplate::net {

// The protocol's side. Each is the last act of an event's callback: it may resume coroutines that
// close the stream or destroy the listener.
class ByteStreamEvents {
 public:
  virtual ~ByteStreamEvents() = default;
  virtual void OnInput() = 0;   // more input, or its end
  virtual void OnOutput() = 0;  // the peer took some of the queue, or is gone
};

class ByteStream final : public TransportEvents, public std::enable_shared_from_this<ByteStream> {
 public:
  ByteStream(Reactor& reactor, std::unique_ptr<Transport> transport, size_t input_capacity);
  ~ByteStream() override;

  Reactor& reactor() { return reactor_; }
  Transport& transport() { return *transport_; }
  // Who hears of events from now on; nullptr: nobody.
  void Attach(ByteStreamEvents* events) { events_ = events; }

  // --- Input ---
  std::string_view input() const { return buffer_.input(); }
  void Consume(size_t bytes) { buffer_.Consume(bytes); }
  void Hold(size_t bytes) { buffer_.Hold(bytes); }  // see InputBuffer
  void Release() { buffer_.Release(); }
  bool input_full() const { return buffer_.full(); }
  size_t input_capacity() const { return buffer_.capacity(); }
  // The buffer becomes this large when it can.
  void WantCapacity(size_t capacity) { capacity_wanted_ = capacity; }
  // Goes on reading if there is room now; after Consume or Release.
  void KeepReading();
  bool reading() const { return reading_; }
  // No input comes any more: the peer ended its side, or (broken) the connection failed.
  bool ended() const { return ended_; }
  bool broken() const { return broken_; }
  uint64_t bytes_in() const { return bytes_in_; }

  // --- Output ---
  OutputQueue& output() { return output_; }
  // Sends what the socket takes now and the rest as it can. OnOutput never comes from inside.
  void FlushNow();
  void FlushSoon();
  // Sends `bytes` behind the queue at once, copying only what the socket does not take.
  void WriteThrough(std::string_view bytes);
  uint64_t bytes_out() const { return bytes_out_; }
  // The socket was full: what is in the queue has been offered and must stay as it is.
  bool output_offered() const { return waiting_writable_; }

  void ShutdownSend();
  void Close(bool reset = false);
  bool closed() const { return closed_; }

  // TransportEvents
  void OnRead(size_t bytes, bool failed) override;
  void OnWritable() override;

 private:
  void Send(std::span<const iovec> pieces);
  void Broke();

  Reactor& reactor_;
  std::unique_ptr<Transport> transport_;
  ByteStreamEvents* events_ = nullptr;
  InputBuffer buffer_;
  OutputQueue output_;
  size_t capacity_wanted_ = 0;
  uint64_t bytes_in_ = 0;
  uint64_t bytes_out_ = 0;
  bool reading_ = false;
  bool waiting_writable_ = false;
  bool flush_posted_ = false;
  bool shutdown_wanted_ = false;
  bool ended_ = false;
  bool broken_ = false;
  bool closed_ = false;
};

}  // namespace bedplate::net
