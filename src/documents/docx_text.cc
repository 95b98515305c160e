#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "documents/bounded_text.h"
#include "documents/office_file.h"
#include "documents/read_document.h"

namespace bedplate::documents {
namespace {

bool IsWanted(std::string_view name) {
  return name.ends_with(".rels") || (name.ends_with(".xml") && !name.starts_with("customXml/"));
}

// "Heading2" is 2, "Title" is 1, anything else 0.
size_t HeadingLevel(std::string_view style) {
  if (style == "Title") return 1;
  constexpr std::string_view kHeading = "Heading";
  if (!style.starts_with(kHeading) || style.size() != kHeading.size() + 1) return 0;
  const char digit = style.back();
  return digit >= '1' && digit <= '6' ? static_cast<size_t>(digit - '0') : 0;
}

// Writes the text below a node, walking over it in the document's order.
class Walk {
 public:
  explicit Walk(BoundedText& out) : out_(out) {}

  void Write(const pugi::xml_node& root) {
    pugi::xml_node node = root.first_child();
    while (node && !out_.full()) {
      if (Enter(node) && node.first_child()) {
        node = node.first_child();
        continue;
      }
      Leave(node);
      while (!node.next_sibling()) {
        node = node.parent();
        if (node == root || !node) return;
        Leave(node);
      }
      node = node.next_sibling();
    }
  }

 private:
  // False for what is not shown.
  bool Enter(const pugi::xml_node& node) {
    const std::string_view name = LocalName(node.name());
    if (name == "t") {
      line_ += node.child_value();
      return false;
    }
    if (name == "tab") line_ += '\t';
    if (name == "br" || name == "cr") line_ += tables_ > 0 ? ' ' : '\n';
    if (name == "noBreakHyphen") line_ += '-';
    if (name == "footnoteReference" || name == "endnoteReference") {
      line_ += "[^" + std::string(Attribute(node, "id")) + "]";
    }
    if (name == "pStyle") heading_ = HeadingLevel(Attribute(node, "val"));
    if (name == "numPr") listed_ = true;
    if (name == "tbl") ++tables_;
    if (name == "tr" && tables_ == 1) row_.clear();
    // The same again for older programs; what was moved away or deleted; where tabs stop.
    return name != "Fallback" && name != "moveFrom" && name != "del" && name != "tabs";
  }

  void Leave(const pugi::xml_node& node) {
    const std::string_view name = LocalName(node.name());
    if (name == "p") EndParagraph();
    if (name == "tc" && tables_ == 1) row_.push_back(std::exchange(cell_, {}));
    if (name == "tr" && tables_ == 1) EndRow();
    if (name == "tbl" && tables_ > 0 && --tables_ == 0) out_ += "\n";
  }

  void EndParagraph() {
    const std::string line = std::exchange(line_, {});
    const size_t heading = std::exchange(heading_, 0);
    const bool listed = std::exchange(listed_, false);
    if (tables_ > 0) {
      if (!cell_.empty() && !line.empty()) cell_ += ' ';
      cell_ += line;
      return;
    }
    if (!line.empty() && heading > 0) out_ += std::string(heading, '#') + " ";
    if (!line.empty() && heading == 0 && listed) out_ += "- ";
    out_ += line;
    out_ += "\n";
  }

  void EndRow() {
    if (row_.empty()) return;
    out_ += "|";
    for (std::string& cell : row_) {
      std::ranges::replace(cell, '|', '/');
      out_ += " " + cell + " |";
    }
    out_ += "\n";
  }

  BoundedText& out_;
  std::string line_;
  std::string cell_;
  std::vector<std::string> row_;
  size_t tables_ = 0;  // within each other
  size_t heading_ = 0;
  bool listed_ = false;
};

Result<void> WriteNotes(const OfficeFile& file, const std::string& name, BoundedText& out) {
  if (name.empty()) return {};
  const auto notes = file.Xml(name);
  if (!notes) return std::unexpected(notes.error());
  for (const pugi::xml_node& note : notes->document_element().children()) {
    // Those with a type are lines between text and notes.
    if (!Attribute(note, "type").empty()) continue;
    out += "[^" + std::string(Attribute(note, "id")) + "]: ";
    Walk(out).Write(note);
  }
  return {};
}

}  // namespace

Result<std::string> DocxText(std::string_view bytes) {
  const auto file = OfficeFile::Open(bytes, IsWanted);
  if (!file) return std::unexpected(file.error());
  const std::string main = file->RelatedByType("", "/officeDocument");
  if (main.empty()) return Fail(Fault::kValidation, "it is no Word document");
  const auto document = file->Xml(main);
  if (!document) return std::unexpected(document.error());
  const pugi::xml_node body = Child(document->document_element(), "body");
  if (!body) return Fail(Fault::kValidation, "it is no Word document");
  BoundedText out(kTextBytesMax);
  Walk(out).Write(body);
  for (const std::string_view notes : {"/footnotes", "/endnotes"}) {
    if (auto ok = WriteNotes(*file, file->RelatedByType(main, notes), out); !ok) {
      return std::unexpected(ok.error());
    }
  }
  if (out.full()) return Fail(Fault::kValidation, "its text is too long");
  return out.Take();
}

}  // namespace bedplate::documents
