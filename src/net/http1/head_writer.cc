#include "net/http1/head_writer.h"

#include <charconv>

#include "net/http_date.h"
#include "net/status_text.h"

namespace bedplate::net::http1 {

namespace {

void AppendNumber(std::string& out, uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof(digits), number).ptr;
  out.append(digits, end);
}

}  // namespace

void AppendHead(std::string& out, const HeadPlan& plan, const Headers& headers) {
  out.append("HTTP/1.1 ");
  AppendNumber(out, static_cast<uint64_t>(plan.status));
  out.push_back(' ');
  out.append(StatusText(plan.status));
  out.append("\r\n");
  for (const auto& [name, value] : headers) {
    if (IsServersWork(name)) continue;
    out.append(name);
    out.append(": ");
    AppendHeaderValue(out, value);
    out.append("\r\n");
  }
  out.append("date: ");
  out.append(HttpDate());
  out.append("\r\n");
  switch (plan.framing) {
    case BodyFraming::kLength:
      out.append("content-length: ");
      AppendNumber(out, plan.length);
      out.append("\r\n");
      break;
    case BodyFraming::kChunked:
      out.append("transfer-encoding: chunked\r\n");
      break;
    case BodyFraming::kNone:
    case BodyFraming::kUntilClose:
      break;
  }
  if (plan.close) {
    out.append("connection: close\r\n");
  } else if (plan.keep_alive_told) {
    out.append("connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

}  // namespace bedplate::net::http1
