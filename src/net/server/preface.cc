#include "net/server/preface.h"

#include <algorithm>

namespace bedplate::net {

Preface::Preface(Ticker& ticker, ByteStream& stream, std::chrono::milliseconds idle,
                 std::chrono::milliseconds head)
    : Ticker::Entry(ticker), stream_(stream), head_(head) {
  stream_.Attach(this);
  SetDeadlineIn(idle);
}

Preface::~Preface() { stream_.Attach(nullptr); }

Task<bool> Preface::IsHttp2() {
  for (bool begun = false;;) {
    const auto input = stream_.input();
    const auto size = std::min(input.size(), kHttp2Preface.size());
    if (input.substr(0, size) != kHttp2Preface.substr(0, size)) co_return false;
    if (size == kHttp2Preface.size()) co_return true;
    if (stream_.ended() || stream_.closed()) co_return false;
    if (size > 0 && !begun) {
      begun = true;
      SetDeadlineIn(head_);
    }
    stream_.KeepReading();
    co_await waiter_.Wait();
  }
}

void Preface::OnDeadline() {
  stream_.Close();
  waiter_.NotifyNow();
}

}  // namespace bedplate::net
