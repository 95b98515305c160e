// The Principal element: its entries, and whether a caller is meant by them.
//
// Threads: pure functions.
// spec: IAM user guide, "AWS JSON policy elements: Principal" and "NotPrincipal"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "account/policy/document.h"
#include "account/policy/request.h"

namespace bedplate::account::policy {

// An AWS principal as it is compared: an account as the ARN of its root. Nothing for what is
// neither an account, nor the ARN of a root, user, role or session, nor a unique id.
std::optional<std::string> ReadAwsPrincipal(std::string_view text);

// How a statement means a caller, the nearest last. It decides what else the caller needs: one who
// is meant only through its account needs its own policies' Allow too, one who is meant through its
// role is held by its boundary and session, one who is meant itself needs no more.
enum class Meant : uint8_t { kNo, kAccount, kRole, kItself };

// kItself for a statement without Principal, which belongs to the identity it is of.
Meant IsMeant(const Statement& statement, const Identity& identity);

}  // namespace bedplate::account::policy
