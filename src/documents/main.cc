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
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "documents/read_document.h"

namespace bedplate::documents {
namespace {

constexpr int kExitUnreadable = 1;
constexpr int kExitUsage = 2;
constexpr int kExitMissing = 3;

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define BEDPLATE_SANITIZER_MAPS_ALL 1
#endif
#endif

void Limit(__rlimit_resource resource, rlim_t most) {
  const rlimit limit{.rlim_cur = most, .rlim_max = most};
  setrlimit(resource, &limit);
}

void LimitThisProcess() {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#ifndef BEDPLATE_SANITIZER_MAPS_ALL
  Limit(RLIMIT_AS, rlim_t{1} << 30);
#endif
  Limit(RLIMIT_CPU, 30);
  Limit(RLIMIT_CORE, 0);
  Limit(RLIMIT_FSIZE, 0);
  Limit(RLIMIT_NOFILE, 32);
}

bool ReadInput(std::string& bytes) {
  char piece[64 << 10];
  while (true) {
    const ssize_t count = read(STDIN_FILENO, piece, sizeof piece);
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) bytes.append(piece, static_cast<size_t>(count));
  }
}

bool WriteOutput(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

int Say(int status, std::string_view what) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  return status;
}

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
  LimitThisProcess();
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
