#include "account/keys/root_key.h"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <utility>

#include "account/keys/seal.h"
#include "base/base64.h"
#include "base/bounded_run.h"
#include "base/ids.h"
#include "base/json/text.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/private_file.h"

namespace bedplate::account::keys {
namespace {

constexpr std::size_t kRootKeyBytes = 32;
constexpr std::chrono::seconds kCommandMax{30};

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

bool FromHex(std::string_view text, Secret& key) {
  if (text.size() != 2 * kRootKeyBytes) return false;
  Secret bytes(kRootKeyBytes);
  for (std::size_t i = 0; i < kRootKeyBytes; ++i) {
    const int high = json::HexDigit(text[2 * i]);
    const int low = json::HexDigit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    bytes.data()[i] = static_cast<unsigned char>(high << 4 | low);
  }
  key = std::move(bytes);
  return true;
}

// `where` names the file or the command in the message, which says nothing of the text.
Result<RootKey> Parse(const Secret& text, std::string_view where) {
  const std::string_view trimmed = Trim(text.bytes());
  Secret key;
  if (!FromHex(trimmed, key)) {
    std::string bytes;
    bytes.reserve(kRootKeyBytes + 2);
    const bool read = trimmed.size() < 2 * kRootKeyBytes && AppendFromBase64(bytes, trimmed);
    if (read && bytes.size() == kRootKeyBytes) key = Secret(bytes);
    OPENSSL_cleanse(bytes.data(), bytes.size());
  }
  if (key.size() == kRootKeyBytes) return RootKey(key.bytes());
  return Fail(Fault::kInternal,
              fmt::format("{} gives no root key: 32 bytes are expected, as 64 hexadecimal digits "
                          "or as base64.",
                          where));
}

Secret TakeSecret(std::string& text) {
  Secret secret(text);
  OPENSSL_cleanse(text.data(), text.size());
  return secret;
}

Result<RootKey> FromCommand(const RootKeySource& source) {
  BoundedCommand command{.program = "/bin/sh",
                         .arguments = {"-c", source.command},
                         .output_bytes_max = limits::kRootKeyBytesMax,
                         .time_max = kCommandMax};
  for (const auto& [name, value] : source.environment) {
    command.environment.push_back(fmt::format("{}={}", name, value));
  }
  auto outcome = RunBounded(command);
  if (!outcome) return std::unexpected(std::move(outcome.error()));
  const Secret output = TakeSecret(outcome->output);
  using Ending = BoundedOutcome::Ending;
  const auto refuse = [](const std::string& why) {
    return Fail(Fault::kInternal, fmt::format("The command of keys.root_key_command {}.", why));
  };
  if (outcome->ending == Ending::kTime) return refuse("took longer than 30 seconds");
  if (outcome->ending == Ending::kOutput) return refuse("wrote more than a key");
  if (outcome->ending != Ending::kExit || outcome->status != 0) {
    // What it says of itself is for the operator; a key has no business there.
    log::Error("keys", "the command that gives the root key failed",
               {{"status", outcome->status}, {"error", outcome->errors}});
    return refuse(fmt::format("failed (status {})", outcome->status));
  }
  return Parse(output, "The command of keys.root_key_command");
}

Result<RootKey> FromFile(const std::filesystem::path& file) {
  auto text = ReadPrivateFile(file, limits::kRootKeyBytesMax);
  if (!text) return std::unexpected(std::move(text.error()));
  if (*text) return Parse(TakeSecret(**text), file.string());
  return Fail(Fault::kInternal,
              fmt::format("The root key file {} is not there. Without it nothing can be read that "
                          "was encrypted with keys of this server: restore it from a copy.",
                          file.string()));
}

Result<RootKey> FromOwnFile(const RootKeySource& source) {
  if (!source.fingerprint.empty()) return FromFile(source.own_file);
  const auto make = [&] {
    std::array<uint8_t, kRootKeyBytes> bytes;
    FillRandom(bytes);
    std::string text;
    AppendBase64(text, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    OPENSSL_cleanse(bytes.data(), bytes.size());
    log::Info("keys", "a root key is made", {{"file", source.own_file.string()}});
    return text + "\n";
  };
  auto text = ReadOrMakePrivateFile(source.own_file, make, limits::kRootKeyBytesMax);
  if (!text) return std::unexpected(std::move(text.error()));
  return Parse(TakeSecret(*text), source.own_file.string());
}

std::string SourceName(const RootKeySource& source) {
  if (!source.command.empty()) return "the command of keys.root_key_command";
  return source.file.empty() ? source.own_file.string() : source.file;
}

}  // namespace

Result<RootKey> RootKey::Load(const RootKeySource& source) {
  if (!source.command.empty() && !source.file.empty()) {
    return Fail(Fault::kInternal,
                "keys.root_key_file and keys.root_key_command are both set: one of them gives the "
                "root key.");
  }
  auto key = !source.command.empty() ? FromCommand(source)
             : !source.file.empty()  ? FromFile(source.file)
                                     : FromOwnFile(source);
  if (!key || source.fingerprint.empty() || key->fingerprint() == source.fingerprint) return key;
  return Fail(Fault::kInternal,
              fmt::format("The root key of {} is not the one that this server's keys are sealed "
                          "under (its fingerprint is {}, not {}). Give the server the root key it "
                          "had.",
                          SourceName(source), key->fingerprint(), source.fingerprint));
}

RootKey::RootKey(std::string_view key)
    : seal_key_(DeriveKey(key, {}, "bedplate: sealing key material")),
      mark_key_(DeriveKey(key, {}, "bedplate: marking tokens")) {
  constexpr std::size_t kFingerprintBytes = 8;
  const Secret print = DeriveKey(key, {}, "bedplate: fingerprint", kFingerprintBytes);
  for (const char c : print.bytes()) {
    fingerprint_ += fmt::format("{:02x}", static_cast<unsigned char>(c));
  }
}

std::string RootKey::Seal(std::string_view plaintext, std::string_view place) const {
  std::array<uint8_t, kNonceBytes> nonce;
  FillRandom(nonce);
  std::string sealed(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  SealInto(sealed, seal_key_.bytes(), std::string(sealed), place, plaintext);
  return sealed;
}

std::optional<Secret> RootKey::Open(std::string_view sealed, std::string_view place) const {
  if (sealed.size() < kNonceBytes) return std::nullopt;
  return OpenSealed(seal_key_.bytes(), sealed.substr(0, kNonceBytes), place,
                    sealed.substr(kNonceBytes));
}

std::string RootKey::Mark(std::string_view text) const {
  return Authenticate(mark_key_.bytes(), text);
}

}  // namespace bedplate::account::keys
