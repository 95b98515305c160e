#include "models/hosting/adapter_failure.h"

#include <gtest/gtest.h>

namespace bedplate::models {
namespace {

using namespace std::chrono_literals;
using Cause = AdapterFailure::Cause;
using FileTime = std::filesystem::file_time_type;

constexpr AdapterFailure::Pauses kPauses{.min = 1s, .max = 5s};
constexpr auto kSteady = 2s;
const MonotonicTime kNow{1000s};
const FileTime kFileNow = FileTime::clock::now();

FileStamp Stamp(uintmax_t bytes, FileTime changed = kFileNow) { return {bytes, changed}; }

TEST(AdapterFailure, IsFinalForTheSameFileAndForNone) {
  AdapterFailure failure;
  failure.Note(Stamp(1), "why", Cause::kUnusable, kNow, kPauses);
  EXPECT_FALSE(failure.DueAt(Stamp(1), kFileNow, kNow + 1h, kSteady));
  EXPECT_FALSE(failure.DueAt(FileStamp(), kFileNow, kNow + 1h, kSteady));
}

TEST(AdapterFailure, AFileIsTriedWhenItHasStayedTheSame) {
  AdapterFailure failure;
  failure.Note(Stamp(1), "why", Cause::kUnusable, kNow, kPauses);
  EXPECT_EQ(failure.DueAt(Stamp(2), kFileNow, kNow, kSteady), kNow + 2s);
  EXPECT_EQ(failure.DueAt(Stamp(3), kFileNow, kNow + 1s, kSteady), kNow + 3s);
  EXPECT_EQ(failure.DueAt(Stamp(3), kFileNow, kNow + 2s, kSteady), kNow + 3s);
  // One that was written long ago, and is seen only now.
  EXPECT_EQ(failure.DueAt(Stamp(4, kFileNow - 1h), kFileNow, kNow + 3s, kSteady), kNow + 3s);
}

TEST(AdapterFailure, PausesGrowWithFilesThatFail) {
  AdapterFailure failure;
  const std::chrono::seconds expected[] = {0s, 1s, 2s, 4s, 5s, 5s};
  uintmax_t bytes = 0;
  for (const auto pause : expected) {
    failure.Note(Stamp(++bytes), "why", Cause::kEndsEngine, kNow, kPauses);
    failure.Note(Stamp(bytes), "why", Cause::kEndsEngine, kNow + 1h, kPauses);  // no news
    EXPECT_EQ(failure.not_before, kNow + pause);
  }
  EXPECT_EQ(failure.DueAt(Stamp(99, kFileNow - 1h), kFileNow, kNow, kSteady), kNow + 5s);
}

TEST(AdapterFailure, WantOfMemoryIsNewsEachTime) {
  AdapterFailure failure;
  for (const auto pause : {1s, 2s, 4s}) {
    failure.Note(Stamp(1), "why", Cause::kMemory, kNow, kPauses);
    EXPECT_EQ(failure.not_before, kNow + pause);
  }
}

}  // namespace
}  // namespace bedplate::models
