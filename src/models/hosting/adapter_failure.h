// Why an adapter can't be used, and when the engine may be started anew to try it again: that takes
// the engine from everybody for a while, so not for each state of a file that is being copied.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "base/clock.h"
#include "models/hosting/file_stamp.h"

namespace bedplate::models {

struct AdapterFailure {
  enum class Cause : uint8_t {
    kUnusable,    // the engine that has it serves the others
    kEndsEngine,  // so it is left out
    kMemory,      // there was none for it
  };
  FileStamp stamp{};  // of the file that failed
  std::string why{};  // empty while it is tried again
  Cause cause = Cause::kUnusable;
  int in_a_row = 0;            // failures, each of another file or for want of memory
  MonotonicTime not_before{};  // of the next try
  // What the file was seen to be last, and since when.
  FileStamp seen{};
  MonotonicTime seen_since{};

  // It failed again. That of a file which failed before is no news: it puts off nothing.
  struct Pauses {
    std::chrono::milliseconds min;  // after the second in a row, then they double
    std::chrono::milliseconds max;
  };
  void Note(const FileStamp& file, std::string reason, Cause for_cause, MonotonicTime now,
            const Pauses& pauses);

  // When a file that is not the one which failed may be tried: it has been the same for
  // `steady_for` then. Nothing where it is the same or is not there. `file_now`: the time by the
  // clock of files.
  std::optional<MonotonicTime> DueAt(const FileStamp& file,
                                     std::filesystem::file_time_type file_now, MonotonicTime now,
                                     std::chrono::milliseconds steady_for);
};

// Nothing after the first failure in a row, then growing.
std::chrono::milliseconds PauseAfter(int failures_in_a_row, const AdapterFailure::Pauses& pauses);

}  // namespace bedplate::models
