#include "runtime/document_program.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/bounded_run.h"
#include "base/clock.h"
#include "base/helper_program.h"
#include "base/log.h"
#include "runtime/document_blocks.h"

namespace bedplate::runtime {
namespace {

// Of one request: as much as an engine takes of one, and as long as a caller may wait.
constexpr size_t kTextBytesMax = 32 << 20;
constexpr std::chrono::seconds kTimeMax{60};
// Of one document.
constexpr size_t kDocumentTextBytesMax = 16 << 20;
constexpr std::chrono::seconds kDocumentTimeMax{30};

std::string FirstLine(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

// Why the document was not read, for its sender.
std::string Reason(const BoundedOutcome& outcome, std::string_view format) {
  switch (outcome.ending) {
    case BoundedOutcome::Ending::kTime:
      return "reading it takes too long";
    case BoundedOutcome::Ending::kOutput:
      return "its text is too long";
    case BoundedOutcome::Ending::kSignal:
      return "reading it takes too much memory or time, or it is damaged";
    case BoundedOutcome::Ending::kStopped:
    case BoundedOutcome::Ending::kExit:
      break;
  }
  if (format == "pdf") return "it is damaged, encrypted, or no PDF file";
  return FirstLine(outcome.errors);
}

bool Parses(const DocumentBlock& document) {
  return DocumentProgram::Reads(document.format) && !document.as_file;
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\f") == std::string_view::npos;
}

}  // namespace

bool DocumentProgram::Reads(std::string_view format) {
  return format == "pdf" || format == "docx" || format == "xlsx";
}

Result<void> DocumentProgram::Read(DocumentBlock& document, const std::string& place,
                                   Allowance& left) const {
  const bool paged = document.format == "pdf" && document.citations;
  const MonotonicTime begun = SystemClock().Monotonic();
  auto outcome =
      RunBounded({.program = program_,
                  .arguments = {paged ? "pdf-pages" : document.format},
                  .environment = environment_,
                  .input = document.bytes,
                  .output_bytes_max = std::min(kDocumentTextBytesMax, left.text_bytes),
                  .time_max = std::min<std::chrono::milliseconds>(kDocumentTimeMax, left.time),
                  .stop = left.stop});
  left.time -= std::chrono::ceil<std::chrono::milliseconds>(SystemClock().Monotonic() - begun);
  const bool started = outcome.has_value();
  if (started && outcome->ending == BoundedOutcome::Ending::kStopped) {
    return Fail(Fault::kUnavailable, "nobody waits for the document any more");
  }
  const bool exited = started && outcome->ending == BoundedOutcome::Ending::kExit;
  if (!started || (exited && outcome->status > kExitUnreadable &&
                   (document.format != "pdf" || outcome->status == kExitMissing))) {
    const std::string reason =
        started ? FirstLine(outcome->errors) : std::move(outcome.error().message);
    log::Error("runtime", "documents can't be read",
               {{"format", document.format}, {"program", program_}, {"reason", reason}});
    return Fail(Fault::kUnavailable,
                fmt::format("This server can't read {} documents now: what reads them is missing. "
                            "Its log says more.",
                            document.format));
  }
  const auto refuse = [&](std::string_view reason) {
    return Fail(Fault::kValidation,
                fmt::format("The document '{}' at {}.document can't be read as {}: {}.",
                            document.name, place, document.format, reason));
  };
  if (!exited || outcome->status != 0) return refuse(Reason(*outcome, document.format));
  if (IsBlank(outcome->output)) return refuse("it has no text, only pictures perhaps");
  left.text_bytes -= outcome->output.size();
  document.bytes = std::move(outcome->output);
  document.part_ends.clear();
  document.paged = paged;
  document.format = "txt";
  return {};
}

Result<void> DocumentProgram::ReadAll(Conversation& conversation,
                                      const std::stop_token& stop) const {
  Allowance left{.text_bytes = kTextBytesMax, .time = kTimeMax, .stop = stop};
  return ForEachDocument(conversation, [&](DocumentBlock& document, const std::string& place) {
    return Parses(document) ? Read(document, place, left) : Result<void>();
  });
}

bool HasParsedDocuments(const Conversation& conversation) {
  bool found = false;
  [[maybe_unused]] const auto never_fails =
      ForEachDocument(conversation, [&](const DocumentBlock& document, const std::string&) {
        found = found || Parses(document);
        return Result<void>();
      });
  return found;
}

}  // namespace bedplate::runtime
