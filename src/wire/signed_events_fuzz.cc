// Frames of signed events from outside: never crash, and nobody who does not know the key makes one
// that is taken for signed.
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/testing/fake_clock.h"
#include "wire/big_endian.h"
#include "wire/signed_events.h"

using namespace bedplate;
using namespace bedplate::wire;
using event_stream::Bytes;
using event_stream::Frame;
using event_stream::TimestampMs;

namespace {

constexpr std::string_view kScope = "20231114/us-east-1/bedrock/aws4_request";
constexpr size_t kDateBytes = 8;

}  // namespace

// The input: :date, a byte that says how long the signature is, the signature, the payload.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (input.size() <= kDateBytes) return 0;
  const size_t signature_bytes = data[kDateBytes];
  const auto signature = input.substr(kDateBytes + 1, signature_bytes);
  Frame frame;
  frame.headers = {{":date", TimestampMs{LoadBigEndian<int64_t>(input.data())}},
                   {":chunk-signature", Bytes{signature}}};
  frame.payload = input.substr(kDateBytes + 1 + signature.size());
  const FakeClock clock;
  SignedEvents events({sigv4::Digest{}, kScope, "seed"}, "20231114", clock);
  if (events.Open(frame)) std::abort();
  frame.headers.front().value = input;
  if (events.Open(frame)) std::abort();
  return 0;
}
