#include "wire/aws_chunked.h"

#include <algorithm>
#include <charconv>

#include "net/text.h"

namespace bedplate::wire {
namespace {

using sigv4::AuthFault;
using sigv4::AuthResult;
using sigv4::PayloadKind;
using sigv4::Refuse;

constexpr std::string_view kSignatureName = "x-amz-trailer-signature";

auto WrongSignature(std::string_view of) {
  return Refuse(AuthFault::kInvalidSignature,
                "The " + std::string(of) +
                    " signature we calculated does not match the signature you provided. Each "
                    "chunk must be sent once, unchanged and in the order it was signed.");
}

}  // namespace

AwsChunkedDecoder::AwsChunkedDecoder(Options options) : options_(std::move(options)) {}

AuthResult<> AwsChunkedDecoder::Malformed(std::string message) {
  return Refuse(AuthFault::kMalformedBody,
                "The aws-chunked body is not valid: " + std::move(message) + ".");
}

AuthResult<> AwsChunkedDecoder::Push(std::string_view bytes, std::string& out) {
  if (state_ == State::kRefused) return Malformed("it was refused before");
  while (!bytes.empty()) {
    if (auto step = Step(bytes, out); !step) {
      state_ = State::kRefused;
      return step;
    }
  }
  return {};
}

AuthResult<> AwsChunkedDecoder::Finish() {
  if (state_ == State::kRefused) return Malformed("it was refused before");
  if (state_ == State::kEnd) return {};
  state_ = State::kRefused;
  return Malformed("it ends before its last chunk and trailer do");
}

AuthResult<> AwsChunkedDecoder::Step(std::string_view& bytes, std::string& out) {
  switch (state_) {
    case State::kData:
      TakeData(bytes, out);
      return {};
    case State::kEnd:
      return Malformed("there are bytes after its end");
    case State::kRefused:
      return Malformed("it was refused before");
    case State::kChunkHead:
    case State::kDataEnd:
    case State::kTrailer:
      break;
  }
  const auto complete = TakeLine(bytes);
  if (!complete) return std::unexpected(complete.error());
  if (!*complete) return {};
  AuthResult<> read;
  if (state_ == State::kChunkHead) {
    read = ReadChunkHead();
  } else if (state_ == State::kTrailer) {
    read = ReadTrailerLine();
  } else {
    read = line_.empty() ? EndChunk() : Malformed("a chunk is longer than its length says");
  }
  line_.clear();
  return read;
}

AuthResult<bool> AwsChunkedDecoder::TakeLine(std::string_view& bytes) {
  const size_t newline = bytes.find('\n');
  const size_t taken = newline == std::string_view::npos ? bytes.size() : newline + 1;
  if (line_.size() + taken > kLineBytesMax) {
    return std::unexpected(
        Malformed("a line is longer than " + std::to_string(kLineBytesMax) + " bytes").error());
  }
  line_.append(bytes.substr(0, taken));
  bytes.remove_prefix(taken);
  if (newline == std::string_view::npos) return false;
  if (!line_.ends_with("\r\n")) {
    return std::unexpected(Malformed("a line does not end with CR LF").error());
  }
  line_.resize(line_.size() - 2);
  return true;
}

AuthResult<> AwsChunkedDecoder::ReadChunkHead() {
  const std::string_view head = line_;
  const size_t semicolon = std::min(head.find(';'), head.size());
  const auto length = head.substr(0, semicolon);
  const auto [end, error] =
      std::from_chars(length.data(), length.data() + length.size(), chunk_rest_, 16);
  if (error != std::errc() || end != length.data() + length.size()) {
    return Malformed("'" + std::string(length.substr(0, 32)) + "' is not a chunk's length");
  }
  if (chunk_rest_ > options_.decoded_bytes - decoded_) {
    return Malformed("its chunks hold more than the " + std::to_string(options_.decoded_bytes) +
                     " bytes of x-amz-decoded-content-length");
  }
  constexpr std::string_view kName = "chunk-signature=";
  const auto extension = head.substr(std::min(semicolon + 1, head.size()));
  if (options_.signatures) {
    if (!extension.starts_with(kName)) return Malformed("a chunk has no chunk-signature");
    chunk_signature_ = extension.substr(kName.size());
  }
  last_chunk_ = chunk_rest_ == 0;
  if (!last_chunk_) {
    state_ = State::kData;
    return {};
  }
  if (decoded_ != options_.decoded_bytes) {
    return Malformed("its chunks hold " + std::to_string(decoded_) + " bytes, not the " +
                     std::to_string(options_.decoded_bytes) + " of x-amz-decoded-content-length");
  }
  return EndChunk();
}

void AwsChunkedDecoder::TakeData(std::string_view& bytes, std::string& out) {
  const size_t taken = std::min<uint64_t>(chunk_rest_, bytes.size());
  const auto data = bytes.substr(0, taken);
  if (options_.signatures) chunk_hash_.Update(data);
  out.append(data);
  bytes.remove_prefix(taken);
  chunk_rest_ -= taken;
  decoded_ += taken;
  if (chunk_rest_ == 0) state_ = State::kDataEnd;
}

AuthResult<> AwsChunkedDecoder::EndChunk() {
  state_ = last_chunk_ ? State::kTrailer : State::kChunkHead;
  if (!options_.signatures) return {};
  const auto expected = options_.signatures->NextChunk(chunk_hash_.Finish());
  if (!sigv4::EqualInConstantTime(expected, chunk_signature_)) return WrongSignature("chunk");
  return {};
}

AuthResult<> AwsChunkedDecoder::ReadTrailerLine() {
  if (line_.empty()) return EndTrailer();
  if (options_.kind == PayloadKind::kChunks) return Malformed("it has an undeclared trailer");
  const size_t colon = line_.find(':');
  if (colon == std::string::npos) return Malformed("a trailing header has no colon");
  if (!trailer_signature_.empty()) {
    return Malformed("a trailing header stands behind " + std::string(kSignatureName));
  }
  auto name = net::ToLower(net::TrimBlanks(std::string_view(line_).substr(0, colon)));
  const auto value = net::TrimBlanks(std::string_view(line_).substr(colon + 1));
  if (name == kSignatureName && options_.kind == PayloadKind::kChunksTrailer) {
    trailer_signature_ = value;
    return {};
  }
  if (!net::ListHas(options_.trailer_names, name)) {
    return Malformed("trailing header '" + name.substr(0, 64) +
                     "' is not announced in x-amz-trailer");
  }
  const bool twice =
      std::ranges::find(trailers_, name, &sigv4::HeaderField::first) != trailers_.end();
  if (twice || trailers_.size() == kTrailersMax) {
    return Malformed("trailing header '" + name.substr(0, 64) + "' is one too many");
  }
  trailers_.emplace_back(std::move(name), value);
  return {};
}

AuthResult<> AwsChunkedDecoder::EndTrailer() {
  state_ = State::kEnd;
  if (options_.kind != PayloadKind::kChunksTrailer) return {};
  std::string canonical;
  for (const auto& [name, value] : trailers_) {
    canonical.append(name).append(":").append(value).append("\n");
  }
  const auto expected = options_.signatures->Trailer(canonical);
  if (!sigv4::EqualInConstantTime(expected, trailer_signature_)) return WrongSignature("trailer");
  return {};
}

}  // namespace bedplate::wire
