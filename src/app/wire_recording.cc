#include "app/wire_recording.h"

#include <utility>

#include "base/log.h"

namespace bedplate::app {

Result<RecordingParts> RecordingParts::Open(const RecordingChoice& choice) {
  RecordingParts parts;
  if (!choice.record.empty()) {
    auto folder = gateway::RecordingFolder::Open(choice.record);
    if (!folder) return std::unexpected(std::move(folder.error()));
    parts.folder_ = std::move(*folder);
    log::Info("app", "answers are recorded", {{"folder", choice.record}});
  } else if (choice.replays()) {
    auto replayer = gateway::Replayer::Open(choice.replay);
    if (!replayer) return std::unexpected(std::move(replayer.error()));
    parts.detour_ = std::move(*replayer);
    log::Info("app", "answers are replayed, and no model is asked", {{"folder", choice.replay}});
  }
  return parts;
}

const wire::Detour* RecordingParts::Over(net::BlockingPool& pool,
                                         const wire::Dispatcher& dispatcher,
                                         const wire::Detour* next) {
  if (folder_) {
    detour_ = std::make_unique<gateway::Recorder>(std::move(folder_), pool, dispatcher, next);
  }
  return detour_ ? detour_.get() : next;
}

}  // namespace bedplate::app
