// Whether the caller of one request may do what it asks for: wire::Permission over the policies of
// the caller and of the resources.
//
// Threads: lives on the reactor of its request; CheckHere also on a thread of the pool that the
// request's handler waits for.
// spec: docs/adr/authorization.md
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "account/authorization/resource_directory.h"
#include "account/policy/request.h"
#include "gateway/authorization/directories.h"
#include "gateway/authorization/request_facts.h"
#include "net/blocking_pool.h"
#include "wire/permits.h"

namespace bedplate::gateway {

class RequestPermission final : public wire::Permission {
 public:
  // `directories` and `pool` outlive this. Without a pool what waits is waited for here.
  RequestPermission(const ResourceDirectories& directories, net::BlockingPool* pool,
                    RequestFacts facts);

  // Whether the caller may come as it does: kAccessDenied for a bearer key whose owner may not use
  // one, and for credentials that may not call the operation at all.
  Result<void> CheckEntrance();

  const wire::CallerNames& caller() const override { return caller_; }
  std::optional<Result<void>> TryCheck(const wire::Ask& ask) override;
  net::Task<Result<void>> Check(wire::Ask ask) override;
  Result<void> CheckHere(const wire::Ask& ask) override;
  std::unique_ptr<wire::Permission> As(std::shared_ptr<const void> principal) override;

 private:
  using Resources = account::ResourceDirectory::Resources;

  struct Known {
    std::string kind;
    std::string name;
    std::shared_ptr<const Resources> resources;
  };

  account::ResourceName NameOf(const wire::Ask& ask) const;
  const Resources* FindKnown(const wire::Ask& ask) const;
  const Resources& Keep(const wire::Ask& ask, Resources resources);
  // Whether a policy asks for the tags of the object that is asked for.
  bool AsksObjectTags(const wire::Ask& ask, const Resources& resources) const;
  Result<void> Decide(const wire::Ask& ask, const Resources& resources);
  void NoteModel(const wire::Ask& ask);
  Result<void> DecideOne(const wire::Ask& ask, const account::Resource& resource);
  account::policy::Context MakeContext(const wire::Ask& ask,
                                       const account::Resource& resource) const;

  const ResourceDirectories& directories_;
  net::BlockingPool* const pool_;
  const RequestFacts facts_;
  const wire::CallerNames caller_;
  const account::policy::Identity identity_;
  const account::policy::Context context_;
  wire::Permission* asked_for_ = nullptr;  // whose As made this
  std::vector<Known> known_;               // resources that were looked up
  // What the rule that asked for a model told of the request (its guardrail, its tier): the model
  // that a prompt router chooses for it is asked for with the same.
  wire::AskContext of_model_;
};

}  // namespace bedplate::gateway
