// What is told of an object beside its content: headers that come back as they were sent, and the
// user's own metadata.
//
// Plain values; pure. Names are in lower case.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/result.h"

namespace bedplate::account::objects {

struct Attributes {
  // content-type, cache-control, content-disposition, content-encoding, content-language, expires,
  // website-redirect-location, storage-class.
  std::map<std::string, std::string, std::less<>> headers{};
  std::map<std::string, std::string> metadata{};

  std::string Header(std::string_view name) const;
  std::string ToText() const;
  static Attributes Of(std::string_view text);
};

// MetadataTooLarge, and InvalidArgument for what is no UTF-8 or holds line ends.
Result<void> CheckAttributes(const Attributes& attributes);

}  // namespace bedplate::account::objects
