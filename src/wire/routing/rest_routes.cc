#include "wire/routing/rest_routes.h"

#include <algorithm>
#include <string>

#include "wire/uri.h"

namespace bedplate::wire {
namespace {

bool HasLiterals(const std::vector<RestRoutes::Literal>& literals, std::string_view query) {
  return std::all_of(literals.begin(), literals.end(), [&](const RestRoutes::Literal& literal) {
    const auto value = FindParameter(query, literal.name);
    return value && (!literal.has_value || *value == literal.value);
  });
}

bool HasRequired(const Operation& operation, std::string_view query, const net::Headers& headers) {
  const auto in_query = [&](std::string_view name) {
    return FindParameter(query, name).has_value();
  };
  const auto in_headers = [&](std::string_view name) { return headers.Has(name); };
  return std::ranges::all_of(operation.required_query, in_query) &&
         std::ranges::all_of(operation.required_headers, in_headers);
}

// The rule of api/routes.toml for operations that nothing else tells apart.
bool HoldsText(const Operation& operation, const Labels& labels) {
  if (operation.first_label_holds.empty()) return true;
  std::string label;
  return labels.count > 0 && AppendPercentDecoded(label, labels.values[0], false) &&
         label.find(operation.first_label_holds) != std::string::npos;
}

}  // namespace

void RestRoutes::Add(const Service& service) {
  for (const Operation& operation : service.operations) {
    const Target uri = SplitTarget(operation.uri);
    Route route{&service, &operation, {}, 0};
    for (QueryParameters walk(uri.query); walk.Next();) {
      route.query.push_back({walk.raw_name(), walk.raw_value(), walk.has_value()});
    }
    route.score = static_cast<int>(64 * route.query.size() + 8 * operation.required_query.size() +
                                   2 * operation.required_headers.size()) +
                  (operation.first_label_holds.empty() ? 0 : 1);
    auto method = std::find_if(methods_.begin(), methods_.end(),
                               [&](const Method& known) { return known.name == operation.method; });
    if (method == methods_.end()) method = methods_.insert(method, {operation.method, {}});
    method->paths.Add(uri.path, static_cast<uint32_t>(routes_.size()));
    routes_.push_back(std::move(route));
  }
}

void RestRoutes::Seal() {
  for (Method& method : methods_) {
    for (std::vector<uint32_t>* const end : method.paths.Ends()) {
      std::ranges::sort(*end, [this](uint32_t a, uint32_t b) {
        return routes_[a].score != routes_[b].score ? routes_[a].score > routes_[b].score : a < b;
      });
    }
  }
}

bool RestRoutes::FindPath(const Method& method, std::string_view path, std::string_view query,
                          const net::Headers& headers, Match& match) const {
  const std::vector<uint32_t>* const found = method.paths.Find(path, match.labels);
  if (!found) return false;
  const Route* chosen = nullptr;
  for (const uint32_t id : *found) {
    const Route& route = routes_[id];
    if (!HasLiterals(route.query, query) || !HoldsText(*route.operation, match.labels)) continue;
    // Where only a required parameter tells routes apart and none has its own, the route that asks
    // for least, the last one, takes the request: validation then says what is missing.
    chosen = &route;
    if (HasRequired(*route.operation, query, headers)) break;
  }
  if (!chosen) return false;
  match.service = chosen->service;
  match.operation = chosen->operation;
  return true;
}

// The path with its trailing slash taken off, or with one put on.
bool RestRoutes::FindToggled(const Method& method, std::string_view path, std::string_view query,
                             const net::Headers& headers, Match& match) const {
  if (path.size() > 1 && path.ends_with('/')) {
    path.remove_suffix(1);
    return FindPath(method, path, query, headers, match);
  }
  const std::string longer = std::string(path) + "/";
  if (!FindPath(method, longer, query, headers, match)) return false;
  for (size_t i = 0; i < match.labels.count; ++i) {  // views into the request, not into `longer`
    std::string_view& label = match.labels.values[i];
    label = path.substr(static_cast<size_t>(label.data() - longer.data()), label.size());
  }
  return true;
}

bool RestRoutes::Find(std::string_view method_name, std::string_view target,
                      const net::Headers& headers, Match& match) const {
  const Target parts = SplitTarget(target);
  const auto method = std::find_if(methods_.begin(), methods_.end(),
                                   [&](const Method& known) { return known.name == method_name; });
  if (method == methods_.end()) return false;
  if (FindPath(*method, parts.path, parts.query, headers, match)) return true;
  return FindToggled(*method, parts.path, parts.query, headers, match);
}

}  // namespace bedplate::wire
