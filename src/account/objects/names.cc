#include "account/objects/names.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "account/keys/seal.h"
#include "account/objects/checksum.h"
#include "account/objects/s3_error.h"
#include "base/json/reader.h"

namespace bedplate::account::objects {
namespace {

constexpr size_t kTagKeyCharactersMax = 128;
constexpr size_t kTagValueCharactersMax = 256;

std::unexpected<Error> InvalidBucketName(std::string_view name) {
  return S3Fail("InvalidBucketName", 400,
                fmt::format("The specified bucket is not valid: '{}'", name.substr(0, 256)));
}

bool IsLetterOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsAddress(std::string_view name) {  // of the form 1.2.3.4
  int dots = 0;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '.') {
      ++dots;
    } else if (name[i] < '0' || name[i] > '9') {
      return false;
    }
  }
  return dots == 3;
}

size_t Characters(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// Letters, digits and space of any script, and a few signs. What is not ASCII is taken for a
// letter.
bool IsTagText(std::string_view text) {
  return json::IsUtf8(text) && std::ranges::all_of(text, [](char c) {
           return static_cast<unsigned char>(c) >= 0x80 || IsLetterOrDigit(c) ||
                  (c >= 'A' && c <= 'Z') || std::string_view(" +-=._:/@").contains(c);
         });
}

}  // namespace

Result<void> CheckBucketName(std::string_view name) {
  if (name.size() < 3 || name.size() > 63 || !IsLetterOrDigit(name.front()) ||
      !IsLetterOrDigit(name.back()) || IsAddress(name) || name.contains("..")) {
    return InvalidBucketName(name);
  }
  const bool plain =
      std::ranges::all_of(name, [](char c) { return IsLetterOrDigit(c) || c == '.' || c == '-'; });
  if (!plain || name.contains(".-") || name.contains("-.")) return InvalidBucketName(name);
  for (const std::string_view prefix : {"xn--", "sthree-", "amzn-s3-demo-"}) {
    if (name.starts_with(prefix)) return InvalidBucketName(name);
  }
  for (const std::string_view suffix : {"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"}) {
    if (name.ends_with(suffix)) return InvalidBucketName(name);
  }
  return {};
}

Result<void> CheckKey(std::string_view key) {
  if (key.empty()) return InvalidArgument("An object's key must have at least 1 byte");
  if (key.size() > kKeyBytesMax) {
    return S3Fail("KeyTooLongError", 400,
                  fmt::format("Your key is too long: it has {} bytes, and {} are the most.",
                              key.size(), kKeyBytesMax));
  }
  if (key.contains('\0')) return InvalidArgument("An object's key must not hold the character NUL");
  if (!json::IsUtf8(key)) return InvalidArgument("An object's key must be UTF-8");
  return {};
}

Result<void> CheckTags(const Tags& tags, size_t most) {
  if (tags.size() > most) {
    return S3Fail("BadRequest", 400,
                  fmt::format("There are {} tags, and {} are the most.", tags.size(), most));
  }
  std::set<std::string_view> keys;
  for (const auto& [key, value] : tags) {
    const auto invalid = [&](std::string_view what) {
      return S3Fail("InvalidTag", 400, fmt::format("The tag '{}' {}.", key.substr(0, 128), what));
    };
    if (key.empty() || Characters(key) > kTagKeyCharactersMax || !IsTagText(key)) {
      return invalid(
          "has a key that tags cannot have: 1 to 128 letters, digits, spaces and "
          "+-=._:/@");
    }
    if (Characters(value) > kTagValueCharactersMax || !IsTagText(value)) {
      return invalid(
          "has a value that tags cannot have: at most 256 letters, digits, spaces and "
          "+-=._:/@");
    }
    if (key.starts_with("aws:")) return invalid("begins with aws:, which is AWS's own");
    if (!keys.insert(key).second) return invalid("is there twice");
  }
  return {};
}

std::string CanonicalUserId(std::string_view account) {
  return ToHex(keys::Authenticate("canonical user", account));
}

}  // namespace bedplate::account::objects
