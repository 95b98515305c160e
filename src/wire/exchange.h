// One request between its decoding and its answer: what the generated call of an operation needs.
// The dispatcher makes it; handlers never see it.
//
// Threads: lives on the reactor thread of its request.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http.h"
#include "net/task.h"
#include "wire/call.h"
#include "wire/error.h"
#include "wire/event_frame.h"
#include "wire/input_events.h"
#include "wire/member_texts.h"
#include "wire/permits.h"
#include "wire/router.h"

namespace bedplate::wire {

class Exchange {
 public:
  // All must outlive the exchange. `body` is whole; where the operation's input is made of events,
  // it is empty and they are in `events`, which is null for all others; likewise `source`, where
  // the input's payload is streamed.
  Exchange(const Match& match, const Call& call, const net::Request& request, std::string_view body,
           InputEvents* events, net::Responder& responder, BodySource* source = nullptr);

  // Decodes the request into the operation's input object and validates it.
  Result<void> ReadInput(void* object);
  // What has to be asked of a request without an input; ReadInput does so for the others.
  Result<void> ReadNothing();
  // Whether the caller may, by the rules of the operation and what ReadInput or ReadNothing read.
  // Nothing when the answer has to be waited for: then CheckPermits.
  std::optional<Result<void>> TryCheckPermits();
  net::Task<Result<void>> CheckPermits();
  // Takes the next event of the input into `event`, an object of its union, and validates it.
  // False when the client has sent all. Errors: as EventSource::Next.
  net::Task<Result<bool>> ReadEvent(void* event);

  // The streamed payload of the input; null where nobody gave one.
  BodySource* source() const { return source_; }

  // Sends the operation's output object (null: it has none).
  net::Task<Result<void>> SendOutput(const void* object);
  // The error that a failure of the handler becomes, given what was sent so far.
  WireError ErrorOf(const Error& error) const;
  // Sends an error: as the whole answer, or, once a stream is open, as the event that ends it.
  // Does nothing after an answer was sent whole: that the client did not take it is no new answer.
  net::Task<Result<void>> SendError(const WireError& error);

  // Event streams. `output` may be null; OpenStream does nothing when the stream is open.
  net::Task<Result<void>> OpenStream(const void* output);
  net::Task<Result<void>> EmitEvent(const void* event);
  // As EmitEvent, when it need not wait; nothing when it must, and then nothing was sent.
  std::optional<Result<void>> TryEmitEvent(const void* event);
  // Ends the stream, opening it first when no event was sent.
  net::Task<Result<void>> FinishStream();

  // Streamed payloads of outputs, `bytes` long.
  net::Task<Result<void>> OpenBody(const void* output, uint64_t bytes);
  net::Task<Result<void>> WriteBody(std::string_view bytes);
  // Fails with kInternal when no body was opened.
  net::Task<Result<void>> FinishBody();

  // Facades (facade_exchange.h).
  const net::Request& request() const { return request_; }
  std::string_view body() const { return body_; }
  const Match& match() const { return match_; }
  // What an error of the handler's says beside its message, in protocols that have a place for it.
  void Explain(std::string code, std::string member);
  net::Task<Result<void>> SendJson(std::string json);
  // Server-sent events, `count` of them, already framed; the first call opens the stream.
  net::Task<Result<void>> WriteEvents(std::string_view events, uint64_t count);
  // As WriteEvents, when it need not wait; nothing when it must, and then nothing was sent.
  std::optional<Result<void>> TryWriteEvents(std::string_view events, uint64_t count);

  bool stream_open() const { return stream_open_; }
  uint64_t events() const { return events_; }
  int status() const { return status_; }  // of what was sent; 0 before

 private:
  net::Task<Result<void>> EmitFirstEvent(const void* event);
  Result<void> MakeFrame(const void* event);
  Result<void> MakeErrorFrame(const WireError& error);
  Result<void> NoteAsks(const MemberTexts& texts);
  // kInternal before all that the operation's rules say was asked: no success is sent then.
  Result<void> CheckAsked() const;
  void AddCommonHeaders(net::Headers& headers) const;

  const Match& match_;
  const Call& call_;
  const net::Request& request_;
  std::string_view body_;
  InputEvents* const input_events_;
  BodySource* const source_;
  net::Responder& responder_;
  std::vector<Ask> asks_;  // by the rules; gone when they were answered
  std::optional<WireError> read_failure_;
  std::string error_code_;    // see Explain
  std::string error_member_;  // likewise
  std::string frame_;         // kept between events for its memory
  bool stream_open_ = false;
  bool body_open_ = false;
  bool answered_ = false;  // nothing more may be sent
  uint64_t events_ = 0;
  int status_ = 0;
};

}  // namespace bedplate::wire
