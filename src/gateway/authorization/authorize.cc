#include "gateway/authorization/authorize.h"

#include <memory>
#include <utility>

#include "gateway/authorization/request_facts.h"
#include "gateway/authorization/request_permission.h"
#include "wire/error.h"

namespace bedplate::gateway {

Step Authorize(Passage& passage, const AuthorizationOptions& options,
               std::chrono::system_clock::time_point now) {
  auto permission = std::make_unique<RequestPermission>(options.directories, options.pool,
                                                        FactsOf(passage, options.region, now));
  const auto entered = permission->CheckEntrance();
  passage.permission = std::move(permission);
  passage.call.permission = passage.permission.get();
  if (entered) return {};
  return std::unexpected(wire::ToWireError(passage.match.operation, entered.error()));
}

}  // namespace bedplate::gateway
