// PulledModels: where models from hubs lie, and which references are there whole.
//
//   FOLDER/huggingface/OWNER/REPOSITORY/PATH   FOLDER/ollama/OWNER/NAME/TAG.gguf
//   ....gguf.sha256                            what such a file is known to be (file_checksum.h)
//   FOLDER/references/REFERENCE.json           the files of a reference, once all of them are there
//
// Threads: any. Blocks on the disk.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "models/pull/hub_files.h"
#include "models/pull/reference.h"

namespace bedplate::models {

class PulledModels {
 public:
  explicit PulledModels(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path FolderOf(const HubReference& reference) const;
  // Its files are there, those of the weights first: writes that down and gives back the one to
  // load.
  Result<std::string> Note(const HubReference& reference, const std::vector<HubFile>& files) const;
  // Where a file of the reference lies once it is pulled.
  std::string PathOf(const HubReference& reference, const HubFile& file) const;
  // The file to load; empty when the reference was not pulled, or not to its end, or when a file of
  // it has another size or checksum now than it had then.
  std::string Find(const HubReference& reference) const;

  // What a person wrote where a GGUF file is wanted: a file that is there, or the reference of a
  // pulled model. kValidation, with what to do, when it is neither.
  Result<std::string> FileFor(const std::string& text) const;

 private:
  std::filesystem::path NoteOf(const HubReference& reference) const;

  std::filesystem::path folder_;
};

// The id that a pulled model gets when nobody chose one: "owner.repository-selector", in the
// letters that ids have.
std::string ModelIdFor(const HubReference& reference);

}  // namespace bedplate::models
