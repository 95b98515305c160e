// Operations whose input is made of events, from the connection to their handler.
#include "gateway/event_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/fake_clock.h"
#include "gateway/gateway.h"
#include "gateway/testing/test_support.h"
#include "wire/big_endian.h"
#include "wire/event_stream.h"
#include "wire/exchange.h"
#include "wire/reader.h"
#include "wire/sigv4/event_signature.h"
#include "wire/sigv4/signing_key.h"
#include "wire/writer.h"

namespace bedplate::gateway {
namespace {

namespace sigv4 = wire::sigv4;
using testing::HasSubstr;

constexpr std::string_view kEvents = "STREAMING-AWS4-HMAC-SHA256-EVENTS";

// A union of one event that holds nothing: what stands in frames is not the gateway's business.
void ReadNothing(void*, uint32_t, wire::ShapeReader& reader);
constexpr wire::Shape kEmpty{.name = "Empty", .kind = wire::Kind::kStructure};
constexpr wire::Member kMembers[] = {{.name = "chunk", .wire_name = "chunk", .shape = &kEmpty}};
void WriteChunk(const void*, wire::ShapeWriter& writer) {
  if (writer.BeginMember(kMembers[0])) writer.Structure(kEmpty, nullptr);
}
const wire::Shape kUnion{.name = "Events",
                         .kind = wire::Kind::kStructure,
                         .traits = wire::kUnion | wire::kEventStream,
                         .members = kMembers,
                         .member_count = 1,
                         .read = ReadNothing,
                         .write = WriteChunk};
void ReadNothing(void*, uint32_t, wire::ShapeReader& reader) { reader.Structure(kEmpty, nullptr); }

struct TestHandler {
  int events = 0;
  std::function<void()> between = [] {};
};

// Counts the events until there are no more.
net::Task<Result<void>> Invoke(void* handler, const wire::Call& call, wire::Exchange& exchange) {
  call.permission->NoteAsked();  // as what calls handlers does (wire/invoke.h)
  auto& counting = *static_cast<TestHandler*>(handler);
  for (;;) {
    const auto event = co_await exchange.ReadEvent(nullptr);
    if (!event) co_return std::unexpected(event.error());
    if (!*event) co_return co_await exchange.SendOutput(nullptr);
    ++counting.events;
    counting.between();
  }
}

const std::array<wire::Operation, 2> kOperations = {{
    {.name = "Talk",
     .method = "POST",
     .uri = "/model/{modelId}/talk",
     .input_events = &kUnion,
     .invoke = Invoke},
    {.name = "Converse", .method = "POST", .uri = "/model/{modelId}/converse", .invoke = Invoke},
}};
const wire::Service kRuntime{.name = "bedrock-runtime",
                             .id = "Bedrock Runtime",
                             .signing_name = "bedrock",
                             .endpoint_prefix = "bedrock-runtime",
                             .protocol = wire::Protocol::kRestJson,
                             .bearer = true,
                             .operations = kOperations};
const std::array<const wire::Service*, 1> kServices = {&kRuntime};

std::string Event() {
  std::string frame;
  EXPECT_TRUE(wire::event_stream::AppendEvent(frame, "chunk", "application/json", "{}"));
  return frame;
}

// The signature of a request that was signed.
std::string SignatureOf(const TestRequest& test) {
  for (const auto& [name, value] : test.headers) {
    if (name == "authorization") return value.substr(value.rfind('=') + 1);
  }
  return {};
}

class EventInputTest : public testing::Test {
 protected:
  EventInputTest() {
    dispatcher_.Register(kRuntime, &handler_);
    options_.region = kTestRegion;
    options_.account = kTestRoot.account;
    test_.target = "/model/a.model-v1%3A0/talk";
  }

  KeepingResponder Serve(std::deque<std::string> pieces, std::optional<Error> failure = {}) {
    Gateway gateway(options_, Parts{router_, dispatcher_, kServices, identities_, clock_});
    net::Request request = test_.ToRequest();
    request.version = version_;
    PiecesBody body(std::move(pieces));
    body.failure = std::move(failure);
    request.body = &body;
    KeepingResponder responder;
    RunTask(gateway.Handle(request, responder));
    taken_ = body.taken;
    return responder;
  }
  void SignFor(std::string_view payload) {
    test_.headers.emplace_back("x-amz-content-sha256", payload);
    test_.payload_hash = payload;
    test_.Sign();
  }
  void UseBearerKey() {
    test_.headers.emplace_back("authorization", "Bearer " + kTestRoot.bearer_key);
  }
  // The frames that sign these events, in order.
  std::deque<std::string> Sign(const std::vector<std::string>& events) {
    sigv4::EventSignatures chain(
        sigv4::MakeSigningKey(kTestRoot.secret_access_key, "20231114", kTestRegion, "bedrock"),
        "20231114/us-east-1/bedrock/aws4_request", SignatureOf(test_));
    std::deque<std::string> frames;
    for (const std::string& event : events) {
      const int64_t ms = test_.now.time_since_epoch().count() * 1000;
      std::string header("\x05:date\x08", 7);
      wire::AppendBigEndian(header, ms);
      const auto signature = chain.Next(test_.now, header, event);
      wire::event_stream::FrameWriter frame(frames.emplace_back());
      frame.TypedHeader(":date", wire::event_stream::TimestampMs{ms});
      frame.TypedHeader(":chunk-signature", wire::event_stream::Bytes{sigv4::BytesOf(signature)});
      frame.Payload().append(event);
      EXPECT_TRUE(frame.Finish());
    }
    return frames;
  }
  static std::string ErrorOf(const KeepingResponder& responder) {
    return std::to_string(responder.answer.status) + " " + responder.Header("x-amzn-errortype") +
           " " + responder.answer.body;
  }

  FakeClock clock_;
  account::Identities identities_{kTestRoot};
  wire::Router router_{kServices};
  wire::Dispatcher dispatcher_;
  TestHandler handler_;
  Options options_;
  TestRequest test_;
  net::HttpVersion version_ = net::HttpVersion::kHttp2;
  size_t taken_ = 0;
};

TEST_F(EventInputTest, CarriesPlainEventsOfABearerKeyAndOfAnUnsignedPayload) {
  UseBearerKey();
  EXPECT_EQ(Serve({Event() + Event(), Event()}).answer.status, 200);
  EXPECT_EQ(handler_.events, 3);
  test_.headers.clear();
  SignFor("UNSIGNED-PAYLOAD");
  EXPECT_EQ(Serve({Event()}).answer.status, 200);
  EXPECT_EQ(handler_.events, 4);
}

TEST_F(EventInputTest, CarriesSignedEvents) {
  SignFor(kEvents);
  EXPECT_EQ(Serve(Sign({Event(), Event(), ""})).answer.status, 200);
  EXPECT_EQ(handler_.events, 2);
}

TEST_F(EventInputTest, RefusesEventsThatAreNotSignedWhereTheHeadSaysThatTheyAre) {
  SignFor(kEvents);
  EXPECT_THAT(ErrorOf(Serve({Event()})),
              testing::AllOf(HasSubstr("403 AccessDeniedException"), HasSubstr("not signed")));
  auto frames = Sign({Event(), Event(), ""});
  frames.erase(frames.begin() + 1);
  EXPECT_THAT(ErrorOf(Serve(frames)), HasSubstr("The event signature we calculated"));
  EXPECT_EQ(handler_.events, 1);
}

TEST_F(EventInputTest, RefusesASignatureOfABodyThatIsNeverWhole) {
  test_.Sign();
  EXPECT_THAT(ErrorOf(Serve({Event()})), HasSubstr("403 InvalidSignatureException"));
  test_.headers.clear();
  SignFor(std::string(64, 'a'));
  EXPECT_THAT(ErrorOf(Serve({Event()})), HasSubstr("its body is never whole"));
  EXPECT_EQ(taken_, 0u);
  EXPECT_EQ(handler_.events, 0);
}

TEST_F(EventInputTest, NeedsHttp2) {
  UseBearerKey();
  version_ = net::HttpVersion::kHttp11;
  EXPECT_THAT(ErrorOf(Serve({Event()})),
              testing::AllOf(HasSubstr("400 ValidationException"), HasSubstr("Talk needs HTTP/2")));
}

// Nothing would check the events: they would be the body, unsigned.
TEST_F(EventInputTest, RefusesTheSignatureOfEventsElsewhere) {
  test_.target = "/model/a.model-v1%3A0/converse";
  SignFor(kEvents);
  EXPECT_THAT(ErrorOf(Serve({Event()})),
              testing::AllOf(HasSubstr("403 InvalidSignatureException"),
                             HasSubstr("only operations take whose input is an event stream")));
  EXPECT_EQ(taken_, 0u);
}

TEST_F(EventInputTest, BoundsBytesMemoryAndTime) {
  UseBearerKey();
  options_.body_bytes_max = Event().size() * 2;
  EXPECT_THAT(ErrorOf(Serve({Event(), Event(), Event()})), HasSubstr("400 ValidationException"));
  EXPECT_EQ(handler_.events, 2);
  options_.body_bytes_max = 25'000'000;
  options_.bodies = std::make_shared<ByteBudget>(1);
  EXPECT_THAT(ErrorOf(Serve({Event(), std::string(70'000, 'x')})),
              HasSubstr("429 ThrottlingException"));
  options_.bodies = std::make_shared<ByteBudget>(1 << 30);
  handler_.events = 0;
  handler_.between = [this] { clock_.Advance(std::chrono::seconds(200)); };
  EXPECT_THAT(ErrorOf(Serve({Event(), Event(), Event(), Event()})),
              testing::AllOf(HasSubstr("408 ModelTimeoutException"), HasSubstr("open for 480 s")));
  EXPECT_EQ(handler_.events, 3);
}

TEST_F(EventInputTest, SaysThatNoEventCame) {
  UseBearerKey();
  EXPECT_THAT(
      ErrorOf(Serve({Event()}, Error{Fault::kModelTimeout, "too slow"})),
      testing::AllOf(HasSubstr("408 ModelTimeoutException"), HasSubstr("No event came for 300 s")));
}

}  // namespace
}  // namespace bedplate::gateway
