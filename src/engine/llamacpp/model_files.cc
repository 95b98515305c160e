#include "engine/llamacpp/model_files.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <system_error>
#include <vector>

#include "llama.h"

namespace bedplate::engine {
namespace {

constexpr std::string_view kEnd = ".gguf";
constexpr size_t kDigits = 5;  // of "-00001-of-00003.gguf"
constexpr int kPartsMax = 10'000;

uint64_t FileBytes(const std::string& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<uint64_t>(bytes);
}

// How many parts the name says there are; 1 when it says nothing of the kind.
int Parts(std::string_view path) {
  if (!path.ends_with(kEnd) || path.size() < kEnd.size() + kDigits) return 1;
  const std::string_view digits = path.substr(path.size() - kEnd.size() - kDigits, kDigits);
  int parts = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), parts);
  return read.ptr == digits.data() + digits.size() ? std::clamp(parts, 1, kPartsMax) : 1;
}

std::vector<std::string> FilesOf(const std::string& path) {
  const int parts = Parts(path);
  std::array<char, 4096> name{};
  if (parts == 1 || llama_split_prefix(name.data(), name.size(), path.c_str(), 0, parts) <= 0) {
    return {path};
  }
  const std::string prefix = name.data();
  std::vector<std::string> files;
  for (int part = 0; part < parts; ++part) {
    llama_split_path(name.data(), name.size(), prefix.c_str(), part, parts);
    files.emplace_back(name.data());
  }
  return files;
}

std::string IdentityOf(const std::string& file) {
  constexpr uint64_t kPieces = 64;
  constexpr size_t kPieceBytes = 65'536;
  const uint64_t bytes = FileBytes(file);
  std::error_code error;
  const auto changed = std::filesystem::last_write_time(file, error);
  std::ifstream in(file, std::ios::binary);
  std::vector<char> pieces(kPieces * kPieceBytes);
  size_t read = 0;
  for (uint64_t piece = 0; piece < kPieces && in; ++piece) {
    in.seekg(static_cast<std::streamoff>(bytes / kPieces * piece));
    in.read(pieces.data() + read, kPieceBytes);
    read += static_cast<size_t>(in.gcount());
    in.clear();
  }
  const XXH128_hash_t hash = XXH3_128bits(pieces.data(), read);
  return fmt::format("{}-{}-{:016x}{:016x}", bytes, error ? 0 : changed.time_since_epoch().count(),
                     hash.high64, hash.low64);
}

}  // namespace

uint64_t ModelFilesBytes(const std::string& path) {
  uint64_t bytes = 0;
  for (const std::string& file : FilesOf(path)) bytes += FileBytes(file);
  return bytes;
}

std::string FilesIdentity(const std::string& path) {
  std::string identity;
  for (const std::string& file : FilesOf(path)) identity += IdentityOf(file) + ';';
  return identity;
}

}  // namespace bedplate::engine
