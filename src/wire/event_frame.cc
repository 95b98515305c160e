#include "wire/event_frame.h"

#include <fmt/format.h>

#include "wire/json_codec.h"
#include "wire/json_error.h"
#include "wire/xml/xml_codec.h"

namespace bedplate::wire {
namespace {

using event_stream::FrameWriter;

constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kXmlType = "text/xml";
constexpr size_t kTypeShownMax = 64;  // bytes of a type that is told

// A writer that keeps nothing. Base of those that look for one thing.
class NullWriter : public ShapeWriter {
 public:
  void Structure(const Shape&, const void*) override {}
  void List(const Shape&, const void*, size_t) override {}
  void Map(const Shape&, const void*, size_t) override {}
  bool BeginMember(const Member&) override { return false; }
  void BeginElement() override {}
  void BeginEntry(std::string_view) override {}
  void String(std::string_view) override {}
  void Integer(int32_t) override {}
  void Long(int64_t) override {}
  void Float(float) override {}
  void Double(double) override {}
  void Boolean(bool) override {}
  void WriteBlob(const Blob&) override {}
  void WriteTimestamp(const Timestamp&) override {}
  void WriteDocument(const Document&) override {}
  void EnumText(std::string_view, bool) override {}
};

// Finds which member of the union is set, and where its event lies.
class EventFinder final : public NullWriter {
 public:
  bool BeginMember(const Member& member) override {
    ++count;
    event = &member;
    return true;
  }
  void Structure(const Shape&, const void* found) override { object = found; }

  int count = 0;
  const Member* event = nullptr;
  const void* object = nullptr;
};

// The members of an event that are headers of its frame.
class HeaderPart final : public NullWriter {
 public:
  explicit HeaderPart(FrameWriter& frame) : frame_(frame) {}
  bool BeginMember(const Member& member) override {
    name_ = member.wire_name;
    return member.Has(kEventHeader);
  }
  void String(std::string_view value) override { frame_.Header(name_, value); }
  void EnumText(std::string_view text, bool) override { frame_.Header(name_, text); }
  void Integer(int32_t value) override { frame_.TypedHeader(name_, value); }
  void Long(int64_t value) override { frame_.TypedHeader(name_, value); }
  void Boolean(bool value) override { frame_.TypedHeader(name_, value); }
  void WriteBlob(const Blob& value) override {
    frame_.TypedHeader(name_, event_stream::Bytes{value.bytes});
  }
  void WriteTimestamp(const Timestamp& value) override {
    const int64_t since_epoch_ms = value.seconds * 1000 + value.nanoseconds / 1'000'000;
    frame_.TypedHeader(name_, event_stream::TimestampMs{since_epoch_ms});
  }

 private:
  FrameWriter& frame_;
  std::string_view name_;
};

void AppendStructure(Protocol protocol, std::string& out, const Shape& shape, const void* object) {
  if (protocol == Protocol::kRestXml) {
    XmlShapeWriter writer(out);
    writer.SetElement(shape.name);
    writer.Structure(shape, object);
  } else {
    JsonShapeWriter(out).Structure(shape, object);
  }
}

// The member of an event that is the whole payload of its frame.
class PayloadPart final : public NullWriter {
 public:
  PayloadPart(Protocol protocol, std::string& out) : protocol_(protocol), out_(out) {}
  bool BeginMember(const Member& member) override { return member.Has(kEventPayload); }
  void String(std::string_view value) override { out_ += value; }
  void WriteBlob(const Blob& value) override { out_ += value.bytes; }
  void Structure(const Shape& shape, const void* object) override {
    AppendStructure(protocol_, out_, shape, object);
  }

 private:
  Protocol protocol_;
  std::string& out_;
};

const Member* FindWith(const Shape& shape, Trait trait) {
  for (uint32_t i = 0; i < shape.member_count; ++i) {
    if (shape.members[i].Has(trait)) return &shape.members[i];
  }
  return nullptr;
}

std::string_view PayloadType(Protocol protocol, const Member* payload) {
  const Kind kind = payload ? payload->shape->kind : Kind::kStructure;
  if (kind == Kind::kBlob) return "application/octet-stream";
  if (kind == Kind::kString) return "text/plain";
  return protocol == Protocol::kRestXml ? kXmlType : kJsonType;
}

}  // namespace

const Member* FindEventStream(const Shape& output) { return FindWith(output, kEventStream); }

Result<void> AppendEventFrame(Protocol protocol, const Shape& stream, const void* event,
                              std::string& out) {
  EventFinder found;
  stream.write(event, found);
  if (found.count != 1 || !found.object) {
    return Fail(Fault::kInternal,
                fmt::format("An event of {} with {} members set", stream.name, found.count));
  }
  const Shape& shape = *found.event->shape;
  const bool exception = shape.Has(kException);
  const Member* const payload = FindWith(shape, kEventPayload);
  FrameWriter frame(out);
  frame.Header(exception ? ":exception-type" : ":event-type", found.event->wire_name);
  frame.Header(":content-type", PayloadType(protocol, payload));
  frame.Header(":message-type", exception ? "exception" : "event");
  if (shape.write && FindWith(shape, kEventHeader)) {
    HeaderPart headers(frame);
    shape.write(found.object, headers);
  }
  if (payload) {
    PayloadPart part(protocol, frame.Payload());
    shape.write(found.object, part);
  } else {
    AppendStructure(protocol, frame.Payload(), shape, found.object);
  }
  return frame.Finish();
}

Result<void> ReadEventFrame(const Shape& stream, const event_stream::Frame& frame, void* event) {
  if (const auto type = frame.Text(":message-type"); type != "event") {
    return Fail(Fault::kValidation,
                fmt::format("Expected a frame with the :message-type event, found '{}'",
                            type.substr(0, kTypeShownMax)));
  }
  const auto type = frame.Text(":event-type");
  std::string known;
  for (uint32_t i = 0; i < stream.member_count; ++i) {
    const Member& member = stream.members[i];
    if (member.shape->Has(kException)) continue;
    if (member.wire_name == type) {
      JsonShapeReader reader(frame.payload);
      stream.read(event, i, reader);
      auto read = reader.Finish();
      if (read) return read;
      return Fail(Fault::kValidation,
                  fmt::format("The event {} can't be read: {}", type, read.error().message));
    }
    known += fmt::format("{}{}", known.empty() ? "" : ", ", member.wire_name);
  }
  return Fail(Fault::kValidation,
              fmt::format("Expected a frame with an :event-type of {}, found '{}'", known,
                          type.substr(0, kTypeShownMax)));
}

Result<void> AppendErrorFrame(Protocol, const Shape& stream, const WireError& error,
                              std::string& out) {
  for (uint32_t i = 0; i < stream.member_count; ++i) {
    const Member& member = stream.members[i];
    if (!member.shape->Has(kException) || member.shape->name != error.type) continue;
    std::string payload;
    AppendJsonError(payload, error, false);
    return event_stream::AppendException(out, member.wire_name, kJsonType, payload);
  }
  return event_stream::AppendError(out, error.type, error.message);
}

}  // namespace bedplate::wire
