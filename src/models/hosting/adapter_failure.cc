#include "models/hosting/adapter_failure.h"

#include <algorithm>
#include <utility>

namespace bedplate::models {

using std::chrono::milliseconds;

void AdapterFailure::Note(const FileStamp& file, std::string reason, Cause for_cause,
                          MonotonicTime now, const Pauses& pauses) {
  const bool is_news = in_a_row == 0 || file != stamp || for_cause == Cause::kMemory;
  stamp = file;
  why = std::move(reason);
  cause = for_cause;
  if (!is_news) return;
  ++in_a_row;
  // Memory is not freed by looking: there is a pause from the first failure on.
  not_before = now + PauseAfter(cause == Cause::kMemory ? in_a_row + 1 : in_a_row, pauses);
}

std::optional<MonotonicTime> AdapterFailure::DueAt(const FileStamp& file,
                                                   std::filesystem::file_time_type file_now,
                                                   MonotonicTime now, milliseconds steady_for) {
  if (file == FileStamp() || file == stamp) return std::nullopt;
  if (file != seen) {
    seen = file;
    const bool is_old = file.changed <= file_now - steady_for;
    seen_since = is_old ? now - steady_for : now;
  }
  return std::max(not_before, seen_since + steady_for);
}

milliseconds PauseAfter(int failures_in_a_row, const AdapterFailure::Pauses& pauses) {
  if (failures_in_a_row <= 1) return milliseconds{0};
  const int doublings = std::min(failures_in_a_row - 2, 20);
  return std::min(pauses.min * (1 << doublings), pauses.max);
}

}  // namespace bedplate::models
