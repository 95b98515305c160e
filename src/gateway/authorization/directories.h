// Who knows which kind of resource.
//
// Threads: made before serving, const after; shared by all reactors.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "account/authorization/resource_directory.h"

namespace bedplate::gateway {

class ResourceDirectories {
 public:
  // `directory` outlives this. `kind` as the rules of api/authorization have it.
  void Add(std::string kind, const account::ResourceDirectory& directory) {
    directories_.insert_or_assign(std::move(kind), &directory);
  }
  // Nullptr when nobody knows the kind.
  const account::ResourceDirectory* Find(const std::string& kind) const {
    const auto found = directories_.find(kind);
    return found == directories_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<std::string, const account::ResourceDirectory*> directories_;
};

}  // namespace bedplate::gateway
