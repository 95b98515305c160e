#include "app/pulled_folder.h"

#include "app/data_folder.h"

namespace bedplate::app {

Result<models::PulledModels> OpenPulledModels(const Settings& settings) {
  const auto folder = DataFolder::Open(settings.data.folder);
  if (!folder) return std::unexpected(folder.error());
  return models::PulledModels(folder->path() / "models" / "pulled");
}

}  // namespace bedplate::app
