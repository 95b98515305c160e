// Ids of access keys, which tell the account they are of to whoever knows how, as AWS's do.
//
// Threads: pure functions, beside the random part.
#pragma once

#include <string>
#include <string_view>

namespace bedplate::account {

// "AKIA" or "ASIA" and 16 of A-Z2-7.
std::string NewKeyId(std::string_view prefix, std::string_view account);
// Twelve digits; empty for what is no such id. Of ids made elsewhere it may be any.
std::string AccountInKeyId(std::string_view id);

}  // namespace bedplate::account
