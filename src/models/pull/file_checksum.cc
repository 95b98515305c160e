#include "models/pull/file_checksum.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <system_error>

namespace bedplate::models {
namespace {

namespace fs = std::filesystem;

fs::path NoteOf(const fs::path& path) { return path.string() + ".sha256"; }

bool HasSize(const fs::path& path, uint64_t bytes) {
  std::error_code error;
  return fs::is_regular_file(path, error) && fs::file_size(path, error) == bytes && !error;
}

// Empty when it can't be read.
std::string ChecksumOf(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::array<char, 1 << 16> buffer{};
  Sha256 sha256;
  while (stream.read(buffer.data(), buffer.size()) || stream.gcount() > 0) {
    sha256.Add(std::string_view(buffer.data(), static_cast<size_t>(stream.gcount())));
  }
  return stream.eof() ? sha256.Hex() : "";
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
}

void Sha256::Add(std::string_view bytes) {
  EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
}

std::string Sha256::Hex() {
  std::array<unsigned char, 32> digest{};
  EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

bool IsNoted(const fs::path& path, uint64_t bytes, std::string_view sha256) {
  if (!HasSize(path, bytes)) return false;
  std::string noted;
  std::getline(std::ifstream(NoteOf(path)), noted);
  return noted == sha256;
}

bool IsThere(const fs::path& path, uint64_t bytes, std::string_view sha256) {
  if (!HasSize(path, bytes)) return false;
  if (IsNoted(path, bytes, sha256)) return true;
  if (ChecksumOf(path) != sha256) return false;
  NoteChecksum(path, sha256);
  return true;
}

// A note that can't be written costs the reading of the file the next time, and nothing else.
void NoteChecksum(const fs::path& path, std::string_view sha256) {
  std::ofstream(NoteOf(path), std::ios::binary | std::ios::trunc) << sha256 << '\n';
}

void ForgetChecksum(const fs::path& path) {
  std::error_code ignored;
  fs::remove(NoteOf(path), ignored);
}

}  // namespace bedplate::models
