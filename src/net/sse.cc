#include "net/sse.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <bit>
#include <cstddef>

namespace bedplate::net {

namespace {

// Where the first CR or LF stands, or npos. Sixteen bytes at a step.
size_t FindLineEnd(std::string_view text) {
  size_t at = 0;
#ifdef __SSE2__
  for (; text.size() - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text.data() + at));
    const __m128i line_feeds = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n'));
    const __m128i returns = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\r'));
    const int ends = _mm_movemask_epi8(_mm_or_si128(line_feeds, returns));
    if (ends != 0) return at + static_cast<size_t>(std::countr_zero(static_cast<unsigned>(ends)));
  }
#endif
  for (; at < text.size(); ++at) {
    if (text[at] == '\n' || text[at] == '\r') return at;
  }
  return std::string_view::npos;
}

}  // namespace

void SseParser::Feed(std::string_view bytes) { fed_ = bytes; }

// The next whole line, without its end (CR, LF or CR LF).
bool SseParser::TakeLine(std::string_view& line) {
  if (skip_line_feed_ && !fed_.empty()) {
    if (fed_.front() == '\n') fed_.remove_prefix(1);
    skip_line_feed_ = false;
  }
  const auto end = FindLineEnd(fed_);
  if (end == std::string_view::npos) {
    partial_.append(fed_);
    fed_ = {};
    return false;
  }
  line = fed_.substr(0, end);
  if (!partial_.empty()) {
    partial_.append(line);
    line_.swap(partial_);
    partial_.clear();
    line = line_;
  }
  const bool carriage_return = fed_[end] == '\r';
  fed_.remove_prefix(end + 1);
  if (carriage_return) {
    if (fed_.empty()) {
      skip_line_feed_ = true;
    } else if (fed_.front() == '\n') {
      fed_.remove_prefix(1);
    }
  }
  return true;
}

void SseParser::Field(std::string_view line) {
  const auto colon = line.find(':');
  const auto name = line.substr(0, colon);
  auto value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "data") {
    if (data_lines_++ == 0) {
      // One line in one piece, the usual event, is not copied.
      data_borrowed_ = line.data() != line_.data();
      if (data_borrowed_) {
        data_ = value;
      } else {
        data_joined_.assign(value);
        data_ = data_joined_;
      }
      return;
    }
    if (data_borrowed_) data_joined_.assign(data_);
    data_borrowed_ = false;
    data_joined_.push_back('\n');
    data_joined_.append(value);
    data_ = data_joined_;
  } else if (name == "event") {
    name_ = value;
  } else if (name == "id" && value.find('\0') == std::string_view::npos) {
    id_ = value;
  }
}

Result<std::optional<SseEvent>> SseParser::Next() {
  if (dispatched_) {
    dispatched_ = data_borrowed_ = false;
    data_ = {};
    data_lines_ = 0;
    name_.clear();
  }
  std::string_view line;
  while (!failed_ && TakeLine(line)) {
    if (start_) {
      start_ = false;
      if (line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    }
    if (line.size() + data_.size() > event_bytes_max_) {
      failed_ = true;
      break;
    }
    if (!line.empty()) {
      Field(line);
      continue;
    }
    if (data_lines_ == 0) {  // an event without data is none
      name_.clear();
      continue;
    }
    dispatched_ = true;
    return SseEvent{.name = name_, .data = data_, .id = id_};
  }
  if (failed_ || partial_.size() + data_.size() > event_bytes_max_) {
    failed_ = true;
    return Fail(Fault::kModelError, "A server-sent event is longer than " +
                                        std::to_string(event_bytes_max_) + " bytes");
  }
  if (data_borrowed_) {  // the bytes go now, and the event is not whole
    data_joined_.assign(data_);
    data_ = data_joined_;
    data_borrowed_ = false;
  }
  return std::nullopt;
}

bool SseParser::AtBoundary() const {
  return fed_.empty() && partial_.empty() && (data_lines_ == 0 || dispatched_) &&
         (name_.empty() || dispatched_);
}

Task<Result<std::optional<SseEvent>>> SseReader::Next() {
  for (;;) {
    auto event = parser_.Next();
    if (!event || *event) co_return event;
    const auto chunk = co_await body_.Next();
    if (!chunk) co_return std::unexpected(chunk.error());
    if (chunk->empty()) co_return std::nullopt;
    parser_.Feed(*chunk);
  }
}

void AppendSseEvent(std::string& out, std::string_view data, std::string_view name) {
  if (!name.empty()) out.append("event: ").append(name).append("\n");
  for (;;) {
    const auto end = data.find_first_of("\r\n");
    out.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    const bool both = data[end] == '\r' && data.substr(end + 1).starts_with('\n');
    data.remove_prefix(end + (both ? 2 : 1));
  }
  out.append("\n");
}

}  // namespace bedplate::net
