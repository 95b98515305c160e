#include "net/sse.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace bedplate::net {
namespace {

struct Seen {
  std::string name, data, id;
  bool operator==(const Seen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << "{" << seen.name << "|" << seen.data << "|" << seen.id << "}";
}

// Feeds `pieces` one after the other.
std::vector<Seen> Parse(const std::vector<std::string>& pieces, SseParser& parser) {
  std::vector<Seen> seen;
  for (const auto& piece : pieces) {
    // A copy of exactly this size, freed afterwards: a view kept too long is found by the
    // sanitizers.
    const auto bytes = std::make_unique<char[]>(piece.size());
    std::copy(piece.begin(), piece.end(), bytes.get());
    parser.Feed({bytes.get(), piece.size()});
    for (;;) {
      const auto event = parser.Next();
      EXPECT_TRUE(event) << event.error().message;
      if (!event || !*event) break;
      seen.push_back(
          {std::string((*event)->name), std::string((*event)->data), std::string((*event)->id)});
    }
  }
  return seen;
}

std::vector<Seen> Parse(const std::vector<std::string>& pieces) {
  SseParser parser;
  return Parse(pieces, parser);
}

TEST(SseParser, ReadsWhatTheSpecificationShows) {
  EXPECT_EQ(Parse({"data: YHOO\ndata: +2\ndata: 10\n\n"}),
            (std::vector<Seen>{{"", "YHOO\n+2\n10", ""}}));
  EXPECT_EQ(Parse({": a comment\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n"}),
            (std::vector<Seen>{{"", "first event", "1"}, {"", "second event", ""}}));
  EXPECT_EQ(Parse({"event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n"}),
            (std::vector<Seen>{{"add", "73857293", ""}, {"remove", "2153", ""}}));
  // An event without data is none; a data field without a value is an empty line.
  EXPECT_EQ(Parse({"event: x\n\ndata\n\ndata\ndata\n\ndata:"}),
            (std::vector<Seen>{{"", "", ""}, {"", "\n", ""}}));
}

TEST(SseParser, TakesEveryLineEndAndAByteOrderMark) {
  EXPECT_EQ(Parse({"\xEF\xBB\xBF"
                   "data: a\r\n\r\ndata: b\r\rdata: c\n\n"}),
            (std::vector<Seen>{{"", "a", ""}, {"", "b", ""}, {"", "c", ""}}));
}

TEST(SseParser, GivesTheSameEventsInAnyFragmentation) {
  const std::string stream =
      "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\n"
      "event: note\r\ndata: one\r\ndata: two\r\n\r\n"
      ": ping\n\nid: 7\rdata: caf\xC3\xA9\r\r"
      "data:\ndata:\n\ndata: [DONE]\n\n";
  const auto whole = Parse({stream});
  ASSERT_EQ(whole.size(), 5u);
  std::mt19937 random(20240611);
  for (int round = 0; round < 2'000; ++round) {
    std::vector<std::string> pieces;
    for (size_t at = 0; at < stream.size();) {
      const size_t size = 1 + random() % (round % 40 + 1);
      pieces.push_back(stream.substr(at, size));
      at += size;
    }
    EXPECT_EQ(Parse(pieces), whole) << "round " << round;
  }
}

TEST(SseParser, RefusesAnEventOverItsBoundHoweverItComes) {
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{200}}) {
    SseParser parser(64);
    const std::string line = "data: " + std::string(100, 'x') + "\n\n";
    bool failed = false;
    for (size_t at = 0; at < line.size() && !failed; at += piece) {
      const auto part = line.substr(at, piece);
      parser.Feed(part);
      failed = !parser.Next();
    }
    EXPECT_TRUE(failed) << piece;
    EXPECT_FALSE(parser.Next()) << "a failed parser stays failed";
  }
  // Many short lines of one event are bounded together.
  SseParser parser(64);
  const std::string lines =
      "data: 0123456789\ndata: 0123456789\ndata: 0123456789\ndata: 0123456789"
      "\ndata: 0123456789\ndata: 0123456789\n\n";
  parser.Feed(lines);
  EXPECT_FALSE(parser.Next());
}

TEST(SseParser, KnowsWhetherTheStreamMayEndHere) {
  SseParser parser;
  EXPECT_TRUE(parser.AtBoundary());
  Parse({"data: a\n"}, parser);
  EXPECT_FALSE(parser.AtBoundary());
  Parse({"\n"}, parser);
  EXPECT_TRUE(parser.AtBoundary());
  Parse({"dat"}, parser);
  EXPECT_FALSE(parser.AtBoundary());
}

TEST(AppendSseEvent, IsReadBackAsWritten) {
  std::string out;
  AppendSseEvent(out, "one\ntwo\r\nthree", "note");
  EXPECT_EQ(out, "event: note\ndata: one\ndata: two\ndata: three\n\n");
  AppendSseEvent(out, "");
  EXPECT_EQ(Parse({out}), (std::vector<Seen>{{"note", "one\ntwo\nthree", ""}, {"", "", ""}}));
}

}  // namespace
}  // namespace bedplate::net
