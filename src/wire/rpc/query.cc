// The query protocol: a form in, XML out.
// spec: smithy.io/2.0/aws/protocols/aws-query-protocol.html
#include <fmt/format.h>

#include "wire/protocol_codec.h"
#include "wire/rpc/query_form.h"
#include "wire/text_reader.h"
#include "wire/xml/xml_codec.h"
#include "wire/xml/xml_error.h"

namespace bedplate::wire {
namespace {

constexpr std::string_view kContentType = "text/xml";
constexpr std::string_view kDefaultElement = "member";

// A flattened list may stand under its own name or under that of its elements; services differ.
const FormNode* FindMember(const FormNode& node, const Member& member) {
  if (const FormNode* const found = node.Find(member.wire_name)) return found;
  if (!member.Has(kFlattened) || member.shape->kind != Kind::kList) return nullptr;
  const std::string_view element = member.shape->members[0].wire_name;
  return element == kDefaultElement ? nullptr : node.Find(element);
}

// Depth is bounded by the parts of the longest name.
class FormReader final : public TextReader {
 public:
  explicit FormReader(const FormNode& root) : node_(&root) {}
  Result<void> Finish() const { return failure_.ToResult(); }

  void Structure(const Shape& shape, void* object) override;
  void List(const Shape& shape, void* vector) override;
  void Map(const Shape& shape, void* map) override;

 private:
  std::string_view Text() override { return node_->value; }
  TimestampFormat timestamp_format() const override {
    return member_ ? member_->timestamp_format : TimestampFormat::kDefault;
  }

  const FormNode* node_;
  const Member* member_ = nullptr;
};

void FormReader::Structure(const Shape& shape, void* object) {
  const FormNode* const here = node_;
  for (uint32_t index = 0; index < shape.member_count && !failure_.set(); ++index) {
    const Member& member = shape.members[index];
    const FormNode* const found = FindMember(*here, member);
    if (!found) continue;
    node_ = found;
    member_ = &member;
    shape.read(object, index, *this);
    if (failure_.set()) failure_.Within(member.name);
  }
  node_ = here;
}

void FormReader::List(const Shape& shape, void* vector) {
  const FormNode* const here = node_;
  const Member& element = shape.members[0];
  const FormNode* const numbers =
      member_ && member_->Has(kFlattened) ? here : here->Find(element.wire_name);
  if (!numbers) return;  // "List=" is an empty list
  size_t index = 0;
  for (const auto& [number, child] : numbers->children) {
    node_ = &child;
    member_ = &element;
    shape.read(vector, 0, *this);
    if (failure_.set()) return failure_.WithinElement(index);
    ++index;
  }
  node_ = here;
}

void FormReader::Map(const Shape& shape, void* map) {
  const FormNode* const here = node_;
  const FormNode* const numbers = member_ && member_->Has(kFlattened) ? here : here->Find("entry");
  if (!numbers) return;
  for (const auto& [number, entry] : numbers->children) {
    const FormNode* const key = entry.Find(shape.members[0].wire_name);
    const FormNode* const value = entry.Find(shape.members[1].wire_name);
    if (!key || !value) return failure_.Set("Expected a key and a value in each entry of a map");
    key_ = key->value;
    node_ = value;
    member_ = &shape.members[1];
    shape.read(map, 0, *this);
    if (failure_.set()) return failure_.Within(key->value);
  }
  node_ = here;
}

Result<void> ReadInput(const Match& match, const net::Request&, std::string_view body,
                       void* object) {
  const auto form = ParseForm(body);
  if (!form) return std::unexpected(form.error());
  FormReader reader(*form);
  reader.Structure(*match.operation->input, object);
  return reader.Finish();
}

net::Response WriteOutput(const Match& match, const void* object, std::string_view request_id) {
  const Operation& operation = *match.operation;
  net::Response response;
  response.headers.Set("content-type", kContentType);
  std::string& out = response.body;
  out = fmt::format("<{}Response xmlns=\"{}\">", operation.name, match.service->xml_namespace);
  if (object) {
    const std::string wrapper = operation.output_wrapper.empty()
                                    ? std::string(operation.name) + "Result"
                                    : std::string(operation.output_wrapper);
    XmlShapeWriter writer(out);
    writer.SetElement(wrapper);
    writer.Structure(*operation.output, object);
  }
  out += fmt::format("<ResponseMetadata><RequestId>{}</RequestId></ResponseMetadata></{}Response>",
                     request_id, operation.name);
  return response;
}

// The codes that services of this protocol have for what goes wrong before an operation; of others
// it is the name of the error without its last word.
// spec: docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
std::string CodeOf(std::string_view type) {
  constexpr std::pair<std::string_view, std::string_view> kCodes[] = {
      {"UnrecognizedClientException", "InvalidClientTokenId"},
      {"InvalidSignatureException", "SignatureDoesNotMatch"},
      {"SerializationException", "MalformedInput"},
      {"ValidationException", "ValidationError"},
      {"UnknownOperationException", "InvalidAction"},
      {"InternalServerException", "InternalFailure"},
  };
  for (const auto& [name, code] : kCodes) {
    if (name == type) return std::string(code);
  }
  constexpr std::string_view kLastWord = "Exception";
  if (type.ends_with(kLastWord)) type.remove_suffix(kLastWord.size());
  return std::string(type);
}

net::Response WriteError(const WireError& given, const Service* service,
                         std::string_view request_id) {
  WireError error = given;
  // One that is the service's own and bears its name on the wire has said so.
  if (error.code.empty() && !error.declared) error.code = CodeOf(error.type);
  net::Response response;
  response.headers.Set("content-type", kContentType);
  AppendXmlError(response.body, error, service ? service->xml_namespace : "", request_id, false);
  return response;
}

}  // namespace

constinit const ProtocolCodec kQueryCodec = {ReadInput, WriteOutput, WriteError};

}  // namespace bedplate::wire
