// Names of HTTP statuses, and header fields that a server writes by itself.
#pragma once

#include <string>
#include <string_view>

namespace bedplate::net {

// "Not Found" for 404; "Status" for what has no name.
std::string_view StatusText(int status);

// Whether a handler's field of this (lower case) name is left out, because the server frames.
bool IsServersWork(std::string_view name);

// Appends a field's value with line breaks and NUL made blanks: no answer is split in two.
void AppendHeaderValue(std::string& out, std::string_view value);

}  // namespace bedplate::net
