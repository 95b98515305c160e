#include "wire/rest/request.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "base/json/reader.h"
#include "wire/rest/http_text.h"
#include "wire/uri.h"

namespace bedplate::wire {
namespace {

// The name of the n-th label of a uri template ("Key" for {Key+}); empty when there are fewer.
std::string_view LabelName(std::string_view uri, size_t n) {
  size_t open = uri.find('{');
  for (; n > 0 && open != std::string_view::npos; --n) open = uri.find('{', open + 1);
  if (open == std::string_view::npos) return {};
  std::string_view name = uri.substr(open + 1, uri.find('}', open) - open - 1);
  if (name.ends_with('+')) name.remove_suffix(1);
  return name;
}

// The prefix-matched or left-over entries of a map member, names in the order they came.
void AddEntry(TextShapeReader::Entries& entries, std::string name, std::string value) {
  for (auto& [known, values] : entries) {
    if (known == name) return values.push_back(std::move(value));
  }
  entries.emplace_back(std::move(name), std::vector<std::string>{std::move(value)});
}

bool IsPrefix(std::string_view prefix, std::string_view lower_name) {
  if (lower_name.size() < prefix.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i) {
    const char c = prefix[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != lower_name[i]) return false;
  }
  return true;
}

class InputReader {
 public:
  InputReader(const Operation& operation, const Labels& labels, const net::Request& request,
              void* object)
      : operation_(operation), labels_(labels), request_(request), object_(object) {}

  Result<void> ReadLabels();
  Result<void> ReadQuery();
  Result<void> ReadHeaders();

 private:
  const Shape& shape() const { return *operation_.input; }
  Result<void> ReadMember(uint32_t index, std::span<const std::string> texts);
  Result<void> ReadMap(uint32_t index, const TextShapeReader::Entries& entries);
  Result<void> ReadQueryMap(uint32_t index);
  Result<std::string> Decode(std::string_view raw, bool query, std::string_view name) const;

  const Operation& operation_;
  const Labels& labels_;
  const net::Request& request_;
  void* object_;
};

Result<void> InputReader::ReadMember(uint32_t index, std::span<const std::string> texts) {
  TextShapeReader reader(shape().members[index], texts);
  shape().read(object_, index, reader);
  return reader.Finish();
}

Result<void> InputReader::ReadMap(uint32_t index, const TextShapeReader::Entries& entries) {
  TextShapeReader reader(shape().members[index], entries);
  shape().read(object_, index, reader);
  return reader.Finish();
}

Result<std::string> InputReader::Decode(std::string_view raw, bool query,
                                        std::string_view name) const {
  std::string text;
  if (!AppendPercentDecoded(text, raw, query) || !json::IsUtf8(text)) {
    return Fail(Fault::kValidation,
                fmt::format("Expected percent-encoded UTF-8, found '{}', at '{}'", raw, name));
  }
  return text;
}

Result<void> InputReader::ReadLabels() {
  for (size_t n = 0; n < labels_.count; ++n) {
    const std::string_view name = LabelName(operation_.uri, n);
    for (uint32_t index = 0; index < shape().member_count; ++index) {
      const Member& member = shape().members[index];
      if (member.location != Location::kUri || member.wire_name != name) continue;
      auto text = Decode(labels_.values[n], false, member.name);
      if (!text) return std::unexpected(text.error());
      if (auto read = ReadMember(index, {&*text, 1}); !read) return read;
    }
  }
  return {};
}

Result<void> InputReader::ReadQuery() {
  const std::string_view query = SplitTarget(request_.target).query;
  for (uint32_t index = 0; index < shape().member_count; ++index) {
    const Member& member = shape().members[index];
    if (member.location != Location::kQuery) continue;
    if (member.shape->kind == Kind::kMap) {
      if (auto read = ReadQueryMap(index); !read) return read;
      continue;
    }
    std::vector<std::string> texts;
    for (QueryParameters walk(query); walk.Next();) {
      auto name = Decode(walk.raw_name(), true, member.name);
      if (!name) return std::unexpected(name.error());
      if (*name != member.wire_name) continue;
      auto text = Decode(walk.raw_value(), true, member.name);
      if (!text) return std::unexpected(text.error());
      texts.push_back(std::move(*text));
    }
    if (texts.empty()) continue;
    if (auto read = ReadMember(index, texts); !read) return read;
  }
  return {};
}

// A map takes every parameter, those of other members too.
// spec: smithy.io/2.0/spec/http-bindings.html#httpqueryparams-trait
Result<void> InputReader::ReadQueryMap(uint32_t index) {
  TextShapeReader::Entries entries;
  const std::string_view member = shape().members[index].name;
  for (QueryParameters walk(SplitTarget(request_.target).query); walk.Next();) {
    auto name = Decode(walk.raw_name(), true, member);
    if (!name) return std::unexpected(name.error());
    auto value = Decode(walk.raw_value(), true, member);
    if (!value) return std::unexpected(value.error());
    AddEntry(entries, std::move(*name), std::move(*value));
  }
  return entries.empty() ? Result<void>() : ReadMap(index, entries);
}

Result<void> InputReader::ReadHeaders() {
  for (uint32_t index = 0; index < shape().member_count; ++index) {
    const Member& member = shape().members[index];
    if (member.location == Location::kHeaders) {
      TextShapeReader::Entries entries;
      for (const auto& [name, value] : request_.headers) {
        if (!IsPrefix(member.wire_name, name)) continue;
        AddEntry(entries, std::string(name.substr(member.wire_name.size())), std::string(value));
      }
      if (entries.empty()) continue;
      if (auto read = ReadMap(index, entries); !read) return read;
    }
    if (member.location != Location::kHeader) continue;
    const auto value = request_.headers.Find(member.wire_name);
    if (!value) continue;
    std::vector<std::string> texts;
    if (member.shape->kind == Kind::kList) {
      const Member& element = member.shape->members[0];
      texts = SplitHeaderList(*value, element.shape->kind == Kind::kTimestamp &&
                                          TextTimestampFormat(member) == TimestampFormat::kRfc822);
    } else {
      texts.emplace_back(*value);
    }
    if (auto read = ReadMember(index, texts); !read) return read;
  }
  return {};
}

// Finds the member that is the whole body; false when the body holds members of its own.
bool FindPayload(const Shape& shape, uint32_t& index) {
  for (index = 0; index < shape.member_count; ++index) {
    if (shape.members[index].Has(kPayload)) return true;
  }
  return false;
}

// A text or blob that is the body, as it stands.
class RawBodyReader final : public ShapeReader {
 public:
  explicit RawBodyReader(std::string_view body) : body_(body) {}
  void Structure(const Shape&, void*) override {}
  void List(const Shape&, void*) override {}
  void Map(const Shape&, void*) override {}
  std::string& key() override { return unused_; }
  void String(std::string& value) override { value = body_; }
  void Integer(int32_t&) override {}
  void Long(int64_t&) override {}
  void Float(float&) override {}
  void Double(double&) override {}
  void Boolean(bool&) override {}
  void ReadBlob(Blob& value) override { value.bytes = body_; }
  void ReadTimestamp(Timestamp&) override {}
  void ReadDocument(Document&) override {}

 private:
  std::string_view body_;
  std::string unused_;
};

Result<void> ReadBody(const BodyCodec& codec, const Shape& shape, std::string_view body,
                      void* object) {
  uint32_t index = 0;
  if (!FindPayload(shape, index)) {
    return body.empty() ? Result<void>() : codec.read(body, shape, object);
  }
  const Member& payload = shape.members[index];
  const Kind kind = payload.shape->kind;
  if (kind == Kind::kBlob || kind == Kind::kString || kind == Kind::kEnum) {
    // An absent body leaves the member absent; a required one must be there even when empty.
    if (body.empty() && !payload.Has(kRequired)) return {};
    RawBodyReader reader(body);
    shape.read(object, index, reader);
    return {};
  }
  return body.empty() ? Result<void>() : codec.read_payload(body, shape, index, object);
}

}  // namespace

Result<void> ReadRestInput(const BodyCodec& codec, const Operation& operation, const Labels& labels,
                           const net::Request& request, std::string_view body, void* object) {
  const Shape& shape = *operation.input;
  if (shape.member_count == 0) return {};
  InputReader reader(operation, labels, request, object);
  if (auto read = reader.ReadLabels(); !read) return read;
  if (auto read = reader.ReadQuery(); !read) return read;
  if (auto read = reader.ReadHeaders(); !read) return read;
  return ReadBody(codec, shape, body, object);
}

}  // namespace bedplate::wire
