// One request and its answer on an HTTP/1.1 connection.
//
// Threads: the connection's reactor. Lives in the connection's coroutine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"
#include "net/http1/head_writer.h"
#include "net/http1/server_connection.h"

namespace bedplate::net::http1 {

class Exchange final : public BodyReader, public Responder {
 public:
  explicit Exchange(Http1Connection& connection);

  // BodyReader
  Task<Result<std::string_view>> Next() override;
  // Responder
  Task<Result<void>> Send(Response response) override;
  Task<Result<void>> Start(int status, Headers headers) override;
  Task<Result<void>> Write(std::string_view bytes) override;
  std::optional<Result<void>> TryWrite(std::string_view bytes) override;
  Task<Result<void>> Finish() override;

  // After the handler: answers what it left open, takes the rest of a small body. Whether the
  // connection can carry another request.
  Task<bool> Complete();
  // The answer had to be cut: the client must not take it for whole.
  bool cut() const { return started_ && !finished_; }
  bool cut_needs_reset() const { return cut() && framing_ == BodyFraming::kUntilClose; }

 private:
  Result<void> CheckOpen() const;
  bool MustClose() const;
  void AppendHeadFor(int status, const Headers& headers, BodyFraming framing, uint64_t length);
  Task<Result<void>> Settle();
  Result<void> AppendBody(std::string_view bytes);
  void AppendChunk(std::string_view bytes);
  bool ExtendChunk(std::string_view bytes);
  Error BodyError() const;

  Http1Connection& connection_;
  ByteStream& stream_;
  RequestParser& parser_;
  ParseFailure body_failure_;
  Fault body_fault_ = Fault::kValidation;
  BodyFraming framing_ = BodyFraming::kLength;
  uint64_t length_declared_ = 0;
  uint64_t length_written_ = 0;
  // The last chunk, of its data and with its framing; 0 when it left or may not grow.
  size_t chunk_data_bytes_ = 0;
  size_t chunk_bytes_ = 0;
  bool head_only_;
  bool bodiless_ = false;
  bool continue_sent_ = false;
  bool started_ = false;
  bool finished_ = false;
  bool close_ = false;
};

}  // namespace bedplate::net::http1
