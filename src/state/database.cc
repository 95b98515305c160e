#include "state/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <soci/soci.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "state/migrate.h"

namespace bedplate::state {
namespace {

using SessionPointer = std::unique_ptr<soci::session>;

Result<void> DatabaseFailure(const soci::sqlite3_soci_error& error) {
  log::Error("state", "the database failed", {{"code", error.result()}, {"reason", error.what()}});
  switch (error.result() & 0xff) {  // the low byte is SQLite's primary code
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Fail(Fault::kUnavailable, "the server's database is busy; try again");
    case SQLITE_FULL:
      return Fail(Fault::kUnavailable, "the server's disk is full");
    default:
      return Fail(Fault::kInternal, "the server's database failed");
  }
}

// Runs `work` and turns what the database library throws into an Error.
Result<void> Guard(const std::function<Result<void>()>& work) {
  try {
    return work();
  } catch (const soci::sqlite3_soci_error& error) {
    return DatabaseFailure(error);
  } catch (const soci::soci_error& error) {
    log::Error("state", "the database failed", {{"reason", error.what()}});
    return Fail(Fault::kInternal, "the server's database failed");
  }
}

sqlite_api::sqlite3* ConnectionOf(soci::session& session) {
  return static_cast<soci::sqlite3_session_backend*>(session.get_backend())->conn_;
}

// Beside SOCI, whose statements cost more than what these do.
void Say(soci::session& session, const char* what) {
  sqlite_api::sqlite3* const connection = ConnectionOf(session);
  const int result = sqlite3_exec(connection, what, nullptr, nullptr, nullptr);
  if (result == SQLITE_OK) return;
  throw soci::sqlite3_soci_error(fmt::format("{}: {}", what, sqlite3_errmsg(connection)), result);
}

Result<void> InTransaction(soci::session& session, const char* begin, const Database::Work& work) {
  return Guard([&]() -> Result<void> {
    Say(session, begin);
    Result<void> done;
    try {
      done = work(session);
      if (done) Say(session, "COMMIT");
    } catch (...) {
      // SQLite has rolled back by itself after some failures; a second one is an error then.
      if (sqlite3_get_autocommit(ConnectionOf(session)) == 0) Say(session, "ROLLBACK");
      throw;
    }
    if (!done) Say(session, "ROLLBACK");
    return done;
  });
}

SessionPointer OpenSession(const std::string& file) {
  auto session = std::make_unique<soci::session>();
  soci::connection_parameters parameters(soci::sqlite3, "db=" + file);
  session->open(parameters);
  return session;
}

SessionPointer Connect(const std::string& file) {
  auto session = OpenSession(file);
  sqlite3_busy_timeout(ConnectionOf(*session), limits::kDatabaseBusyMsMax);
  // WAL: readers and the writer do not wait for each other. FULL: a commit is on the disk before
  // it is acknowledged.
  std::string mode;
  *session << "PRAGMA journal_mode=WAL", soci::into(mode);
  *session << "PRAGMA synchronous=FULL";
  *session << "PRAGMA foreign_keys=ON";
  *session << "PRAGMA cache_size=-512";  // KiB for each connection: rows are few and small
  return session;
}

// What a damaged file says about itself, or empty.
std::string Damage(soci::session& session) {
  std::string verdict;
  session << "PRAGMA quick_check(1)", soci::into(verdict);
  return verdict == "ok" ? "" : verdict;
}

std::unexpected<Error> CannotMake(const std::filesystem::path& file) {
  return Fail(Fault::kUnavailable,
              fmt::format("cannot make the database {}: {}", file.string(), std::strerror(errno)));
}

bool SyncToDisk(const std::filesystem::path& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool synced = fsync(descriptor) == 0;
  const int why = errno;
  close(descriptor);
  errno = why;
  return synced;
}

// The schema, in a file that nobody else knows: nothing of it needs to be on the disk yet.
Result<void> FillDraft(const std::string& draft) {
  return Guard([&]() -> Result<void> {
    const SessionPointer session = OpenSession(draft);
    std::string mode;
    *session << "PRAGMA synchronous=OFF";
    *session << "PRAGMA journal_mode=WAL", soci::into(mode);
    return InTransaction(*session, "BEGIN", [](soci::session& transaction) {
      return Migrate(transaction, AllMigrations());
    });
  });
}

// Makes the file unless it is there. It is filled under another name and gets its own when all of
// it is on the disk, so that whoever finds it finds it whole, and a first start waits for the disk
// twice and not once for each step of SQLite's.
Result<void> MakeFile(const std::filesystem::path& file) {
  if (access(file.c_str(), F_OK) == 0) return {};
  const std::string draft = file.string() + "." + NewRandomText(8, "0123456789");
  // Before SQLite does, which would let the umask decide who may read it.
  const int descriptor = open(draft.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0) return CannotMake(file);
  close(descriptor);
  Result<void> made = FillDraft(draft);
  if (made && !SyncToDisk(draft)) made = CannotMake(file);
  // link, not rename: where another process was faster, its file may hold something already.
  if (made && link(draft.c_str(), file.c_str()) != 0 && errno != EEXIST) made = CannotMake(file);
  unlink(draft.c_str());
  if (made && !SyncToDisk(file.parent_path())) made = CannotMake(file);
  return made;
}

}  // namespace

// One session that writes, and up to kDatabaseReadersMax that read, opened when first needed.
class Database::Sessions {
 public:
  Sessions(std::string file, SessionPointer writer)
      : file_(std::move(file)), writer_(std::move(writer)) {}

  Result<void> Write(const Work& work) {
    const std::lock_guard lock(writer_mutex_);
    return InTransaction(*writer_, "BEGIN IMMEDIATE", work);
  }

  Result<void> Read(const Work& work) {
    SessionPointer reader = Borrow();
    Result<void> done = Guard([&]() -> Result<void> {
      if (reader == nullptr) reader = Connect(file_);
      return {};
    });
    if (done) done = InTransaction(*reader, "BEGIN", work);
    Return(std::move(reader));
    return done;
  }

 private:
  SessionPointer Borrow() {
    std::unique_lock lock(readers_mutex_);
    readers_wake_.wait(lock, [this] { return lent_ < limits::kDatabaseReadersMax; });
    ++lent_;
    if (idle_.empty()) return nullptr;
    SessionPointer reader = std::move(idle_.back());
    idle_.pop_back();
    return reader;
  }

  void Return(SessionPointer reader) {
    {
      const std::lock_guard lock(readers_mutex_);
      --lent_;
      if (reader != nullptr) idle_.push_back(std::move(reader));
    }
    readers_wake_.notify_one();
  }

  const std::string file_;
  std::mutex writer_mutex_;
  SessionPointer writer_;
  std::mutex readers_mutex_;
  std::condition_variable readers_wake_;
  std::vector<SessionPointer> idle_;
  int lent_ = 0;
};

Database::Database(std::unique_ptr<Sessions> sessions) : sessions_(std::move(sessions)) {}
Database::~Database() = default;

Result<std::unique_ptr<Database>> Database::Open(const std::filesystem::path& file) {
  const auto refuse = [&](Fault fault, std::string_view reason) {
    return Fail(fault, fmt::format("cannot use the database {}: {}", file.string(), reason));
  };
  if (const auto made = MakeFile(file); !made) return std::unexpected(made.error());
  try {
    SessionPointer writer = Connect(file.string());
    std::error_code ignored;
    const auto bytes = std::filesystem::file_size(file, ignored);
    if (bytes <= limits::kDatabaseCheckBytesMax) {
      if (const std::string damage = Damage(*writer); !damage.empty()) {
        return refuse(Fault::kValidation,
                      fmt::format("the file is damaged ({}). Restore it from a copy, or move it "
                                  "away to start with an empty one",
                                  damage));
      }
    }
    const auto migrated = InTransaction(*writer, "BEGIN IMMEDIATE", [](soci::session& session) {
      return Migrate(session, AllMigrations());
    });
    if (!migrated) return refuse(migrated.error().fault, migrated.error().message);
    return std::unique_ptr<Database>(
        new Database(std::make_unique<Sessions>(file.string(), std::move(writer))));
  } catch (const soci::sqlite3_soci_error& error) {
    const int code = error.result() & 0xff;
    if (code == SQLITE_NOTADB || code == SQLITE_CORRUPT) {
      return refuse(Fault::kValidation,
                    "the file is damaged or is no Bedplate database. Restore it from a copy, or "
                    "move it away to start with an empty one");
    }
    return refuse(Fault::kUnavailable, error.what());
  } catch (const soci::soci_error& error) {
    return refuse(Fault::kUnavailable, error.what());
  }
}

Result<void> Database::Write(const Work& work) { return sessions_->Write(work); }
Result<void> Database::Read(const Work& work) { return sessions_->Read(work); }

}  // namespace bedplate::state
