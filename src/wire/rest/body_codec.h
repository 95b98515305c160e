// The body half of a rest protocol: what rest-json and rest-xml do differently.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/operation.h"
#include "wire/schema.h"

namespace bedplate::wire {

struct BodyCodec {
  std::string_view content_type;
  // Reads the members of `object` that lie in the body.
  Result<void> (*read)(std::string_view body, const Shape& shape, void* object);
  // Reads the member that is the whole body (a structure, document, list or map).
  Result<void> (*read_payload)(std::string_view body, const Shape& shape, uint32_t index,
                               void* object);
  // Appends a body of the members that lie in it.
  void (*write)(std::string& out, const Operation& operation, const Shape& shape,
                const void* object, std::string_view xml_namespace);
  // Makes the writer of the member that is the whole body. It appends to `out`.
  std::unique_ptr<ShapeWriter> (*payload_writer)(std::string& out, const Member& member);
};

extern const BodyCodec kJsonBody;

}  // namespace bedplate::wire
