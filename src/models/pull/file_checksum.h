// What a pulled file is known to be: its SHA-256 stands in FILE.sha256 beside it, from the moment
// that it was checked until another takes its place. Without that note nothing is known of it.
//
// Checksums are in lower-case hexadecimal. Threads: any. Blocks on the disk.
#pragma once

#include <openssl/evp.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace bedplate::models {

class Sha256 {
 public:
  Sha256();
  void Add(std::string_view bytes);
  // Ends it.
  std::string Hex();

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

// Whether `path` is a file of this size whose note has this checksum. Does not read the file.
bool IsNoted(const std::filesystem::path& path, uint64_t bytes, std::string_view sha256);
// The same, but reads a file without a note that has the size, and notes what it is.
bool IsThere(const std::filesystem::path& path, uint64_t bytes, std::string_view sha256);

void NoteChecksum(const std::filesystem::path& path, std::string_view sha256);
// To be called before another file takes the place.
void ForgetChecksum(const std::filesystem::path& path);

}  // namespace bedplate::models
