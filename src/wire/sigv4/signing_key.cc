#include "wire/sigv4/signing_key.h"

#include <algorithm>

#include "wire/sigv4/canonical.h"

namespace bedplate::wire::sigv4 {

Digest MakeSigningKey(std::string_view secret, std::string_view date, std::string_view region,
                      std::string_view service) {
  std::string start = "AWS4";
  start.append(secret);
  const Digest of_date = HmacOf(start, date);
  const Digest of_region = HmacOf(BytesOf(of_date), region);
  const Digest of_service = HmacOf(BytesOf(of_region), service);
  return HmacOf(BytesOf(of_service), kTerminator);
}

const Digest& SigningKeyCache::Get(std::string_view secret, std::string_view date,
                                   std::string_view region, std::string_view service) {
  const auto found = std::ranges::find_if(keys_, [&](const Entry& entry) {
    return entry.date == date && entry.service == service && entry.region == region &&
           entry.secret == secret;
  });
  if (found != keys_.end()) {
    keys_.splice(keys_.begin(), keys_, found);
    return keys_.front().key;
  }
  if (keys_.size() == kKeysMax) keys_.pop_back();
  keys_.push_front({std::string(secret), std::string(date), std::string(region),
                    std::string(service), MakeSigningKey(secret, date, region, service)});
  return keys_.front().key;
}

}  // namespace bedplate::wire::sigv4
