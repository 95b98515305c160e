#include "app/wire_authorization.h"

namespace bedplate::app {

AuthorizationParts::AuthorizationParts(const AuthorizationInputs& inputs)
    : bedrock_(inputs.models.directory(), inputs.models.tags()), keys_(inputs.keys) {
  directories_.Add("bedrock", bedrock_);
  directories_.Add("bedrock-model", bedrock_);
  keys_.AddTo(directories_);
  if (inputs.identities != nullptr) identities_.emplace(*inputs.identities).AddTo(directories_);
  if (inputs.buckets != nullptr)
    buckets_.emplace(*inputs.buckets, inputs.objects).AddTo(directories_);
}

}  // namespace bedplate::app
