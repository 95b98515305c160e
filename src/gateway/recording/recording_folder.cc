#include "gateway/recording/recording_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/log.h"

namespace bedplate::gateway {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDraftEnding = ".draft";
constexpr size_t kModelCharactersMax = 80;  // in a file's name
constexpr size_t kKeyCharacters = 16;
constexpr size_t kAnswersMax = 100;  // to one request: each new one writes the file again

std::unexpected<Error> Unusable(const fs::path& path, std::string_view why) {
  return Fail(Fault::kUnavailable, fmt::format("cannot use {}: {}", path.string(), why));
}

std::string LowerKebab(std::string_view operation) {
  std::string text;
  for (const char c : operation) {
    const bool capital = c >= 'A' && c <= 'Z';
    if (capital && !text.empty()) text += '-';
    text += capital ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

// "converse-anthropic.claude-3-haiku-20240307-v1_0-1f2e3d4c5b6a7988.json": told apart by the last
// part, found by the others.
std::string FileName(const RecordedRequest& request, std::string_view key) {
  const std::string& whole = request.model_id.empty() ? request.response_id : request.model_id;
  std::string subject = whole.substr(0, kModelCharactersMax);
  for (char& c : subject) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
    if (!plain) c = '_';
  }
  return fmt::format("{}-{}-{}.json", LowerKebab(request.operation), subject,
                     key.substr(0, kKeyCharacters));
}

Result<Recording> ReadFile(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) return Unusable(path, std::strerror(errno));
  const std::string text((std::istreambuf_iterator<char>(stream)), {});
  auto recording = ReadRecording(text);
  if (recording) return recording;
  return Fail(Fault::kValidation,
              fmt::format("{} is no recording: {}", path.string(), recording.error().message));
}

bool WriteAll(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return fsync(descriptor) == 0;
}

Result<void> WriteFile(const fs::path& path, std::string_view text) {
  const fs::path draft =
      path.parent_path() / ("." + path.filename().string() + std::string(kDraftEnding));
  const int descriptor = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return Unusable(draft, std::strerror(errno));
  const bool written = WriteAll(descriptor, text);
  const int failure = errno;
  close(descriptor);
  if (!written) {
    unlink(draft.c_str());
    return Unusable(draft, std::strerror(failure));
  }
  if (rename(draft.c_str(), path.c_str()) != 0) return Unusable(path, std::strerror(errno));
  const int folder = open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    fsync(folder);
    close(folder);
  }
  return {};
}

// What a recorder left that was killed while it wrote.
void RemoveDrafts(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.') && name.ends_with(".json" + std::string(kDraftEnding))) {
      fs::remove(entry.path(), ignored);
    }
  }
}

}  // namespace

Result<std::vector<StoredRecording>> ReadRecordings(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  if (error) return Unusable(folder, error.message());
  std::ranges::sort(files);
  std::map<std::string, std::string> names;
  std::vector<StoredRecording> stored;
  for (const fs::path& file : files) {
    auto recording = ReadFile(file);
    if (!recording) return std::unexpected(std::move(recording.error()));
    const std::string name = file.filename().string();
    const auto [known, is_new] = names.emplace(recording->request.Key(), name);
    if (!is_new) {
      return Fail(Fault::kValidation, fmt::format("{} and {} in {} are recordings of one request",
                                                  known->second, name, folder.string()));
    }
    stored.push_back({.file = name, .recording = std::move(*recording)});
  }
  return stored;
}

Result<std::unique_ptr<RecordingFolder>> RecordingFolder::Open(const fs::path& folder) {
  std::error_code error;
  const bool made = fs::create_directories(folder, error);
  if (error) return Unusable(folder, error.message());
  // What was asked and answered is for its owner's eyes, as are the files.
  if (made) fs::permissions(folder, fs::perms::owner_all, error);
  RemoveDrafts(folder);
  const auto stored = ReadRecordings(folder);
  if (!stored) return std::unexpected(stored.error());
  std::unique_ptr<RecordingFolder> opened(new RecordingFolder(folder));
  for (const StoredRecording& each : *stored) {
    opened->places_[each.recording.request.Key()].file = each.file;
  }
  return opened;
}

Result<void> RecordingFolder::Add(const RecordedRequest& request, RecordedAnswer answer) {
  const std::string key = request.Key();
  std::lock_guard lock(mutex_);
  Place& place = places_[key];
  if (place.added == kAnswersMax) return {};
  if (place.file.empty()) place.file = FileName(request, key);
  if (place.added + 1 == kAnswersMax) {
    log::Warning("recording", "later answers to a request will not be recorded",
                 {{"file", place.file}, {"answers", kAnswersMax}});
  }
  auto added = AddAt(place, request, std::move(answer));
  if (added) ++place.added;
  return added;
}

Result<void> RecordingFolder::AddAt(Place& place, const RecordedRequest& request,
                                    RecordedAnswer answer) const {
  const fs::path path = folder_ / place.file;
  Recording recording{.request = request};
  if (place.added > 0) {
    auto before = ReadFile(path);
    if (!before) return std::unexpected(std::move(before.error()));
    recording.answers = std::move(before->answers);
  }
  recording.answers.push_back(std::move(answer));
  const std::string text = WriteRecording(recording);
  // What could not be read again would keep the whole folder from being used.
  if (const auto read = ReadRecording(text); !read) return std::unexpected(read.error());
  return WriteFile(path, text);
}

}  // namespace bedplate::gateway
