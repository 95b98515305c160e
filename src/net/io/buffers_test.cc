#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "net/io/input_buffer.h"
#include "net/io/output_queue.h"
#include "net/io/peer_pace.h"

namespace bedplate::net {
namespace {

void Fill(InputBuffer& buffer, std::string_view bytes) {
  const auto room = buffer.Room();
  ASSERT_LE(bytes.size(), room.size());
  std::copy(bytes.begin(), bytes.end(), room.begin());
  buffer.Filled(bytes.size());
}

TEST(InputBuffer, WhatIsHeldStaysInPlace) {
  InputBuffer buffer(2048);
  Fill(buffer, std::string(1000, 'a') + std::string(500, 'b'));
  buffer.Hold(1000);
  const auto* held = buffer.input().data() - 1000;
  EXPECT_EQ(buffer.input(), std::string(500, 'b'));
  Fill(buffer, "more");
  EXPECT_EQ(std::string_view(held, 1000), std::string(1000, 'a'));
  EXPECT_EQ(buffer.input(), std::string(500, 'b') + "more");
  // Little room is none while something is held; once released, all but the rest is room.
  Fill(buffer, std::string(100, 'c'));
  EXPECT_TRUE(buffer.Room().empty());
  buffer.Release();
  EXPECT_EQ(buffer.Room().size(), 2048u - 604u);
  EXPECT_EQ(buffer.input(), std::string(500, 'b') + "more" + std::string(100, 'c'));
}

TEST(InputBuffer, GrowsWithItsBytes) {
  InputBuffer buffer(16);
  Fill(buffer, "0123456789abcdef");
  EXPECT_TRUE(buffer.full());
  EXPECT_TRUE(buffer.Room().empty());
  buffer.Consume(4);
  EXPECT_FALSE(buffer.full());
  buffer.Grow(32);
  EXPECT_EQ(buffer.input(), "456789abcdef");
  EXPECT_EQ(buffer.Room().size(), 20u);
}

// Whatever is done to it, it holds what a plain string would hold.
TEST(InputBuffer, KeepsItsBytesInAnyOrderOfCalls) {
  std::mt19937 random(17);
  for (int round = 0; round < 300; ++round) {
    InputBuffer buffer(1024);
    std::string model;
    size_t held = 0;
    char next = 0;
    for (int step = 0; step < 200; ++step) {
      switch (random() % 4) {
        case 0: {
          const auto room = buffer.Room();
          const auto size = room.empty() ? 0 : random() % (room.size() + 1);
          for (size_t i = 0; i < size; ++i) model.push_back(room[i] = next++);
          buffer.Filled(size);
          break;
        }
        case 1:
          if (held > 0) break;
          held = random() % (model.size() + 1);
          buffer.Hold(held);
          break;
        case 2:
          model.erase(0, held);
          held = 0;
          buffer.Release();
          break;
        default:
          if (held > 0) break;
          const auto size = random() % (model.size() + 1);
          buffer.Consume(size);
          model.erase(0, size);
      }
      ASSERT_EQ(buffer.input(), std::string_view(model).substr(held)) << round << " " << step;
    }
  }
}

TEST(OutputQueue, GivesBackWhatWasAppendedHoweverItIsTaken) {
  std::mt19937 random(23);
  for (int round = 0; round < 50; ++round) {
    OutputQueue queue;
    std::string model;
    char next = 0;
    for (int step = 0; step < 150; ++step) {
      if (random() % 3 > 0) {
        std::string bytes(random() % 5 == 0 ? random() % 20'000 : random() % 60, '\0');
        for (auto& c : bytes) c = next++;
        model += bytes;
        switch (random() % 3) {
          case 0:
            queue.Append(std::string_view(bytes));
            break;
          case 1:
            queue.Append(std::move(bytes));
            break;
          default:
            queue.Tail().append(bytes);
            queue.Appended(bytes.size());
        }
      } else if (!model.empty()) {
        const auto size = 1 + random() % model.size();
        queue.Consume(size);
        model.erase(0, size);
      }
      ASSERT_EQ(queue.size(), model.size());
      std::array<iovec, 1000> pieces;
      std::string seen;
      for (size_t i = 0, count = queue.Front(pieces); i < count; ++i) {
        seen.append(static_cast<const char*>(pieces[i].iov_base), pieces[i].iov_len);
      }
      ASSERT_EQ(seen, model) << round << " " << step;
    }
  }
}

TEST(OutputQueue, TheTailIsGivenWhileNoneOfItHasGone) {
  OutputQueue queue;
  EXPECT_EQ(queue.UnsentTail(1), nullptr);
  queue.Append(std::string_view("first"));
  queue.Append(std::string_view("second"));
  queue.Consume(5);
  std::string* tail = queue.UnsentTail(6);
  ASSERT_NE(tail, nullptr);
  EXPECT_TRUE(tail->ends_with("second"));
  EXPECT_EQ(queue.UnsentTail(7), nullptr);
  queue.Consume(1);
  EXPECT_EQ(queue.UnsentTail(6), nullptr);
  EXPECT_NE(queue.UnsentTail(5), nullptr);
  queue.Append(std::string(100'000, 'x'));  // moved in: not to be changed
  EXPECT_EQ(queue.UnsentTail(1), nullptr);
}

TEST(OutputQueue, MovesLargePiecesInsteadOfCopyingThem) {
  OutputQueue queue;
  queue.Append(std::string_view("head"));
  std::string large(100'000, 'x');
  const auto* bytes = large.data();
  queue.Append(std::move(large));
  queue.Append(std::string_view("tail"));
  std::array<iovec, 4> pieces;
  ASSERT_EQ(queue.Front(pieces), 3u);
  EXPECT_EQ(pieces[1].iov_base, bytes);
}

TEST(PeerPace, CountsOnlyTimeSpentWaiting) {
  using std::chrono::seconds;
  const PeerPace::Time start{};
  PeerPace pace(seconds(10), 100);
  uint64_t moved = 0;
  for (int s = 0; s < 9; ++s) EXPECT_FALSE(pace.Observe(true, moved, start + seconds(s)));
  // A long time in which nobody waits changes nothing.
  for (int s = 9; s < 100; ++s) EXPECT_FALSE(pace.Observe(false, moved, start + seconds(s)));
  EXPECT_FALSE(pace.Observe(true, moved, start + seconds(100)));
  EXPECT_FALSE(pace.Observe(true, moved, start + seconds(101)));
  EXPECT_TRUE(pace.Observe(true, moved, start + seconds(102)));
}

TEST(PeerPace, CallsATrickleSlowAndAStreamNot) {
  using std::chrono::seconds;
  const PeerPace::Time start{};
  PeerPace trickle(seconds(10), 100);
  bool slow = false;
  int s = 0;
  for (; s < 100 && !slow; ++s)
    slow = trickle.Observe(true, static_cast<uint64_t>(s), start + seconds(s));
  EXPECT_EQ(s, 11);
  PeerPace stream(seconds(10), 100);
  for (int t = 0; t < 1'000; ++t) {
    EXPECT_FALSE(stream.Observe(true, static_cast<uint64_t>(t) * 11, start + seconds(t)));
  }
  trickle.Restart(200);
  EXPECT_FALSE(trickle.Observe(true, 200, start + seconds(101)));
}

}  // namespace
}  // namespace bedplate::net
