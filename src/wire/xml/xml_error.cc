#include "wire/xml/xml_error.h"

#include "wire/xml/xml_codec.h"

namespace bedplate::wire {

void AppendXmlError(std::string& out, const WireError& error, std::string_view xml_namespace,
                    std::string_view request_id, bool bare) {
  XmlShapeWriter writer(out);
  const auto text = [&writer](std::string_view name, std::string_view value) {
    writer.SetElement(name);
    writer.String(value);
  };
  const auto request = [&] { text("RequestId", request_id); };
  if (!bare) {
    out += "<ErrorResponse";
    if (!xml_namespace.empty()) {
      out += " xmlns=\"";
      out += xml_namespace;
      out += '"';
    }
    out += '>';
  }
  out += "<Error>";
  if (!bare) text("Type", error.status < 500 ? "Sender" : "Receiver");
  text("Code", error.code.empty() ? error.type : error.code);
  text("Message", error.message);
  if (bare && !error.resource.empty()) text("Resource", error.resource);
  if (bare) request();
  out += "</Error>";
  if (bare) return;
  request();
  out += "</ErrorResponse>";
}

}  // namespace bedplate::wire
