// The root key: what all material of keys is sealed under before it goes to the database. It stands
// in a file of the data folder, in one of the operator's, or comes from a command (of Vault's, of
// an HSM's), and never goes to the database or a log.
//
// Errors: kInternal with a message for the operator. Threads: Load blocks; the rest are constant.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "account/keys/secret.h"
#include "base/environment.h"
#include "base/result.h"

namespace bedplate::account::keys {

struct RootKeySource {
  std::filesystem::path own_file{};  // made where it is missing, when nothing else is chosen
  std::string file{};                // keys.root_key_file, or empty
  std::string command{};             // keys.root_key_command, or empty; a shell runs it
  Environment environment{};         // of the command
  // What is known of the key from earlier; empty at the first start. A key that must be there is
  // not made anew, and another one is refused.
  std::string fingerprint{};
};

class RootKey {
 public:
  static Result<RootKey> Load(const RootKeySource& source);
  // `key` has 32 bytes.
  explicit RootKey(std::string_view key);

  // Tells root keys apart without telling anything of them.
  const std::string& fingerprint() const { return fingerprint_; }

  // `place` says what it is and where it belongs: it opens there alone.
  std::string Seal(std::string_view plaintext, std::string_view place) const;
  std::optional<Secret> Open(std::string_view sealed, std::string_view place) const;

  // A mark that nobody else can put to a text.
  std::string Mark(std::string_view text) const;

 private:
  Secret seal_key_;
  Secret mark_key_;
  std::string fingerprint_;
};

}  // namespace bedplate::account::keys
