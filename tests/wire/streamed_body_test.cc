// Payloads that are streamed: what a handler reads and writes piece by piece.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "tests/wire/sample_service.h"

namespace bedplate::wire {
namespace {

class Pieces final : public BodySource {
 public:
  explicit Pieces(std::deque<std::string> pieces) : pieces_(std::move(pieces)) {}
  std::optional<uint64_t> size() const override { return std::nullopt; }
  net::Task<Result<std::string_view>> Next() override {
    if (pieces_.empty()) co_return std::string_view();
    current_ = std::move(pieces_.front());
    pieces_.pop_front();
    if (current_ == "!") co_return Fail(Fault::kValidation, "The body is cut");
    co_return current_;
  }
  std::optional<std::string_view> Trailer(std::string_view) const override { return std::nullopt; }

 private:
  std::deque<std::string> pieces_;
  std::string current_;
};

net::Request RequestOf(std::string method, std::string name) {
  net::Request request;
  request.method = std::move(method);
  request.target = "/stores/" + std::move(name);
  return request;
}

TEST(StreamedBody, AHandlerReadsItPieceByPiece) {
  SampleServer server;
  Pieces pieces({"ab", "c"});
  const Outcome outcome = server.Serve(RequestOf("PUT", "x"), {}, nullptr, &pieces);
  EXPECT_EQ(outcome.status, 201);
  EXPECT_EQ(server.handler.stored, "abc");
  EXPECT_EQ(server.responder.response.body, "{\"count\":3}");
}

TEST(StreamedBody, AFailureOfTheBodyIsTheAnswer) {
  SampleServer server;
  Pieces pieces({"ab", "!"});
  const Outcome outcome = server.Serve(RequestOf("PUT", "x"), {}, nullptr, &pieces);
  EXPECT_EQ(outcome.status, 400);
  EXPECT_EQ(outcome.error_message, "The body is cut");
}

TEST(StreamedBody, WithoutOneTheServerIsAtFault) {
  SampleServer server;
  EXPECT_EQ(server.Serve(RequestOf("PUT", "x")).status, 500);
}

TEST(StreamedBody, AHandlerWritesAsMuchAsItSaid) {
  SampleServer server;
  EXPECT_EQ(server.Serve(RequestOf("GET", "x")).status, 200);
  const auto& response = server.responder.response;
  EXPECT_EQ(response.body, "halffull");
  EXPECT_EQ(response.headers.Find("content-length"), "8");
  EXPECT_EQ(response.headers.Find("x-tag"), "t");
  EXPECT_EQ(response.headers.Find("x-amzn-requestid"), "request-1");
  EXPECT_TRUE(server.responder.finished);
  SampleServer other;
  EXPECT_EQ(other.Serve(RequestOf("GET", "part")).status, 206);
  EXPECT_EQ(other.responder.response.status, 206);
}

TEST(StreamedBody, AFailureBeforeTheFirstByteIsAnOrdinaryError) {
  SampleServer server;
  const Outcome outcome = server.Serve(RequestOf("GET", "gone"));
  EXPECT_EQ(outcome.status, 404);
  EXPECT_EQ(server.responder.answers, 1);
}

TEST(StreamedBody, AFailureLaterCutsTheAnswer) {
  SampleServer server;
  const Outcome outcome = server.Serve(RequestOf("GET", "short"));
  EXPECT_EQ(outcome.error_message, "The disk broke");
  EXPECT_EQ(server.responder.response.body, "half");
  EXPECT_EQ(server.responder.answers, 1);
  EXPECT_FALSE(server.responder.finished);
}

TEST(StreamedBody, AHandlerThatOpensNoneIsAtFault) {
  SampleServer server;
  EXPECT_EQ(server.Serve(RequestOf("GET", "never")).status, 500);
}

}  // namespace
}  // namespace bedplate::wire
