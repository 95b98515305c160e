// Bodies in every protocol into a structure that has every kind of member, then through validation.
// What was read as JSON writes and reads back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sample/shapes/Echo.h"
#include "sample/shapes/PutThingRequest.h"
#include "wire/cbor/cbor_reader.h"
#include "wire/json_codec.h"
#include "wire/validate.h"
#include "wire/xml/xml_codec.h"

namespace wire = bedplate::wire;
using bedplate::gen::sample::Echo;
using bedplate::gen::sample::PutThingRequest;

namespace {

bool ReadJson(std::string_view text, Echo& echo) {
  wire::JsonShapeReader reader(text);
  reader.Structure(Echo::kShape, &echo);
  return reader.Finish().has_value();
}

std::string WriteJson(const Echo& echo) {
  std::string text;
  wire::JsonShapeWriter(text).Structure(Echo::kShape, &echo);
  return text;
}

void FuzzJson(std::string_view text) {
  Echo echo;
  if (!ReadJson(text, echo)) return;
  const std::string written = WriteJson(echo);
  Echo again;
  if (!ReadJson(written, again) || WriteJson(again) != written) std::abort();
  PutThingRequest request;
  wire::JsonShapeReader reader(text, wire::MemberScope::kBody);
  reader.Structure(PutThingRequest::kShape, &request);
  if (reader.Finish()) (void)wire::Validate(PutThingRequest::kShape, &request);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 3 == 0) {
    FuzzJson(bytes);
  } else if (data[0] % 3 == 1) {
    Echo echo;
    (void)wire::ReadXml(bytes, Echo::kShape, &echo, wire::MemberScope::kAll);
  } else {
    Echo echo;
    wire::CborShapeReader reader(bytes);
    reader.Structure(Echo::kShape, &echo);
    (void)reader.Finish();
  }
  return 0;
}
