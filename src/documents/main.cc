// bedplate-documents FORMAT: reads a document on its input and writes the text in it.
//
// FORMAT pdf-pages is pdf with a form feed behind each page.
//
// The server starts it for each document of a format that takes a parser (pdf, docx, xlsx), because
// whoever sent the document may mean harm: it works within limits of its own, opens no file and no
// connection, and when it dies only that document was not read.
//
// Exit status: 0; 1 when the document can't be read, which one line of the error output explains; 2
// when the program was called wrongly, 3 when another program that it needs is missing.
#include <unistd.h>

#include <cstdint>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "base/helper_program.h"
#include "documents/read_document.h"

namespace bedplate::documents {
namespace {

constexpr HelperLimits kLimits{
    .memory_bytes = uint64_t{1} << 30, .processor_s = 30, .open_files = 32};

// Poppler's own program takes the place of this one, with its limits.
int ReadPdf(bool pages) {
  std::vector<const char*> arguments = {"pdftotext", "-q",   "-layout", "-enc",
                                        "UTF-8",     "-eol", "unix"};
  if (!pages) arguments.push_back("-nopgbrk");
  arguments.insert(arguments.end(), {"-", "-", nullptr});
  execvp("pdftotext", const_cast<char* const*>(arguments.data()));
  return Say(kExitMissing, "pdftotext, which reads PDF files, is not installed (poppler-utils)");
}

int Read(Result<std::string> (*text_of)(std::string_view)) {
  std::string bytes;
  if (!ReadInput(bytes)) return kExitUsage;
  const auto text = text_of(bytes);
  if (!text) return Say(kExitUnreadable, text.error().message);
  return WriteOutput(*text) ? 0 : kExitUsage;
}

int Main(std::string_view format) {
  LimitThisProcess(kLimits);
  if (format == "pdf" || format == "pdf-pages") return ReadPdf(format == "pdf-pages");
  try {
    if (format == "docx") return Read(DocxText);
    if (format == "xlsx") return Read(XlsxText);
  } catch (const std::bad_alloc&) {
    return Say(kExitUnreadable, "it takes too much memory");
  }
  return Say(kExitUsage, "usage: bedplate-documents pdf|pdf-pages|docx|xlsx <DOCUMENT >TEXT");
}

}  // namespace
}  // namespace bedplate::documents

int main(int argc, char** argv) { return bedplate::documents::Main(argc == 2 ? argv[1] : ""); }
