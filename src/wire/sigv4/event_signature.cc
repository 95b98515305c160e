#include "wire/sigv4/event_signature.h"

namespace bedplate::wire::sigv4 {

EventSignatures::EventSignatures(const Digest& key, std::string_view scope, std::string_view seed)
    : key_(key), scope_(scope), previous_(seed) {}

Digest EventSignatures::Next(Seconds date, std::string_view headers, std::string_view payload) {
  std::string to_sign = "AWS4-HMAC-SHA256-PAYLOAD\n";
  to_sign.append(BasicTime(date)).append("\n").append(scope_).append("\n");
  to_sign.append(previous_).append("\n");
  AppendHex(to_sign, HashOf(headers));
  to_sign.append("\n");
  AppendHex(to_sign, HashOf(payload));
  const Digest signature = HmacOf(BytesOf(key_), to_sign);
  previous_ = HexOf(signature);
  return signature;
}

}  // namespace bedplate::wire::sigv4
