// The text of a document in an office format.
//
// Errors: kValidation, a phrase about the document: "it is no ZIP archive". Threads: pure
// functions. Nothing recurses; memory is bounded by kTextBytesMax and what an archive may unpack
// to.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace bedplate::documents {

inline constexpr size_t kTextBytesMax = 16 << 20;

// Paragraphs are lines, headings have marks of Markdown before them, tables are rows of Markdown,
// footnotes come last. Deleted text is left out.
Result<std::string> DocxText(std::string_view bytes);

// Each sheet is a line with its name and its rows as CSV: values as the file keeps them, dates and
// times in ISO 8601 where the cell's format shows one.
Result<std::string> XlsxText(std::string_view bytes);

}  // namespace bedplate::documents
