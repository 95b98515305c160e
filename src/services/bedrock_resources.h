// The resources of Bedrock as authorization asks for them: models by whatever they are called,
// profiles, prompt routers, endpoints; with their policies and tags.
//
// Kinds: "bedrock" is the one resource of a name; "bedrock-model" all that invoking it takes, so of
// an inference profile the model behind it too, asked for with bedrock:InferenceProfileArn.
//
// Threads: any. TryFind never blocks; tags are read from the database.
// spec: Bedrock user guide, "Prerequisites for inference profiles"; service authorization reference
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "account/authorization/resource_directory.h"
#include "models/directory.h"
#include "state/tag_table.h"

namespace bedplate::services {

class BedrockResources final : public account::ResourceDirectory {
 public:
  // Both outlive this.
  BedrockResources(const models::ModelDirectory& directory, state::TagTable& tags)
      : directory_(directory), tags_(tags) {}

  Result<Resources> Find(const account::ResourceName& name) const override;
  std::optional<Result<Resources>> TryFind(const account::ResourceName& name) const override;

 private:
  // Without tags.
  Resources Describe(const account::ResourceName& name) const;
  account::Resource Of(std::string arn, const models::Scope& scope, bool owned) const;
  std::optional<account::Resource> OwnResource(const std::string& name,
                                               const models::Scope& scope) const;

  const models::ModelDirectory& directory_;
  state::TagTable& tags_;
};

}  // namespace bedplate::services
