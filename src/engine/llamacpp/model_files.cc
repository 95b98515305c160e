#include "engine/llamacpp/model_files.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <string_view>

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

}  // namespace

uint64_t ModelFilesBytes(const std::string& path) {
  const int parts = Parts(path);
  std::array<char, 4096> name{};
  if (parts == 1 || llama_split_prefix(name.data(), name.size(), path.c_str(), 0, parts) <= 0) {
    return FileBytes(path);
  }
  const std::string prefix = name.data();
  uint64_t bytes = 0;
  for (int part = 0; part < parts; ++part) {
    llama_split_path(name.data(), name.size(), prefix.c_str(), part, parts);
    bytes += FileBytes(name.data());
  }
  return bytes;
}

}  // namespace bedplate::engine
