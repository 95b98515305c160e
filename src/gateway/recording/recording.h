// One recording: a request and what was answered, in the order of the answers; and the JSON file
// that it is kept in, made to be read, compared and corrected by people. README.md has its members.
//
// Errors: kValidation, in words for the person whose file it is. Threads: plain values, pure
// functions.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "gateway/recording/recorded_request.h"

namespace bedplate::gateway {

struct RecordedAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};
  bool streamed = false;
  std::string body{};                 // of an answer that was not streamed
  std::vector<std::string> frames{};  // of one that was: whole frames or server-sent events

  friend bool operator==(const RecordedAnswer&, const RecordedAnswer&) = default;
};

struct Recording {
  RecordedRequest request{};
  std::vector<RecordedAnswer> answers{};  // at least one
};

// What ReadRecording reads back as it was, byte for byte.
std::string WriteRecording(const Recording& recording);
Result<Recording> ReadRecording(std::string_view text);

// The bytes of a stream of that media type cut into its frames, or its server-sent events;
// kValidation when they are none.
Result<std::vector<std::string>> CutIntoFrames(std::string_view media_type, std::string_view bytes);

}  // namespace bedplate::gateway
