#include "account/identity/root_credentials.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "account/identity/key_ids.h"
#include "base/ids.h"
#include "base/json/value.h"
#include "base/log.h"
#include "base/private_file.h"

namespace bedplate::account {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::string_view kBase62 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr size_t kFileBytesMax = 16 * 1024;

class FileDescriptor {
 public:
  explicit FileDescriptor(int value) : value_(value) {}
  ~FileDescriptor() {
    if (value_ >= 0) close(value_);
  }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  int get() const { return value_; }
  bool ok() const { return value_ >= 0; }

 private:
  int value_;
};

std::unexpected<Error> FailWithErrno(std::string_view what, const std::filesystem::path& path) {
  const std::string why = std::system_category().message(errno);
  return Fail(Fault::kInternal, std::string(what) + " " + path.string() + ": " + why);
}

}  // namespace

RootCredentials NewRootCredentials() {
  RootCredentials made;
  // No zero first: tools that take an account for a number would lose it.
  made.account = NewRandomText(1, kDigits.substr(1)) + NewRandomText(11, kDigits);
  made.access_key_id = NewKeyId("AKIA", made.account);
  // AWS's secrets have / and + too; without them a double click selects the whole.
  made.secret_access_key = NewRandomText(40, kBase62);
  made.bearer_key = "ABSK" + NewRandomText(96, kBase62);
  return made;
}

namespace {

std::string ToJson(const RootCredentials& credentials) {
  json::Value file;
  file.Set("version", 1);
  file.Set("account_id", credentials.account);
  file.Set("access_key_id", credentials.access_key_id);
  file.Set("secret_access_key", credentials.secret_access_key);
  file.Set("bearer_key", credentials.bearer_key);
  return file.ToJson() + "\n";
}

bool AllOf(std::string_view text, std::string_view alphabet) {
  return text.find_first_not_of(alphabet) == std::string_view::npos;
}

// The name of the first member that is not as it must be; empty when all are.
std::string_view FirstWrongMember(const RootCredentials& credentials) {
  if (credentials.account.size() != 12 || !AllOf(credentials.account, kDigits)) {
    return "account_id";
  }
  const std::string_view id = credentials.access_key_id;
  if (id.size() != 20 || !id.starts_with("AKIA") || !AllOf(id.substr(4), kBase32)) {
    return "access_key_id";
  }
  if (credentials.secret_access_key.size() < 40) return "secret_access_key";
  if (credentials.bearer_key.size() < 40) return "bearer_key";
  return {};
}

Result<RootCredentials> FromJson(std::string_view text, const std::filesystem::path& path) {
  const auto file = json::Value::Parse(text);
  if (!file) {
    return Fail(Fault::kInternal, path.string() + " is not valid JSON: " + file.error().message);
  }
  RootCredentials read;
  const std::array<std::pair<std::string_view, std::string*>, 4> members = {
      {{"account_id", &read.account},
       {"access_key_id", &read.access_key_id},
       {"secret_access_key", &read.secret_access_key},
       {"bearer_key", &read.bearer_key}}};
  for (const auto& [name, value] : members) {
    const json::Value* member = file->Find(name);
    if (member != nullptr && member->is_string()) *value = *member->AsString();
  }
  const auto wrong = FirstWrongMember(read);
  if (wrong.empty()) return read;
  return Fail(Fault::kInternal, path.string() + ": the member " + std::string(wrong) +
                                    " is missing or not of the right form. Restore the file, or "
                                    "move it away to have new credentials made.");
}

// An empty text when there is no such file. Not ReadPrivateFile: one that is open to others is
// closed, and one of another user's read, as commands of root's do.
Result<std::string> ReadFile(const std::filesystem::path& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.ok()) {
    if (errno == ENOENT) return std::string();
    return FailWithErrno("Cannot read", path);
  }
  struct stat status{};
  if (fstat(file.get(), &status) == 0 && (status.st_mode & 077) != 0) {
    log::Warning("account", "credentials file was open to other users; it is closed now",
                 {{"file", path.string()}});
    if (fchmod(file.get(), 0600) != 0) return FailWithErrno("Cannot close to others", path);
  }
  std::string text(kFileBytesMax, '\0');
  size_t size = 0;
  for (;;) {
    const ssize_t got = read(file.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return FailWithErrno("Cannot read", path);
    if (got == 0 || size == text.size()) break;
    size += static_cast<size_t>(got);
  }
  text.resize(size);
  if (text.empty()) return std::string(" ");  // empty means absent to our caller; this is there
  return text;
}

}  // namespace

Result<RootCredentials> LoadOrCreateRootCredentials(const std::filesystem::path& data_folder) {
  std::error_code error;
  const bool made_folder = std::filesystem::create_directories(data_folder, error);
  if (error) {
    return Fail(Fault::kInternal,
                "Cannot create the folder " + data_folder.string() + ": " + error.message());
  }
  if (made_folder) {
    std::filesystem::permissions(data_folder, std::filesystem::perms::owner_all, error);
  }
  const auto path = data_folder / kCredentialsFile;
  auto text = ReadFile(path);
  if (!text) return std::unexpected(text.error());
  if (text->empty()) {
    // Where another process was faster, the credentials that were handed out first stay.
    const auto made = MakePrivateFile(path, ToJson(NewRootCredentials()));
    if (!made) return std::unexpected(made.error());
    text = ReadFile(path);
    if (!text) return std::unexpected(text.error());
    if (*made) log::Info("account", "root credentials were made", {{"file", path.string()}});
  }
  return FromJson(*text, path);
}

}  // namespace bedplate::account
