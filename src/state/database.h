// Database: the durable state of the server. SQLite in a file of the data folder, reached through
// SOCI so that PostgreSQL can take its place; every table is keyed by account and region first.
//
// Every call blocks on the disk: run it on net::BlockingPool or in the command line, never on a
// reactor thread. Members may be called from several threads; writes wait for one another, reads
// do not wait for writes. Several processes may hold the same file open (the command line beside
// the server).
//
// What Write has returned success for survives a killed process and a power cut.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "base/result.h"

namespace soci {
class session;  // NOLINT(readability-identifier-naming): the name is SOCI's
}

namespace bedplate::state {

class Database {
 public:
  // Work inside one transaction. It sees exceptions of the database library as failures of the
  // whole transaction; it must not commit or roll back itself.
  using Work = std::function<Result<void>(soci::session&)>;

  // Opens the file, made when missing, and brings its schema up to date. Fails with a message for
  // the user: kValidation when the file is damaged, no database, or of a newer Bedplate;
  // kUnavailable when it cannot be read or written now.
  static Result<std::unique_ptr<Database>> Open(const std::filesystem::path& file);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Commits when `work` succeeds, durably before it returns; else nothing has happened.
  Result<void> Write(const Work& work);
  // One consistent view of the state.
  Result<void> Read(const Work& work);

 private:
  class Sessions;
  explicit Database(std::unique_ptr<Sessions> sessions);

  std::unique_ptr<Sessions> sessions_;
};

}  // namespace bedplate::state
