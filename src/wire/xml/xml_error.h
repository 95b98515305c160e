// The body of an error in rest-xml and query.
#pragma once

#include <string>
#include <string_view>

#include "wire/error.h"

namespace bedplate::wire {

// <ErrorResponse><Error>...</Error><RequestId>; without the outer element when `bare` (S3).
void AppendXmlError(std::string& out, const WireError& error, std::string_view xml_namespace,
                    std::string_view request_id, bool bare);

}  // namespace bedplate::wire
