// Documents whose formats take a parser (pdf, docx, xlsx) are read by a program of its own,
// bedplate-documents, within limits.
//
// Errors: kValidation naming the document for one that can't be read, kUnavailable when the program
// or one that it needs is missing. Threads: any; blocks, so call it on a BlockingPool.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "runtime/conversation.h"

namespace bedplate::runtime {

class DocumentProgram {
 public:
  // `program` is a path; `environment` are "NAME=value", all that the program gets.
  DocumentProgram(std::string program, std::vector<std::string> environment)
      : program_(std::move(program)), environment_(std::move(environment)) {}

  static bool Reads(std::string_view format);

  // Replaces the bytes of each such document of `conversation` by its text, but for those that go
  // as files; all together are bounded in text and time. kUnavailable when a stop was asked for:
  // nobody waits any more.
  Result<void> ReadAll(Conversation& conversation, const std::stop_token& stop = {}) const;

 private:
  // What all documents of one request may still take.
  struct Allowance {
    size_t text_bytes;
    std::chrono::milliseconds time;
    std::stop_token stop;
  };
  Result<void> Read(DocumentBlock& document, const std::string& place, Allowance& left) const;

  std::string program_;
  std::vector<std::string> environment_;
};

// Whether ReadAll would start a program.
bool HasParsedDocuments(const Conversation& conversation);

}  // namespace bedplate::runtime
