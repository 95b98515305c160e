#include <charconv>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "documents/bounded_text.h"
#include "documents/number_format.h"
#include "documents/office_file.h"
#include "documents/read_document.h"

namespace bedplate::documents {
namespace {

constexpr size_t kColumnsMax = 16'384;  // spec: as many as Excel has

bool IsWanted(std::string_view name) {
  return name.ends_with(".rels") || (name.starts_with("xl/") && name.ends_with(".xml"));
}

template <class Number>
std::optional<Number> ToNumber(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// The column of "AB12", from 0; nothing for what is no such reference.
std::optional<size_t> ColumnOf(std::string_view reference) {
  size_t column = 0;
  for (const char c : reference) {
    if (c < 'A' || c > 'Z') break;
    column = column * 26 + static_cast<size_t>(c - 'A' + 1);
    if (column > kColumnsMax) return std::nullopt;
  }
  if (column == 0) return std::nullopt;
  return column - 1;
}

// The texts of a string with or without runs of other looks; how a word is pronounced is left out.
std::string RichText(const pugi::xml_node& node) {
  std::string text;
  for (const pugi::xml_node& child : node.children()) {
    const std::string_view name = LocalName(child.name());
    if (name == "t") text += child.child_value();
    if (name == "r") text += Child(child, "t").child_value();
  }
  return text;
}

void WriteCsv(std::string_view value, BoundedText& out) {
  if (value.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += value;
    return;
  }
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  out += quoted + "\"";
}

class Workbook {
 public:
  static Result<Workbook> Open(std::string_view bytes) {
    auto file = OfficeFile::Open(bytes, IsWanted);
    if (!file) return std::unexpected(file.error());
    Workbook book;
    book.file_ = std::move(*file);
    book.name_ = book.file_.RelatedByType("", "/officeDocument");
    if (book.name_.empty()) return Fail(Fault::kValidation, "it is no Excel workbook");
    if (auto ok = book.ReadStrings(); !ok) return std::unexpected(ok.error());
    if (auto ok = book.ReadStyles(); !ok) return std::unexpected(ok.error());
    return book;
  }

  Result<std::string> Text() {
    const auto workbook = file_.Xml(name_);
    if (!workbook) return std::unexpected(workbook.error());
    const pugi::xml_node root = workbook->document_element();
    const std::string_view since_1904 = Attribute(Child(root, "workbookPr"), "date1904");
    since_1904_ = since_1904 == "1" || since_1904 == "true";
    const pugi::xml_node sheets = Child(root, "sheets");
    if (!sheets) return Fail(Fault::kValidation, "it is no Excel workbook");
    BoundedText out(kTextBytesMax);
    for (const pugi::xml_node& sheet : sheets.children()) {
      const std::string target = file_.Related(name_, Attribute(sheet, "id"));
      if (target.empty() || !target.contains("worksheets/")) continue;  // a chart, say
      if (!out.text().empty()) out += "\n";
      out += "Sheet: " + std::string(Attribute(sheet, "name")) + "\n";
      if (auto ok = WriteSheet(target, out); !ok) return std::unexpected(ok.error());
      if (out.full()) return Fail(Fault::kValidation, "its text is too long");
    }
    return out.Take();
  }

 private:
  Result<void> ReadStrings() {
    const std::string name = file_.RelatedByType(name_, "/sharedStrings");
    if (name.empty()) return {};
    const auto document = file_.Xml(name);
    if (!document) return std::unexpected(document.error());
    for (const pugi::xml_node& node : document->document_element().children()) {
      if (LocalName(node.name()) == "si") strings_.push_back(RichText(node));
    }
    return {};
  }

  Result<void> ReadStyles() {
    const std::string name = file_.RelatedByType(name_, "/styles");
    if (name.empty()) return {};
    const auto document = file_.Xml(name);
    if (!document) return std::unexpected(document.error());
    const pugi::xml_node root = document->document_element();
    std::map<int, bool> own_formats;
    for (const pugi::xml_node& format : Child(root, "numFmts").children()) {
      if (const auto id = ToNumber<int>(Attribute(format, "numFmtId"))) {
        own_formats[*id] = ShowsDate(Attribute(format, "formatCode"));
      }
    }
    for (const pugi::xml_node& style : Child(root, "cellXfs").children()) {
      const int id = ToNumber<int>(Attribute(style, "numFmtId")).value_or(0);
      const auto own = own_formats.find(id);
      dates_.push_back(own == own_formats.end() ? ShowsDate(id) : own->second);
    }
    return {};
  }

  Result<void> WriteSheet(const std::string& name, BoundedText& out) const {
    const auto document = file_.Xml(name);
    if (!document) return std::unexpected(document.error());
    for (const pugi::xml_node& row : Child(document->document_element(), "sheetData").children()) {
      size_t next = 0;
      for (const pugi::xml_node& cell : row.children()) {
        if (LocalName(cell.name()) != "c" || out.full()) continue;
        const std::string value = ValueOf(cell);
        const size_t column = ColumnOf(Attribute(cell, "r")).value_or(next);
        if (value.empty() || column < next) continue;
        out += std::string(column - (next == 0 ? 0 : next - 1), ',');
        WriteCsv(value, out);
        next = column + 1;
      }
      if (next > 0) out += "\n";
    }
    return {};
  }

  std::string ValueOf(const pugi::xml_node& cell) const {
    const std::string_view type = Attribute(cell, "t");
    if (type == "inlineStr") return RichText(Child(cell, "is"));
    const std::string_view value = Child(cell, "v").child_value();
    if (type == "s") {
      const auto index = ToNumber<size_t>(value);
      return index && *index < strings_.size() ? strings_[*index] : std::string();
    }
    if (type == "b") return value == "1" ? "TRUE" : "FALSE";
    const auto style = ToNumber<size_t>(Attribute(cell, "s"));
    if ((type.empty() || type == "n") && style && *style < dates_.size() && dates_[*style]) {
      const auto number = ToNumber<double>(value);
      if (const auto date = number ? DateText(*number, since_1904_) : std::nullopt) return *date;
    }
    return std::string(value);
  }

  OfficeFile file_;
  std::string name_;
  std::vector<std::string> strings_;
  std::vector<bool> dates_;  // by style: whether numbers are shown as dates
  bool since_1904_ = false;
};

}  // namespace

Result<std::string> XlsxText(std::string_view bytes) {
  auto book = Workbook::Open(bytes);
  if (!book) return std::unexpected(book.error());
  return book->Text();
}

}  // namespace bedplate::documents
