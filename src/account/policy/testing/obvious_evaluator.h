// The rules of policy evaluation said a second time, for tests: slowly, one sentence of the user
// guide after the other, on nothing of the evaluator but the documents as they were read. It knows
// ASCII, whole numbers, days ("2026-11-26") and networks of whole bytes, which is what its test
// asks about.
//
// Threads: pure functions.
// spec: as of evaluate.h
#pragma once

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/policy/evaluate.h"

namespace bedplate::account::policy::obvious {

// One character of a pattern, or one of its wildcards. Those of a part take no colon.
enum Token : int { kMany = -1, kOne = -2, kManyOfPart = -3, kOneOfPart = -4 };
using Tokens = std::vector<int>;

inline std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return lower;
}

inline const Context::Values* Find(const Context& context, std::string_view key) {
  for (const auto& [name, values] : context.entries()) {
    if (Lower(name) == Lower(key)) return &values;
  }
  return nullptr;
}

// A pattern "matches" by definition: a wildcard stands for each text that it may stand for.
inline bool Matches(const Tokens& tokens, std::string_view text, size_t at = 0) {
  if (at == tokens.size()) return text.empty();
  const int token = tokens[at];
  if (token == kMany || token == kManyOfPart) {
    for (size_t taken = 0; taken <= text.size(); ++taken) {
      if (token == kManyOfPart && text.substr(0, taken).contains(':')) return false;
      if (Matches(tokens, text.substr(taken), at + 1)) return true;
    }
    return false;
  }
  if (text.empty()) return false;
  const bool fits = token == kOne || (token == kOneOfPart && text[0] != ':') || token == text[0];
  return fits && Matches(tokens, text.substr(1), at + 1);
}

// Nothing when a variable has neither a value nor a default.
inline std::optional<Tokens> Read(std::string_view text, bool variables, const Context& context) {
  Tokens tokens;
  while (!text.empty()) {
    const size_t end = text.find('}');
    if (variables && text.starts_with("${") && end != text.npos) {
      std::string inside(text.substr(2, end - 2));
      text.remove_prefix(end + 1);
      if (inside != "*" && inside != "?" && inside != "$") {
        const size_t comma = inside.find(", '");
        const Context::Values* const values = Find(context, inside.substr(0, comma));
        if (values != nullptr && values->size() == 1) {
          inside = values->front();
        } else if (comma != inside.npos) {
          inside = inside.substr(comma + 3, inside.size() - comma - 4);
        } else {
          return std::nullopt;
        }
      }
      tokens.insert(tokens.end(), inside.begin(), inside.end());
      continue;
    }
    tokens.push_back(text[0] == '*' ? kMany : text[0] == '?' ? kOne : text[0]);
    text.remove_prefix(1);
  }
  return tokens;
}

// The parts of an ARN; fewer than six when it is none.
template <class Text>
std::vector<Text> PartsOf(const Text& arn) {
  std::vector<Text> parts(1);
  for (const auto c : arn) {
    if (c == ':' && parts.size() < 6) {
      parts.emplace_back();
    } else {
      parts.back().push_back(c);
    }
  }
  return parts;
}

inline bool MatchesArn(const Tokens& tokens, const std::string& arn) {
  if (tokens == Tokens{kMany}) return true;
  const auto forms = PartsOf(tokens);
  const auto texts = PartsOf(arn);
  if (forms.size() < 6 || texts.size() < 6) return false;
  for (size_t i = 0; i < 6; ++i) {
    if (!Matches(forms[i], texts[i])) return false;
  }
  return true;
}

inline bool MatchesResource(Tokens tokens, std::string_view resource) {
  int colons = 0;
  for (size_t i = 0; i < tokens.size() && colons < 5; ++i) {
    const bool ends = i + 1 == tokens.size() || tokens[i + 1] == ':';
    if (tokens[i] == ':') ++colons;
    if (tokens[i] == kMany && !ends) tokens[i] = kManyOfPart;
    if (tokens[i] == kOne) tokens[i] = kOneOfPart;
  }
  return Matches(tokens, resource);
}

inline std::string Plain(const Tokens& tokens) {
  std::string text;
  for (const int token : tokens) {
    text.push_back(token == kMany ? '*' : token == kOne ? '?' : static_cast<char>(token));
  }
  return text;
}

inline bool IsInNetwork(const std::string& network, const std::string& address) {
  const size_t slash = network.find('/');
  if (slash == network.npos) return network == address;
  const int bytes = std::atoi(network.c_str() + slash + 1) / 8;
  size_t end = 0;
  for (int i = 0; i < bytes; ++i) end = network.find_first_of("./", end) + 1;
  return network.substr(0, end - 1) + "." == address.substr(0, end);
}

// By the operator without its negation.
inline bool Compares(Comparison comparison, const Tokens& value, const std::string& found) {
  const std::string text = Plain(value);
  const auto number = [](const std::string& of) { return std::atol(of.c_str()); };
  switch (comparison) {
    case Comparison::kStringEquals:
    case Comparison::kBinaryEquals:
      return text == found;
    case Comparison::kStringEqualsIgnoreCase:
    case Comparison::kBool:
      return Lower(text) == Lower(found);
    case Comparison::kStringLike:
      return Matches(value, found);
    case Comparison::kNumericEquals:
      return number(found) == number(text);
    case Comparison::kNumericLessThan:
      return number(found) < number(text);
    case Comparison::kNumericLessThanEquals:
      return number(found) <= number(text);
    case Comparison::kNumericGreaterThan:
      return number(found) > number(text);
    case Comparison::kNumericGreaterThanEquals:
      return number(found) >= number(text);
    case Comparison::kDateEquals:
      return found == text;
    case Comparison::kDateLessThan:
      return found < text;
    case Comparison::kDateLessThanEquals:
      return found <= text;
    case Comparison::kDateGreaterThan:
      return found > text;
    case Comparison::kDateGreaterThanEquals:
      return found >= text;
    case Comparison::kIpAddress:
      return IsInNetwork(text, found);
    case Comparison::kArnLike:
      return MatchesArn(value, found);
    case Comparison::kNull:
      break;
  }
  return false;
}

inline bool IsMet(const ConditionTest& test, bool variables, const Context& context) {
  const Context::Values* const found = Find(context, test.key);
  const bool there = found != nullptr && !found->empty();
  if (test.comparison == Comparison::kNull) {
    return std::ranges::any_of(test.values, [&](const Pattern& value) {
      return Lower(value.text()) == (there ? "false" : "true");
    });
  }
  if (!there && test.if_exists) return true;
  const bool takes = variables && (test.comparison == Comparison::kArnLike ||
                                   test.comparison <= Comparison::kStringLike);
  const auto holds = [&](const std::string& one) {
    bool any = false;
    for (const Pattern& value : test.values) {
      const auto tokens = Read(value.text(), takes, context);
      any = any || (tokens && Compares(test.comparison, *tokens, one));
    }
    return any != test.negated;
  };
  Context::Values values = there ? *found : Context::Values();
  if (test.quantifier != Quantifier::kNone && values == Context::Values{""}) values.clear();
  if (test.quantifier == Quantifier::kForAllValues) return std::ranges::all_of(values, holds);
  if (test.quantifier == Quantifier::kForAnyValue) return std::ranges::any_of(values, holds);
  // Without the key: equal to nothing, so that "not equal" is true.
  return test.negated ? std::ranges::all_of(values, holds) : std::ranges::any_of(values, holds);
}

// Action, resource and conditions.
inline bool Reaches(const Document& document, const Statement& statement, const Request& request) {
  const bool variables = document.version == "2012-10-17";
  bool action = false;
  for (const Pattern& pattern : statement.actions) {
    action = action || Matches(*Read(Lower(pattern.text()), false, {}), Lower(request.action));
  }
  bool resource = false;
  for (const Pattern& pattern : statement.resources) {
    const auto tokens = Read(pattern.text(), variables, request.context);
    resource = resource || (tokens && MatchesResource(*tokens, request.resource));
  }
  const bool own = statement.resources.empty();
  bool conditions = true;
  for (const ConditionTest& test : statement.conditions) {
    conditions = conditions && IsMet(test, variables, request.context);
  }
  return action != statement.not_actions && (own || resource != statement.not_resources) &&
         conditions;
}

// Who of a caller's is named: it stands behind its account, behind its role, or is named itself.
struct Named {
  bool account = false;
  bool role = false;
  bool itself = false;
};

inline Named NamedIn(const Principals& principals, const Identity& identity) {
  const auto has = [](const std::vector<std::string>& list, const std::string& entry) {
    return !entry.empty() && std::ranges::count(list, entry) > 0;
  };
  Named named;
  named.itself = principals.everyone || has(principals.services, identity.service) ||
                 has(principals.federated, identity.federated);
  if (identity.account.empty()) return named;
  const std::string root = "arn:aws:iam::" + identity.account + ":root";
  const bool id = has(principals.aws, identity.id);
  const bool session = !identity.role_arn.empty();
  named.account =
      has(principals.aws, root) || has(principals.canonical_users, identity.canonical_user);
  named.role = has(principals.aws, identity.role_arn) || (id && session);
  named.itself = named.itself || (identity.arn != root && has(principals.aws, identity.arn)) ||
                 (id && !session);
  return named;
}

inline bool IsDenied(const Document& document, const Policies& policies, const Request& request) {
  const Identity& who = request.identity;
  return std::ranges::any_of(document.statements, [&](const Statement& statement) {
    if (!statement.deny || !Reaches(document, statement, request)) return false;
    if (!statement.principals) return true;
    const Named named = NamedIn(*statement.principals, who);
    if (!statement.not_principals) return named.account || named.role || named.itself;
    if (policies.boundary) return true;
    const bool other = who.account.empty() || statement.principals->everyone;
    const auto lists = [&](const std::string& arn) {
      return std::ranges::count(statement.principals->aws, arn) > 0;
    };
    const bool whole =
        lists(who.arn) && named.account && (who.role_arn.empty() || lists(who.role_arn));
    return !(other ? named.itself : whole);
  });
}

inline bool IsAllowed(const std::vector<const Document*>& documents, const Request& request) {
  for (const Document* const document : documents) {
    for (const Statement& statement : document->statements) {
      if (!statement.deny && Reaches(*document, statement, request)) return true;
    }
  }
  return false;
}

inline Named GrantedBy(const Document* document, const Request& request) {
  Named granted;
  if (document == nullptr) return granted;
  for (const Statement& statement : document->statements) {
    if (statement.deny || !Reaches(*document, statement, request)) continue;
    const Named named = NamedIn(*statement.principals, request.identity);
    granted.account = granted.account || named.account;
    granted.role = granted.role || named.role;
    granted.itself = granted.itself || named.itself;
  }
  return granted;
}

inline Decision Decide(const Policies& policies, const Request& request) {
  const auto denies = [&](const std::vector<const Document*>& documents) {
    return std::ranges::any_of(documents, [&](const Document* document) {
      return IsDenied(*document, policies, request);
    });
  };
  using Documents = std::vector<const Document*>;
  const auto denied = [](Source source) {
    return Decision{.explicit_deny = true, .source = source};
  };
  if (denies(policies.identity)) return denied(Source::kIdentity);
  if (policies.resource && denies({policies.resource})) return denied(Source::kResource);
  if (denies(policies.boundary.value_or(Documents()))) return denied(Source::kBoundary);
  if (denies(policies.session.value_or(Documents()))) return denied(Source::kSession);

  const auto allowed = [](Source source) { return Decision{.allowed = true, .source = source}; };
  const Named granted = GrantedBy(policies.resource, request);
  if (request.identity.account.empty()) {
    return granted.itself ? allowed(Source::kResource) : Decision{.source = Source::kResource};
  }
  const bool own = request.identity.account == request.resource_account;
  const bool any = granted.account || granted.role || granted.itself;
  const bool identity = policies.root || IsAllowed(policies.identity, request);
  if (own && granted.itself) return allowed(Source::kResource);
  if (own && policies.resource_must_allow && !any) return {.source = Source::kResource};
  if (!(own && granted.role) && !identity) return {.source = Source::kIdentity};
  if (!own && !any) return {.source = Source::kResource};
  if (policies.session && !IsAllowed(*policies.session, request))
    return {.source = Source::kSession};
  if (policies.boundary && !IsAllowed(*policies.boundary, request)) {
    return {.source = Source::kBoundary};
  }
  return allowed(own && granted.role ? Source::kResource : Source::kIdentity);
}

}  // namespace bedplate::account::policy::obvious
