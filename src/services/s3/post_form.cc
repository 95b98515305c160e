#include "services/s3/post_form.h"

#include <fmt/format.h>

#include <algorithm>

#include "account/objects/s3_error.h"
#include "net/text.h"

namespace bedplate::services::s3 {
namespace {

using account::objects::InvalidArgument;
using account::objects::S3Fail;

constexpr size_t kBoundaryBytesMax = 70;  // RFC 2046 5.1.1
constexpr std::string_view kForm = "multipart/form-data";
constexpr std::string_view kLineEnd = "\r\n";

std::unexpected<Error> Malformed(std::string_view what) {
  return S3Fail("MalformedPOSTRequest", 400,
                fmt::format("The body of your POST request is not well-formed multipart/form-data: "
                            "{}.",
                            what));
}

std::unexpected<Error> TooLarge() {
  return S3Fail("MaxPostPreDataLengthExceeded", 400,
                fmt::format("Your POST request fields preceding the upload file were too large: "
                            "they have more than {} bytes.",
                            PostForm::kFieldsBytesMax));
}

// The parameters behind the first semicolon of a header's value, one at a time: "a=b; c=\"d\"".
class Parameters {
 public:
  explicit Parameters(std::string_view value) : rest_(value) { Skip(); }

  bool Next() {
    name_.clear();
    value_.clear();
    rest_ = TrimLeft(rest_);
    if (rest_.empty()) return false;
    const size_t equals = rest_.find_first_of("=;");
    name_ = net::ToLower(net::TrimBlanks(rest_.substr(0, equals)));
    if (equals == std::string_view::npos || rest_[equals] == ';') {
      rest_ = equals == std::string_view::npos ? std::string_view() : rest_.substr(equals + 1);
      return true;
    }
    rest_ = TrimLeft(rest_.substr(equals + 1));
    if (rest_.starts_with('"')) {
      TakeQuoted();
    } else {
      value_ = net::TrimBlanks(rest_.substr(0, rest_.find(';')));
    }
    Skip();
    return true;
  }
  const std::string& name() const { return name_; }
  const std::string& value() const { return value_; }

 private:
  static std::string_view TrimLeft(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    return text;
  }
  void Skip() {
    const size_t end = rest_.find(';');
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
  }
  // A backslash escapes a quotation mark alone: browsers send paths of Windows as they are.
  void TakeQuoted() {
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.starts_with("\\\"")) rest_.remove_prefix(1);
      value_ += rest_.front();
      rest_.remove_prefix(1);
    }
    if (!rest_.empty()) rest_.remove_prefix(1);
  }

  std::string_view rest_;
  std::string name_;
  std::string value_;
};

// The value of one of a part's headers; empty when there is none.
std::string_view HeaderOf(std::string_view head, std::string_view name) {
  while (!head.empty()) {
    const size_t end = std::min(head.find(kLineEnd), head.size());
    const std::string_view line = head.substr(0, end);
    head.remove_prefix(std::min(end + kLineEnd.size(), head.size()));
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    if (net::EqualsIgnoringCase(net::TrimBlanks(line.substr(0, colon)), name)) {
      return net::TrimBlanks(line.substr(colon + 1));
    }
  }
  return {};
}

// spec: the documentation of ${filename}: what follows the last slash or backslash.
std::string_view WithoutFolders(std::string_view path) {
  const size_t at = path.find_last_of("/\\");
  return at == std::string_view::npos ? path : path.substr(at + 1);
}

// What must stay as it was signed.
bool IsProof(std::string_view name) {
  return name == "policy" || name == "signature" || name == "x-amz-signature";
}

}  // namespace

Result<std::string> BoundaryOf(std::string_view content_type) {
  const std::string_view type = net::TrimBlanks(content_type.substr(0, content_type.find(';')));
  if (!net::EqualsIgnoringCase(type, kForm)) {
    return S3Fail("RequestIsNotMultiPartContent", 400,
                  fmt::format("Bucket POST must be of the enclosure-type multipart/form-data, not "
                              "'{}'.",
                              type.substr(0, 100)));
  }
  for (Parameters walk(content_type); walk.Next();) {
    if (walk.name() != "boundary") continue;
    const bool plain =
        std::ranges::all_of(walk.value(), [](char c) { return c >= ' ' && c < 127; });
    if (walk.value().empty() || walk.value().size() > kBoundaryBytesMax || !plain) break;
    return walk.value();
  }
  return Malformed("its Content-Type names no boundary of 1 to 70 characters");
}

PostForm::PostForm(std::string_view boundary)
    : delimiter_(fmt::format("\r\n--{}", boundary)), buffered_(kLineEnd) {}

std::optional<std::string_view> PostForm::Find(std::string_view name) const {
  const auto found = std::ranges::find(
      fields_, name, [](const auto& field) { return std::string_view(field.first); });
  if (found == fields_.end()) return std::nullopt;
  return found->second;
}

Result<void> PostForm::ExpandVariables() {
  constexpr std::string_view kVariable = "${filename}";
  // Many variables, in many fields, and a long name must not grow what was bounded.
  size_t grown = 0;
  for (auto& [name, value] : fields_) {
    if (IsProof(name)) continue;
    for (size_t at = 0; (at = value.find(kVariable, at)) != std::string::npos;) {
      grown += file_name_.size();
      if (grown > kFieldsBytesMax) return TooLarge();
      value.replace(at, kVariable.size(), file_name_);
      at += file_name_.size();
    }
  }
  return {};
}

Result<void> PostForm::Push(std::string_view bytes, std::string& file) {
  if (state_ == State::kBehind || state_ == State::kEnd) return {};
  buffered_.append(bytes);
  for (;;) {
    const auto stepped = Step(file);
    if (!stepped) return std::unexpected(stepped.error());
    if (!*stepped) break;
  }
  if (before_file_ + (at_file() ? 0 : buffered_.size()) > kFieldsBytesMax) {
    return TooLarge();
  }
  return {};
}

Result<void> PostForm::Finish() const {
  if (is_whole()) return {};
  if (state_ == State::kEnd) {
    return S3Fail("IncorrectNumberOfFilesInPostRequest", 400,
                  "POST requires exactly one file upload per request.");
  }
  return Malformed("it ends before its last boundary");
}

Result<bool> PostForm::Step(std::string& file) {
  switch (state_) {
    case State::kBoundary:
      return StepBoundary();
    case State::kAfterBoundary:
      return StepAfterBoundary();
    case State::kHead:
      return StepHead();
    case State::kValue:
      return StepValue();
    case State::kFile:
      return StepFile(file);
    case State::kBehind:
    case State::kEnd:
      buffered_.clear();
      return false;
  }
  return false;
}

void PostForm::Consume(size_t bytes) {
  before_file_ += bytes;
  buffered_.erase(0, bytes);
}

Result<bool> PostForm::StepBoundary() {
  const size_t there = std::min(buffered_.size(), delimiter_.size());
  if (std::string_view(buffered_).substr(0, there) !=
      std::string_view(delimiter_).substr(0, there)) {
    return Malformed("it does not begin with its boundary");
  }
  if (there < delimiter_.size()) return false;
  Consume(delimiter_.size());
  state_ = State::kAfterBoundary;
  return true;
}

Result<bool> PostForm::StepAfterBoundary() {
  if (buffered_.size() < 2) return false;
  const bool last = buffered_.starts_with("--");
  if (!last && !buffered_.starts_with(kLineEnd))
    return Malformed("a boundary is longer than it is");
  Consume(2);
  state_ = last ? State::kEnd : State::kHead;
  return true;
}

Result<bool> PostForm::StepHead() {
  if (buffered_.starts_with(kLineEnd)) return Malformed("a part has no name");
  const size_t end = buffered_.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  const std::string_view disposition =
      HeaderOf(std::string_view(buffered_).substr(0, end), "content-disposition");
  std::optional<std::string> name;
  std::string file_name;
  for (Parameters walk(disposition); walk.Next();) {
    if (walk.name() == "name") name = net::ToLower(walk.value());
    if (walk.name() == "filename") file_name = WithoutFolders(walk.value());
  }
  if (!name || name->empty()) return Malformed("a part has no name");
  Consume(end + 4);
  state_ = *name == "file" ? State::kFile : State::kValue;
  if (state_ == State::kFile) {
    file_name_ = std::move(file_name);
    return true;
  }
  if (Find(*name)) {
    return InvalidArgument(
        fmt::format("POST requires one value of the field '{}': it is there "
                    "twice.",
                    name->substr(0, 64)));
  }
  name_ = std::move(*name);
  return true;
}

Result<bool> PostForm::StepValue() {
  const size_t end = buffered_.find(delimiter_);
  if (end == std::string::npos) return false;
  fields_.emplace_back(std::move(name_), buffered_.substr(0, end));
  Consume(end + delimiter_.size());
  state_ = State::kAfterBoundary;
  return true;
}

bool PostForm::StepFile(std::string& file) {
  const size_t end = buffered_.find(delimiter_);
  if (end != std::string::npos) {
    file.append(buffered_, 0, end);
    buffered_.clear();
    state_ = State::kBehind;
    return false;
  }
  // What may be the begin of the boundary waits for what comes.
  if (buffered_.size() < delimiter_.size()) return false;
  const size_t sure = buffered_.size() - (delimiter_.size() - 1);
  file.append(buffered_, 0, sure);
  buffered_.erase(0, sure);
  return false;
}

}  // namespace bedplate::services::s3
