// The files in an office document (docx, xlsx), which is a ZIP archive of XML.
//
// Errors: kValidation, a phrase for the person who made the document: "it is no ...". Threads: one
// object, one thread.
#pragma once

#include <map>
#include <pugixml.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace bedplate::documents {

class OfficeFile {
 public:
  // Unpacks what `wanted` accepts. What is unpacked is bounded in bytes and files, so that a small
  // archive can't become a big one.
  static Result<OfficeFile> Open(std::string_view bytes, bool (*wanted)(std::string_view name));

  bool Has(const std::string& name) const { return files_.contains(name); }
  // The XML of a file that is there. White space is kept.
  Result<pugi::xml_document> Xml(const std::string& name) const;

  // The file that a relationship of `source` leads to: by its id, or by how its type ends. Empty if
  // there is none. spec: ECMA-376-2, 6.5 Relationships
  std::string Related(const std::string& source, std::string_view id) const;
  std::string RelatedByType(const std::string& source, std::string_view type_end) const;

 private:
  struct Relationship {
    std::string id;
    std::string type;
    std::string target;  // a file that is there
  };
  // Read once: a workbook may have thousands of sheets.
  const std::vector<Relationship>& RelationshipsOf(const std::string& source) const;

  std::map<std::string, std::string> files_;  // by name, without a slash before it
  mutable std::map<std::string, std::vector<Relationship>> relationships_;  // by source
};

// The name of an element or attribute without its prefix: "w:t" is "t".
std::string_view LocalName(const char* name);
// The attribute of that local name; empty if there is none.
std::string_view Attribute(const pugi::xml_node& node, std::string_view local_name);
// The first child of that local name; may be null.
pugi::xml_node Child(const pugi::xml_node& node, std::string_view local_name);

}  // namespace bedplate::documents
