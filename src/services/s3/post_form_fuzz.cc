// Any bytes as a form, in pieces of the size that the first byte says: what is read of it is the
// same as in one piece, bounded, and holds the file that stands in it. The policy it may have is
// read and checked.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "services/s3/post_form.h"
#include "services/s3/post_policy.h"

namespace {

namespace s3 = bedplate::services::s3;

struct Outcome {
  std::string file;
  std::string failure;
  bool operator==(const Outcome&) const = default;
};

Outcome Read(s3::PostForm& form, std::string_view body, size_t piece) {
  Outcome outcome;
  for (size_t at = 0; at < body.size(); at += piece) {
    const auto pushed = form.Push(body.substr(at, piece), outcome.file);
    if (!pushed) return {.file = {}, .failure = pushed.error().type};
    if (!form.at_file() && !outcome.file.empty()) std::abort();
  }
  if (const auto finished = form.Finish(); !finished) {
    return {.file = {}, .failure = finished.error().type};
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  (void)s3::BoundaryOf(body);
  s3::PostForm form("B");
  s3::PostForm whole("B");
  const Outcome in_pieces = Read(form, body, 1 + data[0] % 64);
  const Outcome in_one = Read(whole, body, body.size());
  // Which of two faults is told first may differ.
  if (in_pieces.failure.empty() != in_one.failure.empty()) std::abort();
  if (!in_pieces.failure.empty()) return 0;
  if (in_pieces != in_one || form.fields() != whole.fields()) std::abort();
  if (!in_one.file.empty() && body.find(in_one.file) == std::string_view::npos) std::abort();
  (void)form.ExpandVariables();
  size_t bytes = 0;
  for (const auto& [name, value] : form.fields()) bytes += name.size();
  if (bytes > s3::PostForm::kFieldsBytesMax) std::abort();
  if (const auto text = form.Find("policy")) {
    if (const auto policy = s3::ReadPostPolicy(*text)) {
      (void)s3::CheckPostPolicy(*policy, form, "bucket", 0);
    }
  }
  return 0;
}
