// The principals in the text of a policy under other names: users and roles as what they are named
// for people, or as what they are for good.
//
// Threads: pure functions.
// spec: IAM user guide, "AWS JSON policy elements: Principal": what is saved is the unique id
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace bedplate::account::policy {

// The other name of an entry of Principal.AWS or NotPrincipal.AWS; nothing to leave it.
using Rename = std::function<std::optional<std::string>(std::string_view)>;

// The text with only those entries changed. What is no policy, or nested beyond all of them, is
// given back as it is.
std::string RenamePrincipals(std::string_view policy, const Rename& rename);

}  // namespace bedplate::account::policy
