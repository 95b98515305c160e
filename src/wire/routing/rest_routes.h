// The routes of services that share a name to sign by: the four of Bedrock, or S3.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "net/http.h"
#include "wire/router.h"
#include "wire/routing/path_trie.h"

namespace bedplate::wire {

class RestRoutes {
 public:
  // A parameter that the uri of an operation itself holds ("?lifecycle").
  struct Literal {
    std::string_view name;
    std::string_view value;
    bool has_value;
  };

  void Add(const Service& service);
  // To be called once, after the last Add.
  void Seal();
  bool empty() const { return routes_.empty(); }

  // Sets service, operation and labels; false when nothing matches. A path that matches nothing is
  // tried once more with its trailing slash taken off or put on, as some clients do.
  bool Find(std::string_view method, std::string_view target, const net::Headers& headers,
            Match& match) const;

 private:
  struct Route {
    const Service* service;
    const Operation* operation;
    std::vector<Literal> query;  // that the uri itself holds
    int score;                   // the more a route asks for, the earlier it is tried
  };
  struct Method {
    std::string_view name;
    PathTrie paths;
  };

  bool FindPath(const Method& method, std::string_view path, std::string_view query,
                const net::Headers& headers, Match& match) const;
  bool FindToggled(const Method& method, std::string_view path, std::string_view query,
                   const net::Headers& headers, Match& match) const;

  std::vector<Route> routes_;
  std::vector<Method> methods_;
};

}  // namespace bedplate::wire
