// ServerProgram: the running server, made of all modules. The only place that knows how they hang
// together; each wire_<module>.h turns Settings into what its module takes.
//
// Threads: made, used and destroyed by main's thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "app/data_folder.h"
#include "app/wire_recording.h"
#include "base/result.h"
#include "base/settings.h"

namespace bedplate::app {

class ServerProgram {
 public:
  // Serves when it returns. Fails with a message for the user: data folder in use, port taken,
  // damaged database, damaged recording, bad certificate, ...
  static Result<std::unique_ptr<ServerProgram>> Start(const Settings& settings,
                                                      const RecordingChoice& recording);
  ~ServerProgram();

  const DataFolder& data_folder() const;
  const std::string& endpoint() const;
  // What a user wants to see now: where it listens, the lines to paste, what to try. A folder that
  // the settings chose is told to the commands, which may run where those settings are not.
  std::string ReadyText(bool folder_was_chosen) const;

  // Called about once a second and after SIGUSR1: takes up models that another process added or
  // removed, keeps what was used, and tells `bedplate status` what changed. Blocks on the disk.
  void KeepHouse();

  // Refuses new requests, waits for running answers up to `grace`, then ends everything. Returns
  // whether all answers were finished.
  bool Stop(std::chrono::milliseconds grace);

 private:
  class Parts;
  explicit ServerProgram(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

}  // namespace bedplate::app
