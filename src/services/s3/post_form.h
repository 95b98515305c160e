// A form that a browser sends to a bucket (multipart/form-data), read as it comes: first its
// fields, which are held, then its file, which is not.
//
// Errors are S3's: MalformedPOSTRequest, MaxPostPreDataLengthExceeded, InvalidArgument for a field
// that is there twice, IncorrectNumberOfFilesInPostRequest. Threads: an object serves one at a
// time; nothing blocks.
// spec: RFC 7578, RFC 2046 5.1.1; docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace bedplate::services::s3 {

// The boundary that a Content-Type names; RequestIsNotMultiPartContent when it is of no form.
Result<std::string> BoundaryOf(std::string_view content_type);

class PostForm {
 public:
  // Of all that comes before the file, names of fields and boundaries too.
  static constexpr size_t kFieldsBytesMax = 20 << 10;

  explicit PostForm(std::string_view boundary);

  // Takes what came next of the body. Appends what it holds of the file's content to `file`.
  Result<void> Push(std::string_view bytes, std::string& file);
  // The body is at its end: the form must be, too.
  Result<void> Finish() const;

  // All fields are there; the file has begun.
  bool at_file() const { return state_ == State::kFile || state_ == State::kBehind; }
  // What comes now is of no meaning: S3 looks at nothing behind the file.
  bool is_whole() const { return state_ == State::kBehind; }

  // By its name in lower case; the names are distinct.
  std::optional<std::string_view> Find(std::string_view name) const;
  const std::vector<std::pair<std::string, std::string>>& fields() const { return fields_; }
  // As its sender called it, without folders; empty when it did not.
  const std::string& file_name() const { return file_name_; }
  // ${filename} in values becomes the name of the file. Once, when at_file().
  // MaxPostPreDataLengthExceeded when all values together grow by more than what was bounded.
  Result<void> ExpandVariables();

 private:
  enum class State : uint8_t { kBoundary, kAfterBoundary, kHead, kValue, kFile, kBehind, kEnd };

  // One step over what is buffered; false when it needs more.
  Result<bool> Step(std::string& file);
  Result<bool> StepBoundary();
  Result<bool> StepAfterBoundary();
  Result<bool> StepHead();
  Result<bool> StepValue();
  bool StepFile(std::string& file);
  void Consume(size_t bytes);

  const std::string delimiter_;  // with the line end before it
  State state_ = State::kBoundary;
  std::string buffered_;
  size_t before_file_ = 0;  // bytes consumed before the file
  std::string name_;        // of the field whose value comes
  std::string file_name_;
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace bedplate::services::s3
