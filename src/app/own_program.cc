#include "app/own_program.h"

#include <unistd.h>

#include <system_error>

#include "app/print.h"

namespace bedplate::app {

namespace fs = std::filesystem;

fs::path OwnProgram() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored);
}

std::optional<fs::path> FindOnPath(const Environment& environment, std::string_view name) {
  const auto path = Find(environment, "PATH");
  std::string_view folders;
  if (path) folders = *path;
  while (!folders.empty()) {
    const size_t colon = folders.find(':');
    const fs::path candidate = fs::path(folders.substr(0, colon)) / name;
    if (access(candidate.c_str(), X_OK) == 0) return candidate;
    folders.remove_prefix(colon == std::string_view::npos ? folders.size() : colon + 1);
  }
  return std::nullopt;
}

std::string OwnProgramForShell(const Environment& environment) {
  const fs::path own = OwnProgram();
  const auto found = FindOnPath(environment, own.filename().string());
  std::error_code ignored;
  if (found && fs::equivalent(*found, own, ignored)) return own.filename().string();
  return QuoteForShell(own.string());
}

}  // namespace bedplate::app
