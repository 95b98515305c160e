#include "net/http.h"

#include <cassert>
#include <limits>

#include "net/text.h"

namespace bedplate::net {

namespace {

// Room at first: the head of a usual message allocates once for each.
constexpr size_t kTextFirst = 512;
constexpr size_t kFieldsFirst = 12;

}  // namespace

Headers::Headers(std::initializer_list<Field> fields) {
  for (const auto& field : fields) Add(field.name, field.value);
}

void Headers::Add(std::string_view name, std::string_view value) {
  assert(text_.size() + name.size() + value.size() < std::numeric_limits<uint32_t>::max());
  if (spans_.capacity() == 0) {
    text_.reserve(kTextFirst);
    spans_.reserve(kFieldsFirst);
  }
  const auto offset = static_cast<uint32_t>(text_.size());
  text_.append(name);
  for (size_t i = offset; i < text_.size(); ++i) text_[i] = ToLower(text_[i]);
  text_.append(value);
  spans_.push_back(
      {offset, static_cast<uint32_t>(name.size()), static_cast<uint32_t>(value.size())});
}

void Headers::Set(std::string_view name, std::string_view value) {
  Remove(name);
  Add(name, value);
}

void Headers::Remove(std::string_view name) {
  std::erase_if(spans_, [&](const Span& span) {
    return EqualsIgnoringCase(std::string_view(text_).substr(span.name_offset, span.name_size),
                              name);
  });
}

void Headers::Clear() {
  text_.clear();
  spans_.clear();
}

std::optional<std::string_view> Headers::Find(std::string_view name) const {
  for (size_t i = 0; i < spans_.size(); ++i) {
    if (spans_[i].name_size != name.size()) continue;
    const auto field = (*this)[i];
    if (EqualsIgnoringCase(field.name, name)) return field.value;
  }
  return std::nullopt;
}

Headers::Field Headers::operator[](size_t index) const {
  const auto& span = spans_[index];
  const auto text = std::string_view(text_);
  return {text.substr(span.name_offset, span.name_size),
          text.substr(span.name_offset + span.name_size, span.value_size)};
}

Task<Result<std::string>> ReadAll(BodyReader& body, size_t bytes_max) {
  std::string whole;
  for (;;) {
    auto chunk = co_await body.Next();
    if (!chunk) co_return std::unexpected(std::move(chunk.error()));
    if (chunk->empty()) co_return whole;
    if (chunk->size() > bytes_max - whole.size()) {
      co_return Fail(Fault::kValidation,
                     "The body is longer than " + std::to_string(bytes_max) + " bytes");
    }
    whole.append(*chunk);
  }
}

}  // namespace bedplate::net
