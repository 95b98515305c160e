// The texts of members of an operation's input, by paths ("Tagging.TagSet", "modelId").
//
// Lists are passed through: "tags.key" is the keys of all tags. A map, or a structure of two
// members where a path ends, has a text and a key for each entry. Numbers, truth values and
// times are as a URI has them, bytes in base64. What is not set has no texts.
//
// Threads: live on one thread, and no longer than what they read.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http.h"
#include "wire/body_texts.h"
#include "wire/router.h"
#include "wire/schema.h"

namespace bedplate::wire {

struct MemberText {
  std::string key{};  // of an entry; else empty
  std::string text{};
};

class MemberTexts {
 public:
  virtual ~MemberTexts() = default;
  virtual std::vector<MemberText> Find(std::string_view path) const = 0;
};

// Of an input that was decoded.
class ObjectTexts final : public MemberTexts {
 public:
  ObjectTexts(const Shape& shape, const void* object) : shape_(shape), object_(object) {}
  std::vector<MemberText> Find(std::string_view path) const override;

 private:
  const Shape& shape_;
  const void* object_;
};

// Of a request that nobody decodes: the labels of its path by their names, and, where the operation
// has an input, its members in headers and query, and those of its body that were read.
class RequestTexts final : public MemberTexts {
 public:
  RequestTexts(const Match& match, const net::Request& request, BodyTexts body = {})
      : match_(match), request_(request), body_(std::move(body)) {}
  std::vector<MemberText> Find(std::string_view path) const override;

 private:
  const Match& match_;
  const net::Request& request_;
  const BodyTexts body_;
};

}  // namespace bedplate::wire
